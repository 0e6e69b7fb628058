// The search for the highest rate that holds: doubled until one does not, then the middle between the highest that held and the lowest
// that did not. A tool's process; pure but for what `holds` does. A rate fails only when it fails twice: a machine has bad seconds.

/** The bounds at the end differ by no more than this share. */
const PRECISION = 0.05;
const RATE_MAX = 1_000_000;
/** Below it nothing is looked for. */
const RATE_MIN = 1;

/** The highest rate that held; undefined: none did. `holds` tries one rate, some seconds long. */
export async function findLimit(
  first: number,
  holds: (perSecond: number) => Promise<boolean>,
): Promise<number | undefined> {
  const holdsAtLast = async (rate: number) => (await holds(rate)) || (await holds(rate));
  let good = 0;
  let bad = RATE_MAX;
  let rate = first;
  while (rate < RATE_MAX && (await holdsAtLast(rate))) {
    good = rate;
    rate *= 2;
  }
  bad = Math.min(rate, RATE_MAX);
  // Where the first one failed already, the good ones lie below: down by halves.
  while (good === 0 && bad > RATE_MIN) {
    rate = Math.floor(bad / 2);
    if (await holdsAtLast(rate)) good = rate;
    else bad = rate;
  }
  if (good === 0) return undefined;
  while (bad - good > Math.max(RATE_MIN, good * PRECISION)) {
    rate = Math.round((good + bad) / 2);
    if (await holdsAtLast(rate)) good = rate;
    else bad = rate;
  }
  return good;
}

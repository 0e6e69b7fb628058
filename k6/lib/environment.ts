// What `-e NAME=value` says: texts, whole numbers, durations. Pure. Throws on what it cannot read, so that a run with a slip of the
// pen does not start.

export type Environment = Readonly<Record<string, string | undefined>>;

const HOUR = 3_600;
const MINUTE = 60;

export function textOf(environment: Environment, name: string, fallback: string): string {
  const value = environment[name];
  return value === undefined || value === '' ? fallback : value;
}

/** A whole number from 0. */
export function countOf(environment: Environment, name: string, fallback: number): number {
  const value = textOf(environment, name, String(fallback));
  if (!/^\d{1,9}$/.test(value)) throw new Error(`${name} must be a whole number, not ${value}`);
  return Number(value);
}

/** Whole seconds, at least 1: `90s`, `1m30s`, `2h`. */
export function secondsOf(environment: Environment, name: string, fallback: string): number {
  const value = textOf(environment, name, fallback);
  const found = /^(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,5})s)?$/.exec(value);
  if (found === null) throw new Error(`${name} must be a duration like 90s, 1m30s or 2h, not ${value}`);
  const [, hours = '0', minutes = '0', seconds = '0'] = found;
  const total = Number(hours) * HOUR + Number(minutes) * MINUTE + Number(seconds);
  if (total === 0) throw new Error(`${name} must be longer than ${value}`);
  return total;
}

/** One of `allowed`. */
export function choiceOf<T extends string>(environment: Environment, name: string, allowed: readonly [T, ...T[]]): T {
  const value = textOf(environment, name, allowed[0]);
  const chosen = allowed.find((one) => one === value);
  if (chosen === undefined) throw new Error(`${name} must be one of ${allowed.join(', ')}, not ${value}`);
  return chosen;
}

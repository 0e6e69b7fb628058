// For the whole-system tests: random numbers from a seed that a failed run can be asked for again.

/** E2E_SEED, or one that changes; said on standard error, since a failure is only worth something with it. */
export function chooseSeed(what: string): number {
  const { E2E_SEED: asked } = process.env;
  const given = Number(asked);
  const seed = Number.isInteger(given) && given > 0 ? given : (Date.now() ^ (process.pid << 8)) >>> 0;
  process.stderr.write(`${what}: seed ${seed} (E2E_SEED=${seed} asks for it again)\n`);
  return seed;
}

/** A whole number, `minimum` to `maximum`. */
export function between(random: () => number, minimum: number, maximum: number): number {
  return minimum + Math.floor(random() * (maximum - minimum + 1));
}

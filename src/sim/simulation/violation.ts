// What the simulation finds. Pure.

/** Something that must not be. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Throws a Violation unless the condition holds. */
export function require(condition: boolean, say: () => string): void {
  if (!condition) throw new Violation(say());
}

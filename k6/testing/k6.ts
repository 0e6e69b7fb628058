// Stands in for the module `k6` in tests.

export function check(value: unknown, conditions: Record<string, (value: unknown) => boolean>): boolean {
  const results = Object.entries(conditions).map(([name, holds]) => ({ name, holds: holds(value) }));
  for (const { name, holds } of results) (holds ? checks.passed : checks.failed).push(name);
  return results.every(({ holds }) => holds);
}

/** Names of all checks so far. */
export const checks: { passed: string[]; failed: string[] } = { passed: [], failed: [] };

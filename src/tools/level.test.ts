// When a ledger counts as level.

import { expect, test } from 'vitest';
import { secondsUntilLevel } from './level.ts';
import type { Asks } from './server-facts.ts';

/** A server that says this of itself, one after the other. */
function saying(...healths: { sequence: number; behind: number; status: string }[]): Asks & { readonly left: number } {
  return {
    get left() {
      return healths.length;
    },
    request: async () => {
      const { sequence, behind, status } = healths.shift() ?? { sequence: 0, behind: 0, status: 'over' };
      const postgres = { status, sequences: behind, seconds: 0 };
      const body = JSON.stringify({ message: '', journal: { sequence, durability: 'fsync' }, postgres });
      return { status: 200, head: '', body };
    },
  };
}

test('a ledger is level when it is connected and has what was sequenced at first, though more has come', async () => {
  const server = saying(
    { sequence: 10, behind: 5, status: 'up' },
    { sequence: 20, behind: 11, status: 'up' },
    { sequence: 30, behind: 20, status: 'down' },
    { sequence: 40, behind: 30, status: 'up' },
    { sequence: 40, behind: 0, status: 'up' },
  );
  expect(await secondsUntilLevel(server)).toBeGreaterThan(0);
  expect(server.left).toBe(1);
});

test('who is interrupted does not wait', async () => {
  const behind = Array.from({ length: 9 }, () => ({ sequence: 10, behind: 5, status: 'up' }));
  await expect(secondsUntilLevel(saying(...behind), AbortSignal.abort())).rejects.toThrow('aborted');
});

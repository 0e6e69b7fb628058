// The tool itself, a few faults of each kind; and that what it looks with would notice.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findRedisProgram } from '../sim/servers/redis-server.ts';
import { createRandom } from '../sim/testing/random.ts';
import { NeverBack } from './book-watch.ts';
import { FaultTable } from './fault-table.ts';
import { KillKind, killKind } from './postgres-faults.ts';

const TOOL = fileURLToPath(new URL('../../dist/tools/database-faults.js', import.meta.url));
const FEW = [
  '--kills=3',
  '--cuts=1',
  '--freezes=500',
  '--read-only-ms=500',
  '--redis=5',
  '--redis-ms=300',
  '--rate=300',
];
const isPossible = process.platform === 'linux' && (await findRedisProgram()) !== undefined;

function runTool(args: readonly string[], env = process.env): Promise<{ code: number | null; output: string }> {
  if (!existsSync(TOOL)) throw new Error(`${TOOL} is missing: npm run build`);
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [TOOL, ...args], { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, output: stdout + stderr });
    });
  });
}

it.skipIf(!isPossible)(
  'nothing is lost or doubled, and no older book follows a newer one',
  async () => {
    const { code, output } = await runTool([...FEW, '--seed=7']);
    expect(output).toContain('PASS');
    for (const kind of Object.values(KillKind)) expect(output).toMatch(new RegExp(`^${kind} +1 +1 `, 'm'));
    expect(code).toBe(0);
  },
  180_000,
);

it('says what is missing and exits 77', async () => {
  const { code, output } = await runTool(FEW, { PATH: '/nowhere' });
  expect(output).toBe('database-faults: not possible here: Linux and a redis-server or valkey-server are needed\n');
  expect(code).toBe(77);
});

describe('what it looks with', () => {
  it('notices a book that is older than the one before', () => {
    const watch = new NeverBack('held');
    for (const [epoch, sequence] of [
      [1, 5],
      [1, 5],
      [1, 9],
      [2, 9],
    ])
      watch.see({ epoch, sequence });
    expect(watch.problems).toEqual([]);
    watch.see({ epoch: 2, sequence: 8 });
    watch.see({ epoch: 1, sequence: 10 });
    expect(watch.problems).toEqual(['held: (2, 8) after (2, 9)', 'held: (1, 10) after (2, 8)']);
    expect(watch.seen).toBe(6);
  });

  it('counts faults that missed, and those after which nothing was level again', () => {
    const table = new FaultTable();
    const counts = { acknowledged: 10, trades: 5, not202: 1, lost: 2, slowestMs: 4, latenciesMs: [1, 4], seconds: 1 };
    table.add('frozen', { hit: true, levelSeconds: 0.5 }, counts);
    expect([table.missed, table.neverLevel, table.unanswered]).toEqual([0, 0, 3]);
    table.add('frozen', { hit: false, levelSeconds: undefined }, counts);
    expect([table.missed, table.neverLevel, table.unanswered]).toEqual([1, 1, 6]);
    expect(table.text()).toMatch(/^frozen +2 +1 +20 +4\.0 +4 +Infinity$/m);
  });
});

it('kills in all ways first, and each of them often among many', () => {
  const random = createRandom(3);
  const kinds = Array.from({ length: 100 }, (_, n) => killKind(n, random));
  expect(new Set(kinds.slice(0, 3)).size).toBe(3);
  for (const kind of Object.values(KillKind)) expect(kinds.filter((one) => one === kind).length).toBeGreaterThan(4);
});

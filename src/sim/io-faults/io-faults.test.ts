// The short form of `npm run io-faults`: the first calls of each kind, failing in each way, over a history that is shorter; and negative
// controls, without which it would prove nothing.

import { expect, it } from 'vitest';
import { Enumeration, faultCases } from './enumeration.ts';
import { CALLS, type Call, type Fault } from './failing-disk.ts';
import { type HistoryOptions, runFixedHistory } from './fixed-history.ts';

const SHORT = { lives: 2, rounds: 8 };
const MAX = 20;
/** By which the journal is written: of these, each call that fails once; of the others, and in other ways, some. */
const WRITING: readonly Call[] = ['pwrite', 'fdatasync', 'fsync', 'rename'];
const SOME = 7;

function isChosen({ call, k, way, isSticky }: Fault, index: number): boolean {
  return (WRITING.includes(call) && way === 'EIO' && !isSticky) || (index + k) % SOME === 0;
}

it('loses nothing and says nothing too early, whichever call fails', { timeout: 300_000 }, async () => {
  const enumeration = new Enumeration();
  let index = 0;
  for await (const one of faultCases({ ...SHORT, max: MAX })) {
    if (isChosen(one.fault, index++)) await enumeration.run(one);
  }
  expect(enumeration.differences).toEqual([]);
  expect([...enumeration.errors.keys()].sort()).toEqual(['EIO', 'ENOSPC', 'JournalFault']);
});

it('has calls of every kind in its history', async () => {
  const { counts, ending } = await runFixedHistory({ ...SHORT, stop: 'power cut' });
  expect(ending).toBe('none');
  for (const call of CALLS) expect(counts.get(call), call).toBeGreaterThan(0);
});

/** What is said of a writer that does not look at what a call says. */
async function noticed(call: Call, stop: HistoryOptions['stop']): Promise<string> {
  for (let k = 1; k <= MAX; k++) {
    const fault = { call, k, way: 'EIO', isSticky: false } as const;
    try {
      await runFixedHistory({ ...SHORT, fault, stop, isIgnored: true });
    } catch (error) {
      return String(error);
    }
  }
  return '';
}

it.each([['fdatasync'], ['pwrite']] as const)('notices a writer that ignores a failed %s', async (call) => {
  expect(await noticed(call, 'kill')).toMatch(/is answered as sequence \d+, \d+ is durable|JournalDamage/);
  expect(await noticed(call, 'power cut')).toMatch(/is answered as sequence \d+, \d+ is durable|JournalDamage/);
});

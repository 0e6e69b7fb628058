// Some hundred histories of the deterministic simulation, and negative controls: what is broken on purpose must be noticed within
// a few seeds, or the simulation proves nothing.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { type SimulationOptions, type SimulationReport, simulate } from './simulation.ts';

const crc = vi.hoisted(() => ({ isChecked: true }));
vi.mock(import('../../journal/checksum.ts'), async (original) => {
  const { checksum, sha256 } = await original();
  return { sha256, checksum: (bytes, salt) => (crc.isChecked ? checksum(bytes, salt) : 1) };
});
vi.setConfig({ testTimeout: 300_000 }); // no moment of it depends on how fast the machine is
afterEach(() => {
  crc.isChecked = true;
});

it('finds nothing in some hundred histories, in which all that can happen does', () => {
  const sums = new Map<string, number>();
  for (let seed = 1; seed <= 300; seed++) {
    const report: SimulationReport = simulate({ seed, commands: 60 });
    for (const [name, value] of Object.entries(report)) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  const happened = ['kills', 'powerCuts', 'failures', 'bits', 'refusals', 'snapshots', 'cuts'].filter(
    (name) => (sums.get(name) ?? 0) > 10,
  );
  expect(happened).toEqual(['kills', 'powerCuts', 'failures', 'bits', 'refusals', 'snapshots', 'cuts']);
});

it('is the same history whenever a seed is simulated', () => {
  const options = { seed: 77, commands: 1_000 };
  const report = simulate(options);
  expect(simulate(options)).toEqual(report);
  expect(simulate({ ...options, seed: 78 }).digest).not.toBe(report.digest);
});

const SEEDS = 120;

/** What the first seed from `from` on says that notices the cheat; '' when none does. */
function noticed(cheat: SimulationOptions['cheat'], { turnsBits = false, from = 1 } = {}): string {
  for (let seed = from; seed < from + SEEDS; seed++) {
    try {
      simulate({ seed, commands: 600, turnsBits, ...(cheat === undefined ? {} : { cheat }) });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return '';
}

describe('it notices', () => {
  it('that nothing is synced though it is answered', () => {
    expect(noticed({ durability: 'os' })).toMatch(/is durable|and is gone/);
  });

  it('a disk that does not sync', () => {
    expect(noticed({ ignoresSync: (path) => path.endsWith('.wal') })).toMatch(/is durable|and is gone/);
  });

  it('a start that believes the page cache after a sync that failed', () => {
    // It takes a kill and then a power cut right after such a sync: the seeds before notice nothing.
    expect(noticed({ readsCache: true }, { from: 40 })).toMatch(/JournalDamage|is durable|and is gone/);
  });

  it('an answer before the sync is over', () => {
    expect(noticed({ syncsLate: true })).toMatch(/is durable|and is gone/);
  });

  it('that checksums are not looked at', () => {
    crc.isChecked = false;
    // The bit must turn in a place where nothing but the checksum tells: the seeds before notice nothing.
    expect(noticed(undefined, { turnsBits: true, from: 50 })).toMatch(/^seed/);
  });

  it('that the name of a segment is not synced', () => {
    const ignoresSync = (path: string, isDirectory: boolean) => isDirectory && path.endsWith('/journal');
    expect(noticed({ ignoresSync })).toMatch(/JournalDamage|and is gone/);
  });

  it('that the name of a snapshot is not synced', () => {
    const ignoresSync = (path: string, isDirectory: boolean) => isDirectory && path.endsWith('/snapshots');
    expect(noticed({ ignoresSync })).toMatch(/was complete/);
  });

  it('a snapshot that has its name before it is whole', () => {
    expect(noticed({ ignoresSync: (path) => path.endsWith('.snap.part') })).toMatch(/was complete/);
  });

  it('and says how to see it again', () => {
    expect(noticed({ durability: 'os' })).toMatch(
      /^seed \d+, step \d+, .*\nagain: npm run simulate -- .* --seed \d+$/s,
    );
  });
});

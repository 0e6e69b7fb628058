// Cuts the power of a running server's disk, again and again, and holds what is left to what was acknowledged.
// As root on Linux: the data directory lies on a loop device over an image that is copied by reflink at a random moment under
// load; the copy is mounted and recovered. Nothing that was acknowledged before may be missing. Then the negative control: with
// RINGBOOK_DURABILITY=os something must be. Exit code 0: both are so. 1: not. 77: there can be no such disk here, and why.
// Postgres is left out. A tool's process.

import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CuttableDisk, type FileSystem, NoCuttableDisk } from '../sim/torture/cuttable-disk.ts';
import { type PowerCutOptions, type PowerCutTally, powerCuts } from '../sim/torture/power-cuts.ts';
import { positiveInteger, runTool, UsageError } from './usage.ts';

const HELP = `Usage: npm run power-cut -- [options]

As root on Linux: copies the disk under a loaded Ringbook of its own at an instant, recovers the copy and holds it to what
had been acknowledged; then without syncs, where something must be lost. Exit code 0: both are so; 1: not; 64: wrong
usage; 77: there can be no such disk here.

  --cuts N          (100)
  --control N       cuts without syncs (10)
  --seed S          (made from the time)
  --fs ext4|xfs     (ext4)
  --directory DIR   where the disk's image is made (/var/tmp)
  --help            this text
`;
const SKIPPED = 77;
const LINE_EVERY = 10;
const PROBLEMS_SHOWN = 10;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      cuts: { type: 'string', default: '100' },
      control: { type: 'string', default: '10' },
      seed: { type: 'string', default: String((Date.now() % 1_000_000) + 1) },
      fs: { type: 'string', default: 'ext4' },
      directory: { type: 'string', default: '/var/tmp' },
    },
  });
  const cuts = positiveInteger('cuts', values.cuts);
  const control = positiveInteger('control', values.control);
  const seed = positiveInteger('seed', values.seed);
  const directory = await mkdtemp(join(values.directory, 'ringbook-power-cut-'));
  try {
    const disk = await CuttableDisk.make(directory, fileSystemOf(values.fs));
    try {
      return await cutAll(disk, seed, cuts, control);
    } finally {
      await disk.close();
    }
  } catch (error) {
    if (!(error instanceof NoCuttableDisk)) throw error;
    process.stderr.write(`power-cut: not possible here: ${error.message}\n`);
    return SKIPPED;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function fileSystemOf(text: string): FileSystem {
  if (text === 'ext4' || text === 'xfs') return text;
  throw new UsageError(`--fs ${text}: ext4 or xfs is needed`);
}

async function cutAll(disk: CuttableDisk, seed: number, cuts: number, control: number): Promise<number> {
  let isStopped = false;
  const stop = () => {
    isStopped = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
  const run = async (options: Pick<PowerCutOptions, 'durability' | 'cuts'>) => {
    const tally = await powerCuts({ ...options, disk, seed, onCut: showProgress }, () => !isStopped);
    process.stdout.write(`${options.durability}: ${inWords(tally)}\n`);
    return tally;
  };
  process.stdout.write(`seed ${seed}\n`);
  const synced = await run({ durability: 'fsync', cuts });
  for (const problem of synced.problems.slice(0, PROBLEMS_SHOWN)) process.stdout.write(`  ${problem}\n`);
  const unsynced = await run({ durability: 'os', cuts: control });
  const isGood = synced.lost === 0 && synced.problems.length === 0 && !isStopped;
  const isAble = unsynced.cutsWithLoss > 0;
  if (!isAble) process.stdout.write('without syncs nothing was lost either: these cuts prove nothing\n');
  process.stdout.write(isGood && isAble ? 'PASS\n' : 'FAIL\n');
  return isGood && isAble ? 0 : 1;
}

function showProgress(tally: PowerCutTally): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${inWords(tally)}\x1b[K`);
  else if (tally.cuts % LINE_EVERY === 0) process.stderr.write(`${inWords(tally)}\n`);
}

function inWords(tally: PowerCutTally): string {
  const { cuts, acknowledged, lost, cutsWithLoss, laterInCopy, fromSnapshot, tornTails, problems } = tally;
  return (
    `${cuts} cuts, ${acknowledged.toLocaleString('en')} acknowledgements held to, ${lost.toLocaleString('en')} lost in ` +
    `${cutsWithLoss} cuts, ${laterInCopy} later ones in the copy, ${fromSnapshot} from snapshots, ${tornTails} tails cut, ` +
    `${problems.length} problems`
  );
}

runTool('power-cut', main, HELP);

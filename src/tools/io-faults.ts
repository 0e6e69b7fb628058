// Lets every call to the disk fail, one case at a time, and holds what comes back to what was acknowledged.
// The first: the k-th call of each kind, up to the 200th, in each way, once and from then on, over a simulated disk in this process.
// The second: random cases with the real server under load, whose calls a preloaded library spoils; Linux with a C compiler, else exit
// code 77. A table per kind and way; exit code 1 on any difference, with what repeats its case. A tool's process.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CAN_FAIL_DISK } from '../e2e/testing/faulty-disk.ts';
import { startEmbeddedPostgres } from '../ledger/embedded-postgres.ts';
import { Enumeration, faultCases, WHOLE } from '../sim/io-faults/enumeration.ts';
import { CALLS, type Call } from '../sim/io-faults/failing-disk.ts';
import { processCases } from '../sim/io-faults/process-cases.ts';
import type { Tally } from '../sim/io-faults/tally.ts';
import { positiveInteger, runTool, UsageError } from './usage.ts';

const HELP = `Usage: npm run io-faults -- [options]

Lets each call to a simulated disk fail, one case at a time, and holds what comes back to what was acknowledged; with
--process random calls of a real Ringbook of its own under load. Exit code 0: no difference; 1: one, with what repeats
its case, or nothing failed at all; 64: wrong usage, or no such case; 77: --process, and no Linux with a C compiler.

  --max N           no call beyond the N-th of its kind fails (200)
  --call CALL       only calls of this kind; may be given again: ${CALLS.join(', ')}
  --way WAY         only in this way: EIO, 'EIO, yet done', ENOSPC, short, slow
  --k N             only the N-th call
  --sticky          only where all from that one on fail

  --process         the real process
  --cases N         (100)
  --seed S          (made from the time)
  --first CASE      begin there (1)
  --directory DIR   where data directories are made (/var/tmp); not on tmpfs
  --help            this text
`;
const SKIPPED = 77;
const LINE_EVERY = 500;
const CASES_LINE_EVERY = 10;
const PROBLEMS_SHOWN = 10;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      max: { type: 'string', default: '200' },
      call: { type: 'string', multiple: true },
      way: { type: 'string' },
      k: { type: 'string' },
      sticky: { type: 'boolean' },
      process: { type: 'boolean', default: false },
      cases: { type: 'string', default: '100' },
      seed: { type: 'string', default: String((Date.now() % 1_000_000) + 1) },
      first: { type: 'string', default: '1' },
      // Not /tmp, which is memory on some systems.
      directory: { type: 'string', default: '/var/tmp' },
    },
  });
  return values.process ? await sample(values) : await enumerate(values);
}

interface Choice {
  readonly max: string;
  readonly call?: string[] | undefined;
  readonly way?: string | undefined;
  readonly k?: string | undefined;
  readonly sticky?: boolean | undefined;
}

async function enumerate({ max, call, way, k, sticky }: Choice): Promise<number> {
  const enumeration = new Enumeration();
  const calls = call === undefined ? CALLS : call.map(callOf);
  const only = k === undefined ? undefined : positiveInteger('k', k);
  let isStopped = false;
  process.once('SIGINT', () => (isStopped = true));
  for await (const one of faultCases({ ...WHOLE, max: only ?? positiveInteger('max', max), calls })) {
    if (isStopped) break;
    const { fault } = one;
    const isChosen =
      (way ?? fault.way) === fault.way &&
      (only ?? fault.k) === fault.k &&
      (sticky ?? fault.isSticky) === fault.isSticky;
    if (!isChosen) continue;
    await enumeration.run(one);
    await setImmediate(); // or no signal is heard
    if (enumeration.tally.cases % LINE_EVERY === 0) process.stderr.write(`${enumeration.tally.cases} cases\n`);
  }
  const { tally, errors, differences } = enumeration;
  if (tally.cases === 0 && !isStopped) throw new UsageError('there is no such case');
  process.stdout.write(tally.table());
  process.stdout.write(`ended with ${[...errors].map(([name, count]) => `${name} ${count}`).join(', ')}\n`);
  for (const difference of differences.slice(0, PROBLEMS_SHOWN)) process.stdout.write(`${difference}\n`);
  process.stdout.write(tally.differences === 0 ? 'no difference\n' : `${tally.differences} DIFFERENCES\n`);
  return tally.differences === 0 && !isStopped ? 0 : 1;
}

interface SampleChoice {
  readonly cases: string;
  readonly seed: string;
  readonly first: string;
  readonly directory: string;
}

async function sample({ cases, seed, first, directory }: SampleChoice): Promise<number> {
  if (!CAN_FAIL_DISK) {
    process.stderr.write('io-faults: not possible here: Linux, a C compiler (cc) and the sources are needed\n');
    return SKIPPED;
  }
  const drawn = positiveInteger('seed', seed);
  const numbers = { seed: drawn, firstCase: positiveInteger('first', first), cases: positiveInteger('cases', cases) };
  process.stdout.write(`seed ${drawn}\n`);
  let isStopped = false;
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (isStopped = true));
  const own = await mkdtemp(join(directory, 'ringbook-io-faults-postgres-'));
  await chmod(own, 0o711);
  const server = await startEmbeddedPostgres({ directory: join(own, 'postgres'), durable: false });
  try {
    const onCase = (tally: Tally) => {
      if (tally.cases % CASES_LINE_EVERY === 0) process.stderr.write(`${tally.cases} cases\n`);
    };
    const options = { ...numbers, parent: directory, postgres: server.connection, onCase };
    const { tally, load, exits, difference } = await processCases(options, () => !isStopped);
    process.stdout.write(`${tally.table()}${load.line()}\n`);
    process.stdout.write(`exit codes: ${[...exits].map(([code, count]) => `${code} (${count})`).join(', ')}\n`);
    if (tally.reached === 0) process.stdout.write('no call failed: these cases prove nothing\n');
    process.stdout.write(difference === undefined ? 'no difference\n' : `DIFFERENCE in ${difference}\n`);
    return difference === undefined && tally.reached > 0 && !isStopped ? 0 : 1;
  } finally {
    await server.stop();
    await rm(own, { recursive: true, force: true });
  }
}

function callOf(text: string): Call {
  const call = CALLS.find((known) => known === text);
  if (call === undefined) throw new UsageError(`--call ${text}: one of ${CALLS.join(', ')} is needed`);
  return call;
}

runTool('io-faults', main, HELP);

// Ends the real process violently under load, again and again, and holds what comes back to what was acknowledged.
// A cycle: load over HTTP (orders, cancels, amends, repeated keys), SIGKILL at a random moment or at a fault point, a start on the
// same directory, the audit. Exit code 1 on any difference, with the seed and the cycle to begin with. A tool's process.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../ledger/embedded-postgres.ts';
import type { Tally } from '../sim/torture/tally.ts';
import { type TortureOptions, type TortureResult, torture } from '../sim/torture/torture.ts';
import { positiveInteger, runTool } from './usage.ts';

const HELP = `Usage: npm run torture -- [options]

Kills a Ringbook of its own under load, at random moments and at fault points, starts it again on the same directory and
holds it to all it had acknowledged. Exit code 0: no difference; 1: one, with the seed and the cycle to begin with; 64:
wrong usage.

  --cycles N        (1000)
  --seed S          (made from the time)
  --first CYCLE     begin there (1)
  --longest-ms N    most time under load before a kill (3000)
  --directory DIR   where data directories are made (/var/tmp); not on tmpfs
  --help            this text
`;
const CYCLES_PER_HISTORY = 50;
const LINE_EVERY = 10;
const PROBLEMS_SHOWN = 10;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      cycles: { type: 'string', default: '1000' },
      seed: { type: 'string', default: String((Date.now() % 1_000_000) + 1) },
      first: { type: 'string', default: '1' },
      'longest-ms': { type: 'string', default: '3000' },
      // Not /tmp, which is memory on some systems: syncs are to be what they are.
      directory: { type: 'string', default: '/var/tmp' },
    },
  });
  const seed = positiveInteger('seed', values.seed);
  const numbers = {
    seed,
    firstCycle: positiveInteger('first', values.first),
    cycles: positiveInteger('cycles', values.cycles),
    longestMs: positiveInteger('longest-ms', values['longest-ms']),
  };
  process.stdout.write(`seed ${seed}\n`);
  let isStopped = false;
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (isStopped = true));
  const own = await mkdtemp(join(values.directory, 'ringbook-torture-postgres-'));
  await chmod(own, 0o711);
  const server = await startPostgres(own);
  const options: TortureOptions = {
    ...numbers,
    cyclesPerHistory: CYCLES_PER_HISTORY,
    parent: values.directory,
    postgres: server.connection,
    onCycle: showProgress,
  };
  try {
    const result = await torture(options, () => !isStopped);
    if (process.stderr.isTTY) process.stderr.write('\n');
    process.stdout.write(result.tally.table());
    return report(seed, result) && !isStopped ? 0 : 1;
  } finally {
    await server.stop();
    await rm(own, { recursive: true, force: true });
  }
}

/** What the ledger itself survives is another test's matter. */
function startPostgres(directory: string): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ directory: join(directory, 'postgres'), durable: false });
}

function showProgress(tally: Tally): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${tally.line()}\x1b[K`);
  else if (tally.cycles % LINE_EVERY === 0) process.stderr.write(`${tally.line()}\n`);
}

function report(seed: number, { difference }: TortureResult): boolean {
  if (difference === undefined) {
    process.stdout.write('no difference\n');
    return true;
  }
  const { cycle, plan, directory, problems, report: said } = difference;
  const shown = problems.slice(0, PROBLEMS_SHOWN).map((problem) => `  ${problem}\n`);
  process.stdout.write(
    `${problems.length} DIFFERENCES in cycle ${cycle} (${JSON.stringify(plan)}); again: --seed ${seed} --first ${cycle}\n` +
      `${shown.join('')}the data directory is left in ${directory}\n${said}`,
  );
  return false;
}

runTool('torture', main, HELP);

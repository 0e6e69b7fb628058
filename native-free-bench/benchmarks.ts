// Makes BENCHMARKS.md: `npm run benchmarks -- [--seconds N] [--rounds N] [--seed N] [--directory DIR] [--out FILE]`.
// Runs the suites and, one after the other, the comparisons with servers, each a process of its own; some twenty
// minutes. Owns a directory and the Ringbook that those comparisons load. Nothing else should run on the machine
// meanwhile.

import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inOwnDirectory } from '#ringbook/tools/own-directory.js';
import { startRingbook } from '#ringbook/tools/ringbook-child.js';
import { positiveInteger, runTool, wholeNumber } from '#ringbook/tools/usage.js';
import type { Results } from './benchmarks-results.ts';
import { benchmarksText, type Facts } from './benchmarks-text.ts';

const HELP = `Usage: npm run benchmarks -- [options]

Runs the suites and the comparisons with servers, and writes BENCHMARKS.md.

  --seconds N        of each turn of a comparison (10)
  --rounds N         of each comparison (3)
  --seed N           of suites and flows (1)
  --directory DIR    where a directory for journals and databases is made (/var/tmp); not on tmpfs
  --out FILE         instead of native-free-bench/BENCHMARKS.md
  --help             this text
`;
/** What is a figure of its own has its place in README.md. */
const SUITES = 'book,structures,engine,codec,protocol,l2-book,journal,write,ring,throughput,hop,pipeline';
const ROOT = new URL('../../', import.meta.url);
const OUTPUT_BYTES_MAX = 64 * 2 ** 20;

interface Options {
  readonly seconds: number;
  readonly rounds: number;
  readonly seed: number;
  readonly directory: string;
  readonly out: string;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      directory: { type: 'string', default: '/var/tmp' },
      out: { type: 'string', default: fileURLToPath(new URL('native-free-bench/BENCHMARKS.md', ROOT)) },
    },
  });
  const options = {
    seconds: positiveInteger('seconds', values.seconds),
    rounds: positiveInteger('rounds', values.rounds),
    seed: wholeNumber('seed', values.seed),
    directory: values.directory,
    out: values.out,
  };
  const own = { parent: options.directory, prefix: 'ringbook-benchmarks-', holds: 'Journal, database and log' };
  return await inOwnDirectory(own, async (directory) => {
    writeFileSync(options.out, benchmarksText(await measure(directory, options), factsOf(directory, options)));
    return true;
  });
}

async function measure(directory: string, options: Options): Promise<Results> {
  const { seed, rounds, seconds } = options;
  const turns = ['--rounds', String(rounds), '--seconds', String(seconds)];
  const own = ['--directory', options.directory];
  const suites: Results['suites'] | undefined = await jsonOf(
    'native-free-bench/run.js',
    ['--only', SUITES, '--seed', String(seed)],
    directory,
  );
  if (suites === undefined) throw new Error('the suites did not run to their end');
  const compared = await compareWithRingbook(directory, turns);
  const projection = ['--rounds', String(rounds), '--seed', String(seed), ...own];
  return {
    suites,
    ...compared,
    latency: await jsonOf('tools/order-latency.js', [...turns, ...own]),
    projection: await jsonOf('tools/compare-projection.js', projection),
    lag: await jsonOf('tools/projection-lag.js', ['--seconds', String(seconds * rounds), ...own]),
    cost: await jsonOf('tools/order-cost.js', [...turns, ...own]),
    fanOut: await jsonOf('tools/fan-out.js', ['--seconds', String(seconds)]),
  };
}

/** Those that load a server that runs already. */
async function compareWithRingbook(directory: string, turns: string[]): Promise<Pick<Results, 'http' | 'book' | 'ws'>> {
  const ringbook = await startRingbook(directory);
  try {
    const args = ['--url', ringbook.url.href, ...turns];
    return {
      http: await jsonOf('tools/compare-http.js', args),
      book: await jsonOf('tools/compare-book.js', args),
      ws: await jsonOf('tools/compare-ws.js', args),
    };
  } finally {
    await ringbook.stop();
  }
}

/** What a program of dist/ prints with --json; undefined when it prints none. Whatever it found wrong is in it. */
function jsonOf<T>(program: string, args: readonly string[], temporary?: string): Promise<T | undefined> {
  process.stderr.write(`${program} ${args.join(' ')}\n`);
  const path = fileURLToPath(new URL(`dist/${program}`, ROOT));
  const env = temporary === undefined ? process.env : { ...process.env, TMPDIR: temporary };
  return new Promise((resolve) => {
    const options = { env, maxBuffer: OUTPUT_BYTES_MAX };
    execFile(process.execPath, [path, '--json', ...args], options, (_error, stdout, stderr) => {
      const line = stdout.split('\n').find((text) => text.startsWith('{'));
      if (line === undefined) process.stderr.write(stderr);
      resolve(line === undefined ? undefined : JSON.parse(line));
    });
  });
}

function factsOf(directory: string, { seconds, rounds, seed, directory: parent }: Options): Facts {
  const words = Object.entries({ seconds, rounds, seed, directory: parent });
  return {
    day: new Date().toISOString().slice(0, 10),
    command: `npm run benchmarks -- ${words.map(([name, value]) => `--${name} ${value}`).join(' ')}`,
    versions: versions(),
    fileSystem: fileSystemOf(directory),
    seconds,
    rounds,
  };
}

function versions(): [string, string][] {
  const { version, dependencies, optionalDependencies }: PackageFile = JSON.parse(
    readFileSync(new URL('package.json', ROOT), 'utf8'),
  );
  const names = ['uWebSockets.js', 'pg', 'pg-copy-streams'];
  return [
    ['Ringbook', `${version} at ${revision()}`],
    ...names.map((name): [string, string] => [name, dependencies[name] ?? '-']),
    ['PostgreSQL', Object.values(optionalDependencies)[0] ?? '-'],
  ];
}

interface PackageFile {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** Of the sources, where they are a checkout. */
function revision(): string {
  try {
    const args = ['describe', '--always', '--dirty'];
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'an unknown revision';
  }
}

/** Its kind, as Linux names it. */
function fileSystemOf(directory: string): string {
  const mounts = process.platform === 'linux' ? readFileSync('/proc/self/mounts', 'utf8').split('\n') : [];
  const kinds = mounts
    .map((line) => line.split(' '))
    .filter(([, point = '']) => `${directory}/`.startsWith(point.endsWith('/') ? point : `${point}/`))
    .toSorted(([, a = ''], [, b = '']) => b.length - a.length);
  return kinds[0]?.[2] ?? process.platform;
}

runTool('benchmarks', main, HELP);

// Where the time went: prints the functions of a .cpuprofile (node --cpu-prof) with the most time of their own.
// `node dist/native-free-bench/profile.js FILE [--top 20]`. A process of its own.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { positiveInteger, runTool, UsageError } from '#ringbook/tools/usage.js';
import { table } from './table.ts';

/** The parts of V8's format that are read here. */
interface Profile {
  readonly nodes: readonly ProfileNode[];
  /** Ids of nodes, and the microseconds before each of them. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

function isProfile(value: unknown): value is Profile {
  return ['nodes', 'samples', 'timeDeltas'].every(
    (name) => value instanceof Object && name in value && Array.isArray(Reflect.get(value, name)),
  );
}

/** Microseconds by function and file. */
function selfTimes(profile: Profile): Map<string, number> {
  const names = new Map(profile.nodes.map((node) => [node.id, nameOf(node)]));
  const times = new Map<string, number>();
  for (const [i, id] of profile.samples.entries()) {
    const name = names.get(id) ?? '?';
    times.set(name, (times.get(name) ?? 0) + Math.max(0, profile.timeDeltas[i]));
  }
  return times;
}

function nameOf({ callFrame }: ProfileNode): string {
  const { functionName, url } = callFrame;
  return `${functionName || '(anonymous)'}\n${url === '' ? '' : basename(url)}`;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { top: { type: 'string' } } });
  const [file] = positionals;
  if (file === undefined) throw new UsageError('which .cpuprofile?');
  const profile: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isProfile(profile)) throw new UsageError(`${file}: not a .cpuprofile`);
  const times = selfTimes(profile);
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  const lines = [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, positiveInteger('top', values.top ?? '20'))
    .map(([name, time]) => [...name.split('\n'), (time / 1_000).toFixed(0), ((100 * time) / all).toFixed(1)]);
  process.stdout.write(`${table(['function', 'file', 'self ms', '%'], lines, 2)}\n`);
  return 0;
}

runTool('profile', main);

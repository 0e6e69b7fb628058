// Measurements that need a process of their own: one that nothing has run in before. Main thread of the benchmark.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs a script of this folder to its end. Returns the numbers that it prints as JSON. Throws when it fails. */
export function numbersFrom(script: string, args: readonly string[]): number[] {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const output: unknown = JSON.parse(
    execFileSync(process.execPath, ['--expose-gc', path, ...args], { encoding: 'utf8' }),
  );
  if (Array.isArray(output) && output.every((value) => typeof value === 'number')) return output;
  throw new Error(`${script}: no list of numbers`);
}

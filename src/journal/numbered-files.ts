// Files named by a number of 20 digits (segments, spool files, snapshots), and syncing their directory. Any thread. Owns nothing.

import { assert } from '../assert.ts';
import { closeSync, fsyncSync, openSync, readdirSync } from './file-system.ts';

const DIGITS = 20;

/** `00000000000000000042.wal`. */
export function numberedName(number: number, extension: string): string {
  assert(Number.isSafeInteger(number) && number >= 0, 'a file is named by a whole number');
  return String(number).padStart(DIGITS, '0') + extension;
}

/** The number in a name, or -1 when it is not one of ours. */
function numberOf(name: string, extension: string): number {
  if (name.length !== DIGITS + extension.length || !name.endsWith(extension)) return -1;
  const number = Number(name.slice(0, DIGITS));
  return Number.isSafeInteger(number) && numberedName(number, extension) === name ? number : -1;
}

/** What a directory holds of files with this extension: the numbers, ascending, and names that are not numbers. */
export function listNumbered(directory: string, extension: string): { numbers: number[]; foreign: string[] } {
  const numbers: number[] = [];
  const foreign: string[] = [];
  for (const name of readdirSync(directory)) {
    if (!name.endsWith(extension)) continue;
    const number = numberOf(name, extension);
    if (number >= 0) numbers.push(number);
    else foreign.push(name);
  }
  numbers.sort((a, b) => a - b);
  return { numbers, foreign };
}

/** Makes created, renamed and removed names of `directory` durable. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

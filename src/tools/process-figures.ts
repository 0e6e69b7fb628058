// What the system says of a process: CPU time and memory. A tool's process; Linux, elsewhere NaN.

import { readFileSync } from 'node:fs';

/** Of USER_HZ, which Linux shows to programs as 100 everywhere. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** User and system time of all its threads since it began. */
export function cpuSeconds(pid: number): number {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function residentBytes(pid: number): number {
  return Number(read(`/proc/${pid}/statm`).split(' ')[1]) * PAGE_BYTES;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

// Reads from an open file as much as there is. Any thread; owns nothing.

import { readSync } from './file-system.ts';

/** Fills `bytes` from `position` on, less only at the end of the file. Returns how many bytes there are. */
export function readUpTo(fd: number, bytes: Uint8Array, lengthBytes: number, position: number): number {
  let total = 0;
  while (total < lengthBytes) {
    const read = readSync(fd, bytes, total, lengthBytes - total, position + total);
    if (read === 0) break;
    total += read;
  }
  return total;
}

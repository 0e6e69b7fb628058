// Reading past the page cache (O_DIRECT), where the file system can: what the disk has, and not what memory says that it has. After
// a failed write or sync the two may differ, and the kernel calls such a page clean. Any thread. Owns one aligned buffer.

import { constants } from 'node:fs';
import { errorCode } from './errors.ts';
import { closeSync, openSync, readSync } from './file-system.ts';
import { pageAligned } from './page-aligned.ts';

/** Positions and lengths that every device takes. */
const BLOCK_BYTES = 4096;
const CHUNK_BYTES = 1 << 20;

/** What file systems answer that do not take O_DIRECT, at the open or at the first read. */
const REFUSALS = new Set(['EINVAL', 'EOPNOTSUPP', 'ENOTSUP']);

let chunk: Uint8Array<ArrayBuffer> | undefined;

/** Opens a file with O_DIRECT and reads a block to see whether that works; undefined when its file system does not take it. */
export function openDirect(path: string, flags: number = constants.O_RDONLY): number | undefined {
  if (constants.O_DIRECT === undefined) return undefined; // not Linux
  let fd = -1;
  try {
    fd = openSync(path, flags | constants.O_DIRECT);
    chunk ??= pageAligned(CHUNK_BYTES);
    readSync(fd, chunk, 0, BLOCK_BYTES, 0);
    return fd;
  } catch (error) {
    if (fd >= 0) closeSync(fd);
    if (!REFUSALS.has(errorCode(error))) throw error;
    return undefined;
  }
}

/** `readUpTo` for a file that `openDirect` has opened; `position` is a multiple of 4096. */
export function readUpToDirect(fd: number, bytes: Uint8Array, lengthBytes: number, position: number): number {
  chunk ??= pageAligned(CHUNK_BYTES);
  let total = 0;
  while (total < lengthBytes) {
    const wanted = Math.min(CHUNK_BYTES, Math.ceil((lengthBytes - total) / BLOCK_BYTES) * BLOCK_BYTES);
    const read = readSync(fd, chunk, 0, wanted, position + total);
    const taken = Math.min(read, lengthBytes - total);
    bytes.set(chunk.subarray(0, taken), total);
    total += taken;
    if (read < wanted) break; // the end of the file: behind it no position is a multiple
  }
  return total;
}

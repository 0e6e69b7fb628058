// How a segment is opened for writing, and what its file system takes of it: found out by trying, before a frame depends on it.
// Matching thread. Owns nothing. Must never write.

import { constants } from 'node:fs';
import { openDirect } from './direct-read.ts';
import { errorCode } from './errors.ts';
import { openSync } from './file-system.ts';

/** `direct`: O_DSYNC and O_DIRECT, past the page cache. `dsync`: O_DSYNC, through it. `fdatasync`: write, then fdatasync. */
export type WrittenBy = 'direct' | 'dsync' | 'fdatasync';
/** What is wanted; `auto`: the best one that was measured (JOURNAL.md, "Modes"). */
export type JournalWrite = 'auto' | WrittenBy;

interface OpenSegment {
  readonly fd: number;
  readonly how: WrittenBy;
}

/** Opens a segment as wanted, or in the next of the ways that its file system takes. */
export function openForWriting(path: string, wanted: JournalWrite): OpenSegment {
  const way = wanted === 'auto' ? automatic() : wanted;
  if (way === 'direct') {
    const fd = openDirect(path, constants.O_RDWR | constants.O_DSYNC);
    if (fd !== undefined) return { fd, how: 'direct' };
  }
  if (way !== 'fdatasync') {
    try {
      return { fd: openSync(path, constants.O_WRONLY | constants.O_DSYNC), how: 'dsync' };
    } catch (error) {
      if (errorCode(error) !== 'EINVAL') throw error; // EINVAL: a file system that does not know the flag
    }
  }
  return { fd: openSync(path, constants.O_WRONLY), how: 'fdatasync' };
}

/** Elsewhere than on Linux O_DSYNC does not flush the device. */
function automatic(): WrittenBy {
  return process.platform === 'linux' ? 'dsync' : 'fdatasync';
}

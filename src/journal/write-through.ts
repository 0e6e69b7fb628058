// How a segment is opened for writing, and what its file system takes of it: found out by trying, before a frame depends on it.
// Matching thread. Owns nothing. Must never write.

import { constants } from 'node:fs';
import { openDirect } from './direct-read.ts';
import { errorCode } from './errors.ts';
import { openSync } from './file-system.ts';

/** `direct`: O_DSYNC and O_DIRECT, past the page cache. `dsync`: O_DSYNC, through it. `fdatasync`: write, then fdatasync. */
export type JournalWrite = 'direct' | 'dsync' | 'fdatasync';

/** What is chosen where nothing is said. Elsewhere than on Linux O_DSYNC does not flush the device. */
export const DEFAULT_JOURNAL_WRITE: JournalWrite = process.platform === 'linux' ? 'dsync' : 'fdatasync';

interface OpenSegment {
  readonly fd: number;
  readonly how: JournalWrite;
}

/** Opens a segment as wanted, or in the next of the ways that its file system takes. */
export function openForWriting(path: string, wanted: JournalWrite): OpenSegment {
  if (wanted === 'direct') {
    const fd = openDirect(path, constants.O_RDWR | constants.O_DSYNC);
    if (fd !== undefined) return { fd, how: 'direct' };
  }
  if (wanted !== 'fdatasync') {
    try {
      return { fd: openSync(path, constants.O_WRONLY | constants.O_DSYNC), how: 'dsync' };
    } catch (error) {
      if (errorCode(error) !== 'EINVAL') throw error; // EINVAL: a file system that does not know the flag
    }
  }
  return { fd: openSync(path, constants.O_WRONLY), how: 'fdatasync' };
}

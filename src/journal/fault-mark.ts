// The mark of a fault: a file beside the segments that says that a write or sync of the journal has failed, so that the next start
// goes on in a new segment. Matching thread. It is not synced: where it is lost, so is the page cache that was not to be trusted.

import { join } from 'node:path';
import { closeSync, existsSync, openSync, rmSync, writeSync } from './file-system.ts';

const FAULT_MARK = 'FAULT';

export function hasFaultMark(directory: string): boolean {
  return existsSync(join(directory, FAULT_MARK));
}

/** Leaves the mark, with what happened for whoever looks; a disk that does not take it takes no new segment either. */
export function markFault(directory: string, evidence: string): void {
  try {
    const fd = openSync(join(directory, FAULT_MARK), 'w');
    try {
      const text = Buffer.from(`${evidence}\n`);
      writeSync(fd, text, 0, text.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    // the fault itself is what the caller reports
  }
}

export function removeFaultMark(directory: string): void {
  rmSync(join(directory, FAULT_MARK), { force: true });
}

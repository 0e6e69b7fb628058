// The journal's disk with a stamp: whoever watches can tell for how long a write or sync has not returned. Matching thread.
// Owns nothing; must never change what the disk does or says.

import type { JournalDisk } from './journal-writer.ts';

/** `busySince` is told the stopwatch's time before each call and 0 after it, also after one that throws. Allocates: nothing. */
export function watchedDisk(disk: JournalDisk, nowUs: () => number, busySince: (us: number) => void): JournalDisk {
  return {
    write(fd, bytes, lengthBytes, position) {
      busySince(nowUs());
      try {
        return disk.write(fd, bytes, lengthBytes, position);
      } finally {
        busySince(0);
      }
    },
    sync(fd) {
      busySince(nowUs());
      try {
        disk.sync(fd);
      } finally {
        busySince(0);
      }
    },
  };
}

// Where the follower begins, so that the ledger finds in the spool what it misses. Projection thread, at start; reads only.

import { SnapshotDamage } from '../journal/errors.ts';
import { historyGap } from '../journal/journal-files.ts';
import { listSnapshots, readSnapshotHead, verifySnapshotFile } from '../journal/snapshot-file.ts';

interface FollowerStart {
  /** The newest snapshot up to this sequence, or the first frame when there is none; or the oldest snapshot. */
  readonly beginWith: number | 'oldest';
  /** Why the ledger will miss events; '' when it will not, as far as is known. */
  readonly missing: string;
}

/**
 *   the ledger's checkpoint is not known              the oldest snapshot: one that the ledger, too, can go on from
 *   a snapshot is at or below it                      that one
 *   none is, and the journal or its archive is whole  the first frame: all is told again
 *   none is, and history is gone                      the oldest snapshot; the ledger refuses, nothing else does
 */
export function followerStart(
  checkpoint: number | undefined,
  directories: { readonly journal: string; readonly snapshots: string },
): FollowerStart {
  if (checkpoint === undefined) return { beginWith: 'oldest', missing: '' };
  if (hasSnapshotThrough(directories.snapshots, checkpoint)) return { beginWith: checkpoint, missing: '' };
  const gap = historyGap(directories.journal);
  if (gap === '') return { beginWith: checkpoint, missing: '' };
  const missing = `the ledger ends at sequence ${checkpoint}, before every snapshot, and the journal cannot be read from its beginning: ${gap}`;
  return { beginWith: 'oldest', missing };
}

function hasSnapshotThrough(directory: string, sequence: number): boolean {
  return listSnapshots(directory).some((frame) => {
    try {
      if (readSnapshotHead(directory, frame).anchor.sequence > sequence) return false;
      verifySnapshotFile(directory, frame);
      return true;
    } catch (error) {
      if (error instanceof SnapshotDamage) return false;
      throw error;
    }
  });
}

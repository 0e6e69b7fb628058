// From a snapshot to an engine: what recovery, the follower and the tools begin with. Any thread; reads only.
// Must never take a snapshot for good that does not verify: then it takes the one before, or the journal from frame 1.

import type { HashSecret } from '../domain/idempotency/half-sip-hash.ts';
import type { EngineListener } from '../domain/listener.ts';
import { SnapshotDamage } from './errors.ts';
import type { JournalAnchor } from './frame-cursor.ts';
import { newReplica, type Replica, replicaOf } from './replica.ts';
import { listSnapshots, readSnapshotFile, readSnapshotHead } from './snapshot-file.ts';

export interface RestoreOptions {
  /** For the engine's hash tables: random where clients choose what is hashed. */
  readonly hashSecret?: HashSecret | undefined;
  /** Takes only a snapshot of a sequence up to this one; default: the newest. 'oldest': the oldest there is. */
  readonly through?: number | 'oldest';
  /** Told of every snapshot that is passed over because it does not verify. */
  readonly onRefused?: (damage: SnapshotDamage) => void;
}

export interface Restored extends Replica {
  /** The journal goes on behind it; undefined: with frame 1. */
  readonly anchor: JournalAnchor | undefined;
}

/** An engine as the newest fitting snapshot has it, or a new one. Cost: that of reading the snapshot. */
export function restoreEngine(directory: string, listener: EngineListener, options: RestoreOptions = {}): Restored {
  const { hashSecret, through = Number.POSITIVE_INFINITY, onRefused } = options;
  const newestFirst = listSnapshots(directory);
  for (const frame of through === 'oldest' ? newestFirst.reverse() : newestFirst) {
    try {
      if (through !== 'oldest' && readSnapshotHead(directory, frame).anchor.sequence > through) continue;
      const { body, anchor } = readSnapshotFile(directory, frame, (source, head) =>
        replicaOf(source, head, listener, hashSecret),
      );
      return { ...body, anchor };
    } catch (error) {
      if (!(error instanceof SnapshotDamage)) throw error;
      onRefused?.(error);
    }
  }
  return { ...newReplica(listener, hashSecret), anchor: undefined };
}

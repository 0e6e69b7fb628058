// Takes an engine snapshot from files alone: the newest one before, the journal behind it, a verified file. On a thread of its
// own, so that neither matching nor reads wait for it; and since it replays what the matching thread applied, it is one more
// witness that both came to the same. Must never read beyond the frame that its caller knows to be durable.

import { assert } from '../assert.ts';
import { Command } from '../domain/command.ts';
import { Engine } from '../domain/engine.ts';
import type { HashSecret } from '../domain/idempotency/half-sip-hash.ts';
import { SILENT_LISTENER } from '../domain/listener.ts';
import { applyFrame } from './apply-frame.ts';
import { anchorOf, type JournalAnchor } from './frame-cursor.ts';
import { JournalReader } from './journal-reader.ts';
import type { Replica } from './replica.ts';
import { restoreEngine } from './restore.ts';
import { segmentOf, syncSegment } from './segment-files.ts';
import { removeOldSnapshots, type SnapshotBody, type SnapshotStep, writeSnapshotFile } from './snapshot-file.ts';

export interface SnapshotTask {
  readonly journalDirectory: string;
  readonly snapshotDirectory: string;
  /** The newest durable frame: the snapshot is of the state after it. */
  readonly throughFrame: number;
  /** How far the ledger has come, 0 when that is not known: a snapshot it can go on from is kept. */
  readonly ledgerSequence: number;
  /** For the hash tables of the engines that it makes. */
  readonly hashSecret?: HashSecret | undefined;
  /** Told how far the file has come. */
  readonly onStep?: ((step: SnapshotStep) => void) | undefined;
}

/** What a snapshot says of itself, shown to the operator. */
export interface SnapshotFacts {
  readonly sequence: number;
  readonly frame: number;
  readonly digest: string;
  readonly bytes: number;
  readonly open_orders: number;
}

/** Takes it, proves that an engine restored from it has the same digest, and removes the old ones. Throws JournalDamage and OtherOutcome. */
export function takeSnapshot(task: SnapshotTask): SnapshotFacts {
  const { engine, digest: told, anchor } = replayThrough(task);
  // A snapshot is a witness of its frame. In mode `os` that one may only be written: it must not be outlived.
  syncSegment(task.journalDirectory, segmentOf(task.journalDirectory, anchor.frame));
  const body: SnapshotBody = {
    runningDigest: told.isKnown ? { high: told.high, low: told.low } : undefined,
    write: (sink) => engine.streamSnapshot(sink),
    check: (source, digest) => {
      const restored = Engine.fromSource(source, SILENT_LISTENER, task.hashSecret);
      assert(restored.digest() === digest, 'a restored snapshot has the digest of the engine it was taken from');
    },
  };
  const { digest, bodyBytes } = writeSnapshotFile(task.snapshotDirectory, anchor, body, task.onStep);
  removeOldSnapshots(task.snapshotDirectory, task.ledgerSequence);
  const { sequence, openOrders } = engine;
  return { sequence, frame: anchor.frame, digest, bytes: bodyBytes, open_orders: openOrders };
}

function replayThrough(task: SnapshotTask): Replica & { readonly anchor: JournalAnchor } {
  const { anchor, ...replica } = restoreEngine(task.snapshotDirectory, SILENT_LISTENER, {
    hashSecret: task.hashSecret,
  });
  const reader = new JournalReader(task.journalDirectory, anchor);
  const command = new Command();
  let last = anchor;
  try {
    for (let frame = reader.next(task.throughFrame); frame !== undefined; frame = reader.next(task.throughFrame)) {
      applyFrame(replica, frame, command);
      last = anchorOf(frame);
    }
  } finally {
    reader.close();
  }
  assert(last !== undefined, 'something is journaled');
  return { ...replica, anchor: last };
}

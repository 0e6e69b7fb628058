// Takes engine snapshots: the follower's engine, which stands at a frame boundary, goes to a verified file.
// Runs on the follower's thread, so the matching thread never pauses.

import { assert } from '../assert.ts';
import { Engine } from '../domain/engine.ts';
import { SILENT_LISTENER } from '../domain/listener.ts';
import { digestOfSnapshot } from '../domain/snapshot/snapshot.ts';
import type { FrameView } from '../journal/journal-reader.ts';
import { writeSnapshotFile } from '../journal/snapshot-file.ts';
import { randomHashSecret } from '../runtime/hash-secret.ts';

/** What a taken snapshot says of itself, shown to the operator. */
export interface SnapshotFacts {
  readonly sequence: number;
  readonly frame: number;
  readonly digest: string;
  readonly bytes: number;
  readonly open_orders: number;
}

/** Writes the engine's state after `frame`, whose hash ties it to its journal, and proves it: an engine restored from the bytes has the same digest. */
export function takeSnapshot(directory: string, engine: Engine, frame: FrameView): SnapshotFacts {
  const body = engine.writeSnapshot();
  const digest = digestOfSnapshot(body);
  const restored = Engine.fromSnapshot(body, SILENT_LISTENER, randomHashSecret());
  assert(restored.digest() === digest, 'a restored snapshot has the digest of the engine it was taken from');
  writeSnapshotFile(directory, { frame: frame.number, sequence: engine.sequence, digest, body, anchor: frame });
  return { sequence: engine.sequence, frame: frame.number, digest, bytes: body.length, open_orders: engine.openOrders };
}

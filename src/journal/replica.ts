// A replica: an engine that follows the journal, and the running digest of what it tells. Any thread, each with its own.
// All that replay begin with one made here, so that none can forget to listen.

import { Engine } from '../domain/engine.ts';
import { EngineState } from '../domain/engine-state.ts';
import type { HashSecret } from '../domain/idempotency/half-sip-hash.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import type { EngineListener } from '../domain/listener.ts';
import { type ByteSource, SnapshotError } from '../domain/snapshot/snapshot.ts';
import { RunningDigest } from './running-digest.ts';
import type { SnapshotHead } from './snapshot-file.ts';

export interface Replica {
  readonly engine: Engine;
  /** Of all that the engine has told `listener`, and since when the journal says. */
  readonly digest: RunningDigest;
}

/** One that begins with frame 1. */
export function newReplica(listener: EngineListener, hashSecret?: HashSecret): Replica {
  const state = new EngineState(DEFAULT_INSTRUMENTS, hashSecret === undefined ? {} : { hashSecret });
  const digest = new RunningDigest(listener);
  const engine = new Engine(DEFAULT_INSTRUMENTS, digest, state);
  digest.attach(engine);
  return { engine, digest };
}

/** One that goes on behind a snapshot, whose body `source` reads. Throws SnapshotError. Cost: that of reading the state. */
export function replicaOf(
  source: ByteSource,
  { anchor, runningDigest }: SnapshotHead,
  listener: EngineListener,
  hashSecret?: HashSecret,
): Replica {
  const digest = new RunningDigest(listener);
  const engine = Engine.fromSource(source, digest, hashSecret);
  if (engine.sequence !== anchor.sequence) {
    throw new SnapshotError(`it is of sequence ${engine.sequence}, its header says ${anchor.sequence}`);
  }
  digest.attach(engine);
  if (runningDigest === undefined) digest.forget();
  else digest.goOn(runningDigest.high, runningDigest.low);
  return { engine, digest };
}

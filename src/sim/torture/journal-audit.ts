// What the files of a data directory say, without a server: the journal from its first frame, and from the newest snapshot, must
// build the same state; and so must the slow reference engine, command by command, where the history is short. Reads only; the
// server may run meanwhile. A tool's process.

import { join } from 'node:path';
import { Command } from '../../domain/command.ts';
import { SILENT_LISTENER } from '../../domain/listener.ts';
import { applyFrame } from '../../journal/apply-frame.ts';
import { type FrameView, type JournalAnchor, JournalReader } from '../../journal/journal-reader.ts';
import { newReplica } from '../../journal/replica.ts';
import { restoreEngine } from '../../journal/restore.ts';
import { ReferencePair } from '../reference-pair.ts';

export interface JournalAudit {
  readonly problems: readonly string[];
  /** Last command. */
  readonly sequence: number;
  /** Batch time of the last frame with commands, microseconds since 1970; 0 without one. */
  readonly lastTimeUs: number;
  /** Whether the reference engine was asked too. */
  readonly withReference: boolean;
}

/** Reads up to `throughFrame`, which is durable. Throws JournalDamage and OtherOutcome. */
export function auditJournal(dataDir: string, throughFrame: number, referenceCommandsMax: number): JournalAudit {
  const shard = join(dataDir, 'shard-0');
  const [journal, snapshots] = [join(shard, 'journal'), join(shard, 'snapshots')];
  const problems: string[] = [];
  const wholeReplica = newReplica(SILENT_LISTENER);
  const whole = wholeReplica.engine;
  let lastTimeUs = 0;
  const command = new Command();
  forEachFrame(journal, undefined, throughFrame, (frame) => {
    applyFrame(wholeReplica, frame, command);
    if (frame.recordCount > 0) lastTimeUs = frame.timeUs;
  });

  const refused = (damage: Error) => problems.push(damage.message);
  const { anchor, ...replica } = restoreEngine(snapshots, SILENT_LISTENER, { onRefused: refused });
  if (anchor !== undefined) {
    forEachFrame(journal, anchor, throughFrame, (frame) => applyFrame(replica, frame, command));
    const [one, other] = [whole.digest(), replica.engine.digest()];
    if (one !== other)
      problems.push(`from frame 1 the digest is ${one}, from the snapshot of ${anchor.sequence} ${other}`);
  }
  const withReference = whole.sequence <= referenceCommandsMax;
  if (withReference) problems.push(...compareWithReference(journal, throughFrame));
  return { problems, sequence: whole.sequence, lastTimeUs, withReference };
}

function compareWithReference(journal: string, throughFrame: number): string[] {
  const pair = new ReferencePair();
  let difference = '';
  forEachFrame(journal, undefined, throughFrame, (frame) => {
    difference ||= pair.apply(frame);
  });
  difference ||= pair.finish();
  return difference === '' ? [] : [`the reference engine differs: ${difference}`];
}

function forEachFrame(
  journal: string,
  anchor: JournalAnchor | undefined,
  throughFrame: number,
  visit: (frame: FrameView) => void,
): void {
  const reader = new JournalReader(journal, anchor);
  try {
    for (let frame = reader.next(throughFrame); frame !== undefined; frame = reader.next(throughFrame)) visit(frame);
  } finally {
    reader.close();
  }
}

// Start of the matching agent: feeds the journal to an engine, a new one or the newest snapshot's, and opens it for writing
// where it ends. Runs on the matching thread, before anything else may see the engine. Never writes to Postgres, Redis or sockets.

import { Command } from '../domain/command.ts';
import { type Engine, RULES_VERSION } from '../domain/engine.ts';
import type { EngineListener } from '../domain/listener.ts';
import { applyFrame } from '../journal/apply-frame.ts';
import { JournalWriter } from '../journal/journal-writer.ts';
import { recoverJournal } from '../journal/recover.ts';
import { restoreEngine } from '../journal/restore.ts';
import { randomHashSecret } from '../runtime/hash-secret.ts';
import type { MatchingContext } from './matching-agent.ts';

export interface Recovered {
  readonly engine: Engine;
  readonly writer: JournalWriter;
  readonly lastTimeUs: number;
  readonly frames: number;
  readonly snapshotSequence: number;
  readonly refusedSnapshots: readonly string[];
  /** What was cut from a torn tail, for the log; undefined when nothing was. */
  readonly cut: string | undefined;
}

/** Throws JournalDamage when an acknowledged frame is damaged, and OtherRules when one was written by other rules. */
export function recoverEngine(context: MatchingContext, listener: EngineListener): Recovered {
  const refusedSnapshots: string[] = [];
  const { engine, anchor } = restoreEngine(context.snapshotDirectory, listener, {
    hashSecret: randomHashSecret(),
    onRefused: ({ message }) => refusedSnapshots.push(message),
  });
  const command = new Command();
  const { position, cut, frames } = recoverJournal(
    context.journalDirectory,
    { anchor, newJournalId: context.newJournalId },
    (frame) => applyFrame(engine, frame, command),
  );
  const { durability, segmentBytes, onSegmentNeeded } = context;
  const options = { durability, segmentBytes, rulesVersion: RULES_VERSION, onSegmentNeeded };
  const writer = JournalWriter.open(context.journalDirectory, position, options);
  context.state.setJournal(position.journalIdHigh, position.journalIdLow, position.epoch + 1);
  return {
    engine,
    writer,
    lastTimeUs: Math.max(position.lastTimeUs, engine.timeUs),
    frames,
    snapshotSequence: anchor?.sequence ?? 0,
    refusedSnapshots,
    cut: cut === undefined ? undefined : `${cut.file} at ${cut.offsetBytes}: frame ${cut.frame}, ${cut.bytes} bytes`,
  };
}

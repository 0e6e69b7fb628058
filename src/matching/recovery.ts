// Start of the matching agent: feeds the journal to an engine, a new one or the newest snapshot's, and opens it for writing
// where it ends. Runs on the matching thread, before anything else may see the engine. Never writes to Postgres, Redis or sockets.

import { Command } from '../domain/command.ts';
import { type Engine, RULES_VERSION } from '../domain/engine.ts';
import type { EngineListener } from '../domain/listener.ts';
import { applyFrame } from '../journal/apply-frame.ts';
import { JournalWriter, SYSTEM_DISK } from '../journal/journal-writer.ts';
import { recoverJournal } from '../journal/recover.ts';
import { restoreEngine } from '../journal/restore.ts';
import { watchedDisk } from '../journal/watched-disk.ts';
import { hearWitnesses, type LedgerWord } from '../journal/witnesses.ts';
import { randomHashSecret } from '../runtime/hash-secret.ts';
import { MatchingCounter } from '../wire/counters.ts';
import type { MatchingContext } from './matching-agent.ts';

const LEDGER_SILENT =
  'Postgres could not be asked in time whether the ledger knows what the torn tail held; should it, it refuses to go on';

export interface Recovered {
  readonly engine: Engine;
  readonly writer: JournalWriter;
  readonly lastTimeUs: number;
  readonly frames: number;
  readonly snapshotSequence: number;
  /** What was cut from a torn tail, for the log; undefined when nothing was. */
  readonly cut: string | undefined;
  /** Snapshots and witnesses that were passed over, and why; what the disk does not take or has failed at; for the log. */
  readonly notes: readonly string[];
}

/**
 * Throws JournalDamage when an acknowledged frame is damaged, OtherRules when one was written by other rules, and OtherOutcome
 * when the commands before one come to something else here.
 */
export function recoverEngine(context: MatchingContext, listener: EngineListener): Recovered {
  const { witnesses, notes } = hearWitnesses(context.controlPath);
  const { anchor, ...replica } = restoreEngine(context.snapshotDirectory, listener, {
    hashSecret: randomHashSecret(),
    onRefused: ({ message }) => notes.push(message),
  });
  const { engine, digest } = replica;
  context.poison?.(engine);
  const askLedger = (): LedgerWord | undefined => {
    const word = context.askLedger?.();
    if (word === undefined && context.askLedger !== undefined) notes.push(LEDGER_SILENT);
    return word;
  };
  const command = new Command();
  const { position, cut, frames, isInNewSegment } = recoverJournal(
    context.journalDirectory,
    { anchor, witnesses, askLedger, newJournalId: context.newJournalId },
    (frame) => {
      applyFrame(replica, frame, command);
      context.counters.set(MatchingCounter.REPLAYED_SEQUENCE, engine.sequence);
    },
  );
  const { durability, journalWrite = 'auto', segmentBytes, onSegmentNeeded, clock, counters } = context;
  const disk = watchedDisk(
    context.disk ?? SYSTEM_DISK,
    () => clock.monotonicUs(),
    (us) => counters.set(MatchingCounter.DISK_BUSY_SINCE_US, us),
  );
  const options = {
    durability,
    write: journalWrite,
    segmentBytes,
    rulesVersion: RULES_VERSION,
    onSegmentNeeded,
    disk,
    digest,
  };
  const writer = JournalWriter.open(context.journalDirectory, position, options);
  const { writtenBy = journalWrite } = writer;
  if (journalWrite !== 'auto' && writtenBy !== journalWrite) {
    notes.push(
      `the journal's file system does not take RINGBOOK_JOURNAL_WRITE=${journalWrite}: frames are written by ${writtenBy}`,
    );
  }
  if (isInNewSegment) {
    notes.push(`the journal goes on in a new segment, with frame ${position.nextFrame}: the disk has failed before`);
  }
  context.state.setJournal(position.journalIdHigh, position.journalIdLow, position.epoch + 1);
  return {
    engine,
    writer,
    lastTimeUs: Math.max(position.lastTimeUs, engine.timeUs),
    frames,
    snapshotSequence: anchor?.sequence ?? 0,
    cut: cut === undefined ? undefined : `${cut.file} at ${cut.offsetBytes}: frame ${cut.frame}, ${cut.bytes} bytes`,
    notes,
  };
}

// Start of the matching agent: feeds the journal to a new engine and opens the journal for writing where it ends.
// Runs on the matching thread, before anything else may see the engine. Never writes to Postgres, Redis or sockets.

import { Command } from '../domain/command.ts';
import { Engine } from '../domain/engine.ts';
import { EngineState } from '../domain/engine-state.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import type { EngineListener } from '../domain/listener.ts';
import { applyFrame } from '../journal/apply-frame.ts';
import { OtherRules } from '../journal/errors.ts';
import { JournalWriter } from '../journal/journal-writer.ts';
import { recoverJournal } from '../journal/recover.ts';
import { randomHashSecret } from '../runtime/hash-secret.ts';
import type { MatchingContext } from './matching-agent.ts';

/** The rules this engine applies; written into every frame, and the only ones it replays (domain/RULES.md). */
const RULES_VERSION = 2;

export interface Recovered {
  readonly engine: Engine;
  readonly writer: JournalWriter;
  readonly lastTimeUs: number;
  readonly frames: number;
  /** What was cut from a torn tail, for the log; undefined when nothing was. */
  readonly cut: string | undefined;
}

/** Throws JournalDamage when an acknowledged frame is damaged, and OtherRules when one was written by other rules. */
export function recoverEngine(context: MatchingContext, listener: EngineListener): Recovered {
  const state = new EngineState(DEFAULT_INSTRUMENTS, { hashSecret: randomHashSecret() });
  const engine = new Engine(DEFAULT_INSTRUMENTS, listener, state);
  const command = new Command();
  const { position, cut, frames } = recoverJournal(
    context.journalDirectory,
    { newJournalId: context.newJournalId },
    (frame) => {
      if (frame.rulesVersion !== RULES_VERSION) {
        throw new OtherRules(context.journalDirectory, frame.number, frame.rulesVersion, RULES_VERSION);
      }
      applyFrame(engine, frame, command);
    },
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
    cut: cut === undefined ? undefined : `${cut.file} at ${cut.offsetBytes}: frame ${cut.frame}, ${cut.bytes} bytes`,
  };
}

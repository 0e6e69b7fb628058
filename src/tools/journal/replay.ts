// `ringbook journal replay`: the state at a sequence, from the newest snapshot at or before it and the journal. Reads only:
// the engine that it makes is gone with the tool.

import { SILENT_LISTENER } from '../../domain/listener.ts';
import type { FrameView } from '../../journal/frame-cursor.ts';
import { HistoricEngine, requireHistory } from '../../journal/historic-engine.ts';
import { restoreEngine } from '../../journal/restore.ts';
import { hearWitnesses } from '../../journal/witnesses.ts';
import { ExitCode } from '../../supervisor/exit-codes.ts';
import { UsageError } from '../usage.ts';
import { stateFacts, stateText } from './state-text.ts';
import { describeEnd, type JournalPlace, Survey } from './survey.ts';
import type { Terminal } from './terminal.ts';

export interface ReplayOptions {
  readonly to: number;
  readonly json: boolean;
}

/** Returns the exit code. Throws HistoryGone, JournalDamage, OtherRules, OtherOutcome; UsageError for a sequence that is not there yet. */
export function replay(place: JournalPlace, { to, json }: ReplayOptions, terminal: Terminal): number {
  const notes: string[] = [];
  const restored = restoreEngine(place.snapshots, SILENT_LISTENER, {
    through: to,
    onRefused: ({ message }) => notes.push(message),
  });
  requireHistory(place.journal, restored, to);
  const { engine, anchor } = restored;
  const survey = new Survey(place.journal, { anchor, witnesses: hearWitnesses(place.control).witnesses });
  const reading = survey[Symbol.iterator]();
  const begun = engine.sequence;
  const historic = new HistoricEngine(restored, () => nextBehind(reading, anchor?.frame ?? 0));
  const isThere = historic.advance(to);
  reading.return();
  if (!isThere) {
    const end = survey.end === undefined ? '' : ` ${describeEnd(survey.end)}`;
    throw new UsageError(`--to ${to}: the last sequence is ${engine.sequence}.${end}`);
  }
  const facts = { ...stateFacts(engine), snapshot_sequence: begun, frame: historic.frame || (anchor?.frame ?? 0) };
  if (json) {
    terminal.line(JSON.stringify({ ...facts, notes }));
    return ExitCode.OK;
  }
  for (const note of notes) terminal.line(`note: ${note}`);
  const from = begun === 0 ? 'the first command' : `the snapshot of sequence ${begun}`;
  terminal.line(`from      ${from}, ${to - begun} commands replayed, to frame ${facts.frame}`);
  terminal.line(stateText(facts));
  return ExitCode.OK;
}

function nextBehind(reading: Generator<FrameView, void, void>, frame: number): FrameView | undefined {
  for (let step = reading.next(); step.done !== true; step = reading.next()) {
    if (step.value.number > frame) return step.value;
  }
  return undefined;
}

// Feeds one frame's commands to an engine: what recovery, the follower and the tools all do. Runs on the thread that
// owns the engine; the frame is borrowed until return. Allocates: nothing.

import { assert } from '../assert.ts';
import type { Command } from '../domain/command.ts';
import { type Engine, RULES_VERSION } from '../domain/engine.ts';
import { decodeCommand } from '../wire/command-codec.ts';
import { lookAhead } from '../wire/look-ahead.ts';
import { OtherRules, PoisonCommand } from './errors.ts';
import type { FrameView } from './journal-reader.ts';
import { segmentPath } from './segment-files.ts';

/**
 * Applies every command of `frame`; `command` is scratch. Asserts that sequences go on where the engine stands. Throws
 * OtherRules for a frame of another version of the rules, also for an empty one, and PoisonCommand.
 */
export function applyFrame(engine: Engine, frame: FrameView, command: Command): void {
  if (frame.rulesVersion !== RULES_VERSION) throw new OtherRules(frame.number, frame.rulesVersion, RULES_VERSION);
  if (frame.recordCount === 0) return;
  assert(frame.firstSequence === engine.sequence + 1, 'the frame goes on where the engine stands');
  const end = frame.payloadStart + frame.payloadLength;
  let sequence = engine.sequence;
  let seen = frame.payloadStart;
  for (let offset = frame.payloadStart; offset < end; ) {
    if (offset === seen) seen = lookAhead(engine, frame.view, offset, end);
    const length = decodeCommand(frame.bytes, frame.view, offset, command);
    sequence++;
    applyCommand(engine, frame, sequence, command);
    offset += length;
  }
  assert(sequence === frame.firstSequence + frame.recordCount - 1, 'the frame holds as many commands as it says');
}

/** Applies one command of `frame`, or passes it over when that was ruled. Throws PoisonCommand: the engine is of no use then. */
export function applyCommand(engine: Engine, frame: FrameView, sequence: number, command: Command): void {
  try {
    if (frame.skipped.length > 0 && frame.skipped.includes(sequence)) engine.skip(sequence, frame.timeUs, command);
    else engine.apply(sequence, frame.timeUs, command);
  } catch (error) {
    const { offsetBytes, number, segmentFirstFrame } = frame;
    const place = `${segmentPath('', segmentFirstFrame)} at offset ${offsetBytes}`;
    throw new PoisonCommand(place, number, sequence, error, true);
  }
}

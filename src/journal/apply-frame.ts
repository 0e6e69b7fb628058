// Feeds one frame's commands to an engine: what recovery, the follower and the tools all do. Runs on the thread that
// owns the engine; the frame is borrowed until return. Allocates: nothing.

import { assert } from '../assert.ts';
import type { Command } from '../domain/command.ts';
import { type Engine, RULES_VERSION } from '../domain/engine.ts';
import { decodeCommand } from '../wire/command-codec.ts';
import { lookAhead } from '../wire/look-ahead.ts';
import { OtherRules } from './errors.ts';
import type { FrameView } from './journal-reader.ts';

/**
 * Applies every command of `frame`; `command` is scratch. Asserts that sequences go on where the engine stands. Throws
 * OtherRules for a frame of another version of the rules, also for an empty one.
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
    engine.apply(sequence, frame.timeUs, command);
    offset += length;
  }
  assert(sequence === frame.firstSequence + frame.recordCount - 1, 'the frame holds as many commands as it says');
}

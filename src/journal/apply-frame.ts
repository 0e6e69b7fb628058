// Feeds one frame's commands to an engine: what recovery, the follower and the tools all do. Runs on the thread that
// owns the engine; the frame is borrowed until return. Allocates: nothing.

import { assert } from '../assert.ts';
import type { Command } from '../domain/command.ts';
import { type Engine, RULES_VERSION } from '../domain/engine.ts';
import { decodeCommand } from '../wire/command-codec.ts';
import { lookAhead } from '../wire/look-ahead.ts';
import { OtherRules, PoisonCommand } from './errors.ts';
import { checkDigest } from './frame-digest.ts';
import type { FrameView } from './journal-reader.ts';
import type { Replica } from './replica.ts';
import { segmentPath } from './segment-files.ts';

/**
 * Applies every command of `frame`; `command` is scratch. Throws what `enterFrame` does, and PoisonCommand.
 */
export function applyFrame(replica: Replica, frame: FrameView, command: Command): void {
  enterFrame(replica, frame);
  const { engine } = replica;
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

/**
 * Before the first command of each frame: that this engine may apply it, and has come to the state that it names. Asserts that
 * sequences go on where the engine stands. Throws OtherRules for a frame of another version of the rules, also for an
 * empty one, and OtherOutcome for one with another state digest.
 */
export function enterFrame({ engine, digest }: Replica, frame: FrameView): void {
  if (frame.rulesVersion !== RULES_VERSION) throw new OtherRules(frame.number, frame.rulesVersion, RULES_VERSION);
  assert(frame.firstSequence === engine.sequence + 1, 'the frame goes on where the engine stands');
  checkDigest(digest, frame, engine.sequence);
}

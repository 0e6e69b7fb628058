// An engine at a sequence of the past: restored from a snapshot and brought forward command by command, so that it can stop in
// the middle of a frame. Tools and the history thread; reads only. Must never be asked to go back: that needs another one.

import { assert } from '../assert.ts';
import { Command } from '../domain/command.ts';
import type { Engine } from '../domain/engine.ts';
import { decodeCommand } from '../wire/command-codec.ts';
import { applyCommand, enterFrame } from './apply-frame.ts';
import type { FrameView } from './frame-cursor.ts';
import { listFrameFiles } from './journal-files.ts';
import type { Replica } from './replica.ts';
import type { Restored } from './restore.ts';

/** Neither a snapshot nor the journal reaches back to that sequence. */
export class HistoryGone extends Error {
  override readonly name = 'HistoryGone';

  constructor(sequence: number, oldestFrame: number) {
    super(
      `history does not reach back to sequence ${sequence}: no snapshot is of it or before, and the journal begins with ` +
        `frame ${oldestFrame}.`,
    );
  }
}

/** Throws HistoryGone when frames are missing between what was restored for `sequence` and the oldest segment. */
export function requireHistory(journalDirectory: string, { anchor }: Restored, sequence: number): void {
  const oldest = listFrameFiles(journalDirectory).at(0);
  if (oldest !== undefined && oldest > (anchor?.frame ?? 0) + 1) throw new HistoryGone(sequence, oldest);
}

export class HistoricEngine {
  readonly engine: Engine;
  readonly #replica: Replica;
  readonly #nextFrame: () => FrameView | undefined;
  readonly #command = new Command();
  /** Where the next command lies in it. The frame stays ours until the next one is asked for. */
  #frame: FrameView | undefined;
  #offset = 0;
  #end = 0;

  /** `nextFrame` gives the frames behind what the replica has applied, in order; undefined: no more so far. */
  constructor(replica: Replica, nextFrame: () => FrameView | undefined) {
    this.engine = replica.engine;
    this.#replica = replica;
    this.#nextFrame = nextFrame;
  }

  /** The last frame of which something was applied; 0 when none was. */
  get frame(): number {
    return this.#frame?.number ?? 0;
  }

  /**
   * Applies commands through `sequence`, which is not before the engine's. False when frames end first: the engine then stands
   * at the last command there is. Throws OtherRules, OtherOutcome, PoisonCommand, and whatever reading frames throws.
   */
  advance(sequence: number): boolean {
    const { engine } = this;
    assert(sequence >= engine.sequence, 'a historic engine does not go back');
    while (engine.sequence < sequence) {
      if (this.#offset === this.#end && !this.#take(this.#nextFrame())) return false;
      this.#applyOne();
    }
    return true;
  }

  #applyOne(): void {
    const frame = this.#frame;
    if (frame === undefined || this.#offset === this.#end) return;
    const length = decodeCommand(frame.bytes, frame.view, this.#offset, this.#command);
    applyCommand(this.engine, frame, this.engine.sequence + 1, this.#command);
    this.#offset += length;
  }

  #take(frame: FrameView | undefined): boolean {
    if (frame === undefined) return false;
    enterFrame(this.#replica, frame);
    this.#frame = frame;
    this.#offset = frame.payloadStart;
    this.#end = frame.payloadStart + frame.payloadLength;
    return true;
  }
}

// Journal reader: follows the journal frame by frame, up to the frame its caller knows to be durable. Follower and tools, each
// with a reader of its own. Owns its buffer; lends one frame at a time. Read only. Must never read past the durable frame: what
// stands there may be half written.

import { damageAt } from './errors.ts';
import { FrameCursor, type FrameView, type JournalAnchor, Verdict } from './frame-cursor.ts';

export type { FrameView, JournalAnchor } from './frame-cursor.ts';

export class JournalReader {
  readonly #directory: string;
  readonly #anchor: JournalAnchor | undefined;
  #cursor: FrameCursor | undefined;

  /** Begins with frame 1, or behind the anchor's. Opens nothing yet: the journal may still have to be made. */
  constructor(directory: string, anchor?: JournalAnchor) {
    this.#directory = directory;
    this.#anchor = anchor;
  }

  /** Number of the frame that `next` delivers next. */
  get nextFrame(): number {
    const behindAnchor = (this.#anchor?.frame ?? 0) + 1;
    return Math.max(behindAnchor, this.#cursor?.nextFrame ?? 1);
  }

  /**
   * The next frame when its number is at most `throughFrame`, else undefined. All frames up to `throughFrame` are durable.
   * Verifies everything; throws JournalDamage. The frame is borrowed until the next call.
   */
  next(throughFrame: number): FrameView | undefined {
    const wanted = this.nextFrame;
    if (wanted > throughFrame) return undefined;
    this.#cursor ??= new FrameCursor(this.#directory, this.#anchor);
    const cursor = this.#cursor;
    do {
      const verdict = cursor.next(throughFrame);
      if (verdict !== Verdict.VALID) throw damageAt(cursor, cursor.evidence);
    } while (cursor.frame.number < wanted);
    return cursor.frame;
  }

  close(): void {
    this.#cursor?.close();
    this.#cursor = undefined;
  }
}

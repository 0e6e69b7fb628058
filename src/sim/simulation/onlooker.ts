// Whoever looks from another thread in the midst of a turn: at any moment nothing may be shown that the disk has not been made to
// keep. Hears of every sync, looks at every operation and clock read; draws from a generator of its own.

import { CONTROL_SLOT_BYTES } from '../../journal/control-file.ts';
import { FrameHeader, isWholeHeader, readFrameHeader } from '../../journal/frame.ts';
import type { InProcessExchange } from '../in-process-exchange.ts';
import { Random } from '../testing/random.ts';
import type { Clients } from './clients.ts';
import { require } from './violation.ts';

/** The frame that was synced last: where it lies. */
interface FramePlace {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly number: number;
}

export class Onlooker {
  /** The last sequence that the disk has been told to keep. */
  durableSequence = 0;
  lastFrame: FramePlace = { path: '', from: 0, to: 0, number: 0 };
  /** What was seen and must not be; whoever was in the midst of its turn may have taken it for a fault of its own. */
  seen: unknown;
  readonly #random: Random;
  readonly #clients: Clients;
  readonly #header = new FrameHeader();

  constructor(seed: number, clients: Clients) {
    this.#random = new Random(seed);
    this.#clients = clients;
  }

  /** Throws a Violation, and keeps it. */
  look(exchange: InProcessExchange): void {
    try {
      require(exchange.sequence <= this.durableSequence, () => {
        return `sequence ${exchange.sequence} is shown, ${this.durableSequence} is durable`;
      });
      if (this.#random.below(8) === 0) this.#clients.readReplies(exchange, this.durableSequence);
    } catch (error) {
      this.seen ??= error;
      throw error;
    }
  }

  /** The disk keeps these bytes; when they are a frame, its commands may be told. */
  noteDurable(path: string, bytes: Uint8Array, offset: number): void {
    if (!path.endsWith('.wal') || bytes.length < CONTROL_SLOT_BYTES) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!isWholeHeader(bytes, view, 0)) return;
    const header = this.#header;
    readFrameHeader(bytes, view, 0, header);
    this.durableSequence = Math.max(this.durableSequence, header.firstSequence + header.recordCount - 1);
    if (header.number < this.lastFrame.number) return;
    this.lastFrame = { path, from: offset, to: offset + header.frameLength, number: header.number };
  }
}

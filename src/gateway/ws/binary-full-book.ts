// The snapshot of `full` as binary frames, one for each page that the follower answers (WIRE.md, "Binary frames of /ws", type 145).
// Gateway thread. Owns the buffer: what `full` returns is good until the next call.

import { MessageType } from '../../wire/binary-frame.ts';
import {
  addRestingOrder,
  BOOK_HEAD_BYTES,
  beginSnapshot,
  endMessage,
  RESTING_ORDER_BYTES,
} from '../../wire/binary-market-data.ts';
import { BookChecksum } from '../../wire/book-checksum.ts';
import { Channel, type SnapshotReason } from '../../wire/feed-codec.ts';
import * as F from '../../wire/full-book-codec.ts';
import type { Answer } from '../queries.ts';
import { hasMoreOrders } from './snapshot-json.ts';

export class BinaryFullBook {
  readonly #journalHigh: number;
  readonly #journalLow: number;
  readonly #checksum = new BookChecksum();
  /** Grows to the longest part. */
  #bytes = new Uint8Array(4_096);
  #view = new DataView(this.#bytes.buffer);

  /** `journalHigh` and `journalLow`: the journal's identity. */
  constructor(journalHigh: number, journalLow: number) {
    this.#journalHigh = journalHigh;
    this.#journalLow = journalLow;
  }

  /**
   * The part of the snapshot that the page has, before which `read` orders were read. The snapshot is the parts of all pages of one
   * copy, one after the other; all but the last say that there is more.
   */
  full(answer: Answer, instrument: number, reason: SnapshotReason, read: number): Uint8Array {
    const { view, body, count, sequence, timeUs } = answer;
    const facts = { channel: Channel.FULL, instrument, sequence, prevSequence: 0, timeUs };
    this.#reserve(BOOK_HEAD_BYTES + count * RESTING_ORDER_BYTES);
    const [bytes, out] = [this.#bytes, this.#view];
    let end = beginSnapshot(bytes, out, 0, MessageType.ORDERS, facts, reason, this.#journalHigh, this.#journalLow);
    for (let i = 0; i < count; i++) {
      const order = body + F.FULL_BOOK_ORDERS + i * F.RESTING_BYTES;
      const side = view.getUint8(order + F.RESTING_SIDE);
      const number = view.getFloat64(order + F.RESTING_NUMBER, true);
      const price = view.getFloat64(order + F.RESTING_PRICE_TICKS, true);
      end = addRestingOrder(out, 0, end, side, number, price, view.getFloat64(order + F.RESTING_LOTS, true));
    }
    this.#checksum.lane0 = view.getUint32(body + F.FULL_BOOK_LANE_0, true);
    this.#checksum.lane1 = view.getUint32(body + F.FULL_BOOK_LANE_1, true);
    endMessage(out, 0, end, hasMoreOrders(answer, read), this.#checksum);
    return bytes.subarray(0, end);
  }

  #reserve(bytes: number): void {
    if (this.#bytes.length >= bytes) return;
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }
}

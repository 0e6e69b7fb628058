// The snapshots of /ws that the follower makes, as JSON (WEBSOCKET.md, "Channels"): all resting orders of an instrument for
// `full`, in parts, and a client's open orders for `user`. Gateway thread. Owns the buffer of the parts: what a method returns
// is good until the next call.

import { assert } from '../../assert.ts';
import { BookChecksum } from '../../wire/book-checksum.ts';
import { DECIMAL_BYTES_MAX, writeDecimal } from '../../wire/decimal.ts';
import { SIDE_TEXTS } from '../../wire/enum-texts.ts';
import { SNAPSHOT_REASONS, type SnapshotReason } from '../../wire/feed-codec.ts';
import * as F from '../../wire/full-book-codec.ts';
import type { InstrumentSource } from '../../wire/instrument-list.ts';
import { isoTime } from '../../wire/iso-time.ts';
import { putBytes } from '../../wire/json-writer.ts';
import { IdKind, PUBLIC_ID_BYTES, type PublicIds } from '../../wire/public-id.ts';
import { ORDERS_LIMIT_MAX, QueryType } from '../../wire/query-codec.ts';
import type { Answer, Question } from '../queries.ts';
import type { RecordJson } from '../record-json.ts';

const encoder = new TextEncoder();
const OPEN_ORDER = encoder.encode('["');
const NEXT_TEXT = encoder.encode('","');
const CLOSE_ORDER = encoder.encode('"]');
const SIDES = SIDE_TEXTS.map((side) => encoder.encode(`","${side}","`));
const COMMA = 0x2c;
/** `["<id>","sell","<price>","<quantity>"],` */
const ORDER_BYTES_MAX = PUBLIC_ID_BYTES + 2 * DECIMAL_BYTES_MAX + 20;
/** What stands around the orders, with an instrument's name of 16 characters. */
const FRAME_BYTES_MAX = 512;

/** Asks for the page behind `read` orders of the copy of that sequence; for the first page of a new copy when nothing is read. */
export function fullBookQuestion(
  instrument: number,
  read = 0,
  sequence = 0,
): Pick<Question, 'type' | 'instrument' | 'number' | 'limit' | 'text'> {
  const text = new Uint8Array(read === 0 ? 0 : 8);
  if (read > 0) new DataView(text.buffer).setFloat64(0, sequence, true);
  return { type: QueryType.FULL_BOOK, instrument, number: read, limit: F.FULL_BOOK_PAGE_MAX, text };
}

/** Whether the copy goes on behind this page, before which `read` orders were read. */
export function hasMoreOrders({ view, body, count }: Answer, read: number): boolean {
  return read + count < view.getFloat64(body + F.FULL_BOOK_TOTAL, true);
}

export class SnapshotJson {
  readonly #instruments: InstrumentSource;
  readonly #ids: PublicIds;
  readonly #records: RecordJson;
  readonly #journal: string;
  readonly #checksum = new BookChecksum();
  /** Grows to the longest part. */
  #part = new Uint8Array(4_096);

  /** `journal`: the journal's identity as clients see it. */
  constructor(instruments: InstrumentSource, ids: PublicIds, records: RecordJson, journal: string) {
    this.#instruments = instruments;
    this.#ids = ids;
    this.#records = records;
    this.#journal = journal;
  }

  /**
   * The part of a snapshot of `full` that the page has, before which `read` orders were read. The snapshot is the parts of all
   * pages of one copy, one after the other; `"more":true` stands in all but the last. Allocates: the text around the orders.
   */
  full(answer: Answer, instrument: number, reason: SnapshotReason, read: number): Uint8Array {
    const { view, body, count } = answer;
    const { name, priceScale, quantityScale } = this.#instruments.current.all[instrument];
    const out = this.#room(FRAME_BYTES_MAX + count * ORDER_BYTES_MAX);
    const more = hasMoreOrders(answer, read) ? '"more":true,' : '';
    const head = `${this.#head('full', `"instrument":${JSON.stringify(name)}`, answer, reason)},${more}"orders":[`;
    let end = encoder.encodeInto(head, out).written;
    for (let i = 0; i < count; i++) {
      if (i > 0) out[end++] = COMMA;
      const order = body + F.FULL_BOOK_ORDERS + i * F.RESTING_BYTES;
      end = this.#writeOrder(out, end, view, order, priceScale, quantityScale);
    }
    this.#checksum.lane0 = view.getUint32(body + F.FULL_BOOK_LANE_0, true);
    this.#checksum.lane1 = view.getUint32(body + F.FULL_BOOK_LANE_1, true);
    end += encoder.encodeInto(`],"checksum":"${this.#checksum.text()}"}`, out.subarray(end)).written;
    assert(end <= out.length, 'a part has room');
    return out.subarray(0, end);
  }

  /** The snapshot of `user`: the answer is one to CLIENT_ORDERS with the greatest limit, from the first order on. */
  user(answer: Answer, clientId: string, reason: SnapshotReason): Uint8Array {
    const head = this.#head('user', `"client_id":${JSON.stringify(clientId)}`, answer, reason);
    return this.#records.orderList(`${head},"orders":[`, answer, ORDERS_LIMIT_MAX);
  }

  #head(channel: string, whose: string, { sequence, timeUs }: Answer, reason: SnapshotReason): string {
    const about = `"sequence":${sequence},"time":"${isoTime(timeUs)}"`;
    const origin = `"reason":"${SNAPSHOT_REASONS[reason]}","journal":"${this.#journal}"`;
    return `{"type":"snapshot","channel":"${channel}",${whose},${about},${origin}`;
  }

  /** Allocates: nothing. */
  #writeOrder(
    out: Uint8Array,
    at: number,
    view: DataView,
    order: number,
    priceScale: number,
    quantityScale: number,
  ): number {
    const number = view.getFloat64(order + F.RESTING_NUMBER, true);
    let end = putBytes(out, at, OPEN_ORDER);
    end += this.#ids.write(out, end, IdKind.ORDER, number, view.getFloat64(order + F.RESTING_CREATED_US, true));
    end = putBytes(out, end, SIDES[view.getUint8(order + F.RESTING_SIDE)]);
    end += writeDecimal(out, end, view.getFloat64(order + F.RESTING_PRICE_TICKS, true), priceScale);
    end = putBytes(out, end, NEXT_TEXT);
    end += writeDecimal(out, end, view.getFloat64(order + F.RESTING_LOTS, true), quantityScale);
    return putBytes(out, end, CLOSE_ORDER);
  }

  #room(bytes: number): Uint8Array {
    if (this.#part.length < bytes) this.#part = new Uint8Array(bytes);
    return this.#part;
  }
}

// Records from the matching thread and the follower as JSON bytes, in buffers that are used again and again.
// Gateway thread. Owns the buffers: what a method returns is good until the next call. Made once the ids are known.

import type { InstrumentSource } from '../wire/instrument-list.ts';
import { ORDER_CREATED_US, ORDER_INSTRUMENT, ORDER_NUMBER, orderRecordLength } from '../wire/order-codec.ts';
import { ORDER_JSON_BYTES_MAX, OrderJsonWriter, REPLY_JSON_BYTES_MAX } from '../wire/order-json.ts';
import { IdKind, type PublicIds } from '../wire/public-id.ts';
import { REPLY_ORDER } from '../wire/reply-codec.ts';
import { tradeRecordLength } from '../wire/trade-codec.ts';
import { TRADE_JSON_BYTES_MAX, TradeJsonWriter } from '../wire/trade-json.ts';
import { nextPage } from './order-page.ts';
import type { Answer } from './queries.ts';

const CANCELLED = new TextEncoder().encode('{"message":"Order cancelled","order":');
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;
const CLOSE_OBJECT = 0x7d;

const encoder = new TextEncoder();

export class RecordJson {
  readonly #instruments: InstrumentSource;
  readonly #ids: PublicIds;
  readonly #orders: OrderJsonWriter;
  readonly #trades: TradeJsonWriter;
  readonly #reply = new Uint8Array(REPLY_JSON_BYTES_MAX);
  readonly #cancelled = new Uint8Array(CANCELLED.length + ORDER_JSON_BYTES_MAX + 1);
  /** Grows to the longest list that was asked for. */
  #list = new Uint8Array(64 * TRADE_JSON_BYTES_MAX);

  constructor(instruments: InstrumentSource, ids: PublicIds) {
    this.#instruments = instruments;
    this.#ids = ids;
    this.#orders = new OrderJsonWriter(instruments, ids);
    this.#trades = new TradeJsonWriter(instruments, ids);
    this.#cancelled.set(CANCELLED);
  }

  /** The order of the reply record at `offset` with its trades. Allocates: one view. */
  reply(bytes: Uint8Array, view: DataView, offset: number): Uint8Array {
    return this.#reply.subarray(0, this.#orders.writeReply(this.#reply, 0, bytes, view, offset));
  }

  /** The order of the reply record at `offset`, which was cancelled, and a sentence about it. */
  cancelled(bytes: Uint8Array, view: DataView, offset: number): Uint8Array {
    const out = this.#cancelled;
    const end = this.#orders.writeOrder(out, CANCELLED.length, bytes, view, offset + REPLY_ORDER);
    out[end] = CLOSE_OBJECT;
    return out.subarray(0, end + 1);
  }

  /** The one order of an answer. */
  order({ bytes, view, body }: Answer): Uint8Array {
    return this.#reply.subarray(0, this.#orders.writeOrder(this.#reply, 0, bytes, view, body));
  }

  /** The trades of an answer, as a list, with or without clients and fees. */
  trades({ bytes, view, body, count }: Answer, withClients: boolean, withFees: boolean): Uint8Array {
    const out = this.#room((count + 1) * TRADE_JSON_BYTES_MAX);
    out[0] = OPEN_LIST;
    let end = 1;
    let record = body;
    for (let i = 0; i < count; i++) {
      if (i > 0) out[end++] = COMMA;
      end = this.#trades.writeTrade(out, end, bytes, view, record, withClients, withFees);
      record += tradeRecordLength(bytes, record);
    }
    out[end] = CLOSE_LIST;
    return out.subarray(0, end + 1);
  }

  /** The orders of an answer as a page of the client's: with the sequence they are of, and what asks for the next page. */
  clientOrders(answer: Answer, clientId: string, limit: number): Uint8Array {
    const head = `{"client_id":${JSON.stringify(clientId)},"sequence":${answer.sequence},"orders":[`;
    return this.orderList(head, answer, limit);
  }

  /** `head`, at most 1 KiB of an object up to the opening bracket, then the orders of a page of `limit`, and its `next`. */
  orderList(head: string, { bytes, view, body, count }: Answer, limit: number): Uint8Array {
    const out = this.#room((count + 2) * ORDER_JSON_BYTES_MAX);
    let end = encoder.encodeInto(head, out).written;
    let record = body;
    let next = 'null';
    for (let i = 0; i < count; i++) {
      if (i > 0) out[end++] = COMMA;
      end = this.#orders.writeOrder(out, end, bytes, view, record);
      // A page that is full may be the last one: then an empty one follows.
      if (i === limit - 1) next = JSON.stringify(this.#behind(view, record));
      record += orderRecordLength(bytes, record);
    }
    end += encoder.encodeInto(`],"next":${next}}`, out.subarray(end)).written;
    return out.subarray(0, end);
  }

  #behind(view: DataView, record: number): string {
    const { name } = this.#instruments.current.all[view.getUint16(record + ORDER_INSTRUMENT, true)];
    const number = view.getFloat64(record + ORDER_NUMBER, true);
    return nextPage(name, this.#ids.toString(IdKind.ORDER, number, view.getFloat64(record + ORDER_CREATED_US, true)));
  }

  #room(bytes: number): Uint8Array {
    if (this.#list.length < bytes) this.#list = new Uint8Array(bytes);
    return this.#list;
  }
}

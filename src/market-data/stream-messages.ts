// Serialises what subscribers of /stream get: each message once, into the stream ring, for all of them.
// Runs on the market-data agent's thread; owns one scratch buffer. Knows no sockets.

import { OrderChange } from '../domain/listener.ts';
import type { BroadcastWriter } from '../shared-memory/broadcast-ring.ts';
import { writeDecimal } from '../wire/decimal.ts';
import { writeInteger } from '../wire/digits.ts';
import { SIDE_TEXTS } from '../wire/enum-texts.ts';
import { EVENT_BODY, EVENT_CHANGE } from '../wire/event-codec.ts';
import type { InstrumentSource } from '../wire/instrument-list.ts';
import { putBytes } from '../wire/json-writer.ts';
import { ORDER_JSON_BYTES_MAX, OrderJsonWriter } from '../wire/order-json.ts';
import type { PublicIds } from '../wire/public-id.ts';
import { StreamType } from '../wire/stream-codec.ts';
import { TRADE_JSON_BYTES_MAX, TradeJsonWriter } from '../wire/trade-json.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const NEW_TRADE = encode('{"event":"new_trade","sequence":');
const ORDER_UPDATE = encode('{"event":"order_update","sequence":');
const DATA = encode(',"data":');
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;
const DELTA_END = encode(']}}');
const ORDERBOOK_DELTA = encode('{"event":"orderbook_delta","sequence":');
const CHANGES = encode(',"changes":[');
const CHANGE_HEADS = SIDE_TEXTS.map((side) => encode(`["${side}","`));
const CHANGE_MIDDLE = encode('","');
const CHANGE_END = encode('"]');

/** A longer delta (an order that swept the book) is sent in parts. */
const DELTA_BYTES_MAX = 32_768;
const CHANGE_BYTES_MAX = 64;

export class StreamMessages {
  readonly #instruments: InstrumentSource;
  readonly #ring: BroadcastWriter;
  readonly #orders: OrderJsonWriter;
  readonly #trades: TradeJsonWriter;
  readonly #showClientIds: boolean;
  /** By instrument, made when first used. */
  readonly #deltaHeads: Uint8Array[] = [];
  readonly #scratch = new Uint8Array(Math.max(ORDER_JSON_BYTES_MAX, TRADE_JSON_BYTES_MAX) + 64);
  /** The delta of the command being told. */
  readonly #delta = new Uint8Array(DELTA_BYTES_MAX + CHANGE_BYTES_MAX + DELTA_END.length);
  #deltaEnd = 0;
  #deltaInstrument = -1;
  #changesStart = 0;
  #sequence = 0;
  /** Messages written. */
  count = 0;

  constructor(instruments: InstrumentSource, ring: BroadcastWriter, ids: PublicIds, showClientIds: boolean) {
    this.#instruments = instruments;
    this.#ring = ring;
    this.#orders = new OrderJsonWriter(instruments, ids);
    this.#trades = new TradeJsonWriter(instruments, ids);
    this.#showClientIds = showClientIds;
  }

  /** What follows belongs to the command of `sequence`; the delta of the one before is complete. */
  at(sequence: number): void {
    if (sequence === this.#sequence) return;
    this.flush();
    this.#sequence = sequence;
  }

  /** A trade record at `offset`. */
  trade(bytes: Uint8Array, view: DataView, offset: number): void {
    const start = this.#begin(NEW_TRADE);
    const end = this.#trades.writeTrade(this.#scratch, start, bytes, view, offset, this.#showClientIds);
    this.#scratch[end] = CLOSE_OBJECT;
    this.#send(this.#scratch, end + 1);
  }

  /** An order event at `offset`. */
  order(bytes: Uint8Array, view: DataView, offset: number): void {
    if (isToldOtherwise(view.getUint16(offset + EVENT_CHANGE, true))) return;
    const start = this.#begin(ORDER_UPDATE);
    const body = offset + EVENT_BODY;
    const end = this.#orders.writeOrder(this.#scratch, start, bytes, view, body, this.#showClientIds);
    this.#scratch[end] = CLOSE_OBJECT;
    this.#send(this.#scratch, end + 1);
  }

  /** The resting quantity at a price became `lots`; 0 removes the level. */
  level(instrument: number, side: number, priceTicks: number, lots: number): void {
    if (this.#deltaEnd > DELTA_BYTES_MAX || this.#deltaInstrument !== instrument) this.flush();
    const { priceScale, quantityScale } = this.#instruments.current.all[instrument];
    const out = this.#delta;
    let end = this.#deltaEnd > 0 ? this.#deltaEnd : this.#beginDelta(instrument);
    if (end !== this.#changesStart) out[end++] = COMMA;
    end = putBytes(out, end, CHANGE_HEADS[side]);
    end += writeDecimal(out, end, priceTicks, priceScale);
    end = putBytes(out, end, CHANGE_MIDDLE);
    end += writeDecimal(out, end, lots, quantityScale);
    this.#deltaEnd = putBytes(out, end, CHANGE_END);
  }

  #begin(head: Uint8Array): number {
    const end = writeInteger(this.#scratch, putBytes(this.#scratch, 0, head), this.#sequence);
    return putBytes(this.#scratch, end, DATA);
  }

  #beginDelta(instrument: number): number {
    this.#deltaInstrument = instrument;
    const out = this.#delta;
    const named = writeInteger(out, putBytes(out, 0, ORDERBOOK_DELTA), this.#sequence);
    const numbered = writeInteger(out, putBytes(out, named, this.#deltaHead(instrument)), this.#sequence);
    this.#changesStart = putBytes(out, numbered, CHANGES);
    return this.#changesStart;
  }

  #deltaHead(instrument: number): Uint8Array {
    for (let k = this.#deltaHeads.length; k <= instrument; k++) {
      const name = JSON.stringify(this.#instruments.current.all[k].name);
      this.#deltaHeads.push(encode(`,"data":{"instrument":${name},"sequence":`));
    }
    return this.#deltaHeads[instrument];
  }

  /** Sends the delta gathered so far, if any. */
  flush(): void {
    if (this.#deltaEnd === 0) return;
    const end = putBytes(this.#delta, this.#deltaEnd, DELTA_END);
    this.#deltaEnd = 0;
    this.#send(this.#delta, end);
  }

  /** Says that messages are missing between what was told and what will be. */
  gap(): void {
    this.flush();
    this.#ring.claim(StreamType.GAP, 0);
    this.#ring.commit();
  }

  #send(message: Uint8Array, lengthBytes: number): void {
    const ring = this.#ring;
    const offset = ring.claim(StreamType.MESSAGE, lengthBytes);
    for (let i = 0; i < lengthBytes; i++) ring.bytes[offset + i] = message[i];
    ring.commit();
    this.count++;
  }
}

/** An order taken out to be amended is told again where it ends up; an iceberg's new part changes nothing of the order. */
function isToldOtherwise(change: number): boolean {
  return change === OrderChange.LIFTED || change === OrderChange.REPLENISHED;
}

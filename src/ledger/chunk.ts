// A chunk: the events of some whole commands, folded into what one transaction writes. On the projector's thread.
// Owns copies of what it folds, so it can be written again after a failure without reading the spool again.
// Of each order and each instrument only the last state in the chunk counts; trades and settlements all count, and trades
// once more in candles and positions.

import { assert } from '../assert.ts';
import { isLive } from '../domain/codes.ts';
import { EVENT_BODY, EVENT_SEQUENCE, EVENT_TIME_US, EventType } from '../wire/event-codec.ts';
import {
  ORDER_NUMBER,
  ORDER_RECORD_BYTES_MAX,
  ORDER_STATUS,
  ORDER_UPDATED_US,
  orderRecordLength,
} from '../wire/order-codec.ts';
import { TRADE_INSTRUMENT, TRADE_NUMBER, TRADE_SEQUENCE, TRADE_TIME_US } from '../wire/trade-codec.ts';
import { CandleRows } from './candle-rows.ts';
import { CopyBuffer } from './copy-buffer.ts';
import type { CopyEncoder } from './copy-encoder.ts';
import { type InstrumentChange, instrumentChangeAt } from './instrument-rows.ts';
import type { LedgerInstruments } from './ledger-instruments.ts';
import { PositionRows } from './position-rows.ts';
import { SettlementRows } from './settlement-rows.ts';

/** How far a ledger has come: what the checkpoint row holds besides the journal's identity. */
export interface LedgerPoint {
  /** Every command up to here is in. */
  readonly sequence: number;
  /** Last of those that left events, and its batch time; 0 before the first. */
  readonly eventSequence: number;
  readonly eventTimeUs: number;
  /** Highest trade number; 0 before the first. */
  readonly tradeNumber: number;
  /** The last frame that ends at or before `sequence`, when that is known. */
  readonly frame?: JournalFrame | undefined;
}

/** A frame of the journal, and its SHA-256. */
export interface JournalFrame {
  readonly number: number;
  readonly chain: Uint8Array;
}

export const LEDGER_START: LedgerPoint = { sequence: 0, eventSequence: 0, eventTimeUs: 0, tradeNumber: 0 };

/** Ledger and journal contradict each other: writing on would make rows that belong to no history. */
export class LedgerMismatch extends Error {
  override readonly name = 'LedgerMismatch';
}

const ORDERS_MIN = 1_024;
/** After a command with more orders than this, the room for them is given back. */
const ORDERS_KEPT = 1 << 16;
const DAY_US = 86_400_000_000;

export class Chunk {
  /** Rows for COPY; `updated` are orders that have a row in open_orders already. Filled by encode(). */
  readonly trades = new CopyBuffer();
  readonly opened = new CopyBuffer();
  readonly updated = new CopyBuffer();
  readonly closed = new CopyBuffer();
  /** Order numbers of the closed ones that have a row in open_orders. */
  readonly leaving: number[] = [];
  readonly settlements: SettlementRows;
  readonly candles = new CandleRows();
  readonly positions = new PositionRows();
  /** UTC days of its trades and closed orders, counted from 1970. Complete once it is encoded. */
  readonly days = new Set<number>();
  /** By index, the last definition of each instrument that changed. */
  readonly instruments = new Map<number, InstrumentChange>();

  readonly #encoder: CopyEncoder;
  readonly #instruments: LedgerInstruments;
  #base: LedgerPoint = LEDGER_START;
  #events = 0;
  #bytes = 0;
  #commands = 0;
  #eventSequence = 0;
  #eventTimeUs = 0;
  #tradeNumber = 0;

  /** Order number -> slot; slot i's last record lies at i * ORDER_RECORD_BYTES_MAX. */
  readonly #slots = new Map<number, number>();
  #orderCount = 0;
  #encoded = 0;
  #numbers = new Float64Array(ORDERS_MIN);
  #sequences = new Float64Array(ORDERS_MIN);
  #records = new Uint8Array(ORDERS_MIN * ORDER_RECORD_BYTES_MAX);
  #recordsView = new DataView(this.#records.buffer);

  constructor(encoder: CopyEncoder, instruments: LedgerInstruments) {
    this.#encoder = encoder;
    this.#instruments = instruments;
    this.settlements = new SettlementRows(instruments);
  }

  /** What the database must hold for this chunk to be next. */
  get base(): LedgerPoint {
    return this.#base;
  }

  get events(): number {
    return this.#events;
  }

  /** Bytes of the events folded. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Commands that left events. */
  get commands(): number {
    return this.#commands;
  }

  /** Sequence of the last event, the base's when there is none. */
  get eventSequence(): number {
    return this.#eventSequence;
  }

  get rows(): number {
    const orders = this.opened.rows + this.updated.rows + this.closed.rows;
    const derived = this.candles.rows.rows + this.positions.count;
    return this.trades.rows + orders + derived + this.settlements.rows + this.instruments.size;
  }

  /** The point after this chunk, which covers all commands up to `sequence`. */
  pointAt(sequence: number): LedgerPoint {
    assert(sequence >= this.#eventSequence, 'chunk: covers its own events');
    return {
      sequence,
      eventSequence: this.#eventSequence,
      eventTimeUs: this.#eventTimeUs,
      tradeNumber: this.#tradeNumber,
    };
  }

  /** Empties it; what comes next follows `base`. */
  begin(base: LedgerPoint): void {
    this.#slots.clear();
    this.#orderCount = 0;
    if (this.#numbers.length > ORDERS_KEPT) this.#makeRoom(ORDERS_MIN);
    this.#base = base;
    this.#events = 0;
    this.#bytes = 0;
    this.#commands = 0;
    this.#eventSequence = base.eventSequence;
    this.#eventTimeUs = base.eventTimeUs;
    this.#tradeNumber = base.tradeNumber;
    this.trades.clear();
    this.opened.clear();
    this.updated.clear();
    this.closed.clear();
    this.leaving.length = 0;
    this.settlements.clear();
    this.candles.clear();
    this.positions.clear();
    this.days.clear();
    this.instruments.clear();
    this.#encoded = 0;
  }

  /** Folds one event record. Borrows it until return. */
  add(type: number, bytes: Uint8Array, view: DataView, offset: number, lengthBytes: number): void {
    const sequence = view.getFloat64(offset + EVENT_SEQUENCE, true);
    assert(this.#encoded === 0, 'chunk: complete before it is encoded');
    assert(sequence > this.#base.sequence && sequence >= this.#eventSequence, 'chunk: events come in order');
    if (sequence !== this.#eventSequence) this.#commands++;
    this.#eventSequence = sequence;
    this.#eventTimeUs = view.getFloat64(offset + EVENT_TIME_US, true);
    this.#events++;
    this.#bytes += lengthBytes;
    switch (type) {
      case EventType.ORDER:
        this.#keepOrder(sequence, bytes, view, offset + EVENT_BODY);
        break;
      case EventType.TRADE:
        this.#addTrade(bytes, view, offset + EVENT_BODY);
        break;
      case EventType.OBLIGATION:
        this.settlements.add(bytes, view, offset);
        break;
      case EventType.SETTLEMENT:
        this.settlements.close(view, offset);
        break;
      default:
        assert(type === EventType.INSTRUMENT, `chunk: no event has type ${type}`);
        this.#keepInstrument(instrumentChangeAt(bytes, view, offset));
    }
  }

  /** Turns the last states of at most `limit` more orders into rows. True when all are; then nothing more may be added. */
  encode(limit: number): boolean {
    const base = this.#base.sequence;
    const end = Math.min(this.#orderCount, this.#encoded + limit);
    for (let slot = this.#encoded; slot < end; slot++) {
      const at = slot * ORDER_RECORD_BYTES_MAX;
      // An order's number is the sequence of the command that placed it.
      const known = this.#numbers[slot] <= base;
      const live = isLive(this.#records[at + ORDER_STATUS]);
      const rows = live ? (known ? this.updated : this.opened) : this.closed;
      this.#encoder.order(rows, this.#sequences[slot], this.#records, this.#recordsView, at);
      if (live) continue;
      if (known) this.leaving.push(this.#numbers[slot]);
      this.#addDay(this.#recordsView.getFloat64(at + ORDER_UPDATED_US, true));
    }
    this.#encoded = end;
    if (end < this.#orderCount) return false;
    this.candles.encode();
    return true;
  }

  #addTrade(bytes: Uint8Array, view: DataView, body: number): void {
    const number = view.getFloat64(body + TRADE_NUMBER, true);
    if (number !== this.#tradeNumber + 1) {
      throw new LedgerMismatch(
        `trade ${number} of the journal does not follow trade ${this.#tradeNumber} of the ledger`,
      );
    }
    this.#tradeNumber = number;
    this.#encoder.trade(this.trades, bytes, view, body);
    const sequence = view.getFloat64(body + TRADE_SEQUENCE, true);
    const known = this.#instruments.at(view.getUint16(body + TRADE_INSTRUMENT, true), sequence);
    assert(known !== undefined, 'chunk: what is traded is defined');
    this.#addDay(view.getFloat64(body + TRADE_TIME_US, true));
    this.candles.add(view, body, known);
    this.positions.add(bytes, view, body, known);
  }

  #addDay(timeUs: number): void {
    this.days.add(Math.floor(timeUs / DAY_US));
  }

  #keepOrder(sequence: number, bytes: Uint8Array, view: DataView, body: number): void {
    const number = view.getFloat64(body + ORDER_NUMBER, true);
    let slot = this.#slots.get(number);
    if (slot === undefined) {
      slot = this.#orderCount++;
      if (slot === this.#numbers.length) this.#grow();
      this.#slots.set(number, slot);
      this.#numbers[slot] = number;
    }
    this.#sequences[slot] = sequence;
    const length = orderRecordLength(bytes, body);
    assert(length <= ORDER_RECORD_BYTES_MAX, 'chunk: an order record within its limit');
    this.#records.set(bytes.subarray(body, body + length), slot * ORDER_RECORD_BYTES_MAX);
  }

  #keepInstrument(change: InstrumentChange): void {
    this.instruments.set(change.index, change);
  }

  #grow(): void {
    const [numbers, sequences, records] = [this.#numbers, this.#sequences, this.#records];
    this.#makeRoom(numbers.length * 2);
    this.#numbers.set(numbers);
    this.#sequences.set(sequences);
    this.#records.set(records);
  }

  #makeRoom(orders: number): void {
    this.#numbers = new Float64Array(orders);
    this.#sequences = new Float64Array(orders);
    this.#records = new Uint8Array(orders * ORDER_RECORD_BYTES_MAX);
    this.#recordsView = new DataView(this.#records.buffer);
  }
}

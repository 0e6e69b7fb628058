// Trades to positions: what a chunk's trades make of the positions that the ledger holds (RULES.md, Positions). Kept as legs,
// two a trade, until it is known where they begin; so the same chunk can be folded again after a failure. What the last
// chunks made of positions is kept, so that few have to be read from the ledger: true only while one transaction follows
// the other on one connection, each of which has seen the checkpoint of the one before.
// On the projector's thread; owns the legs, the buffers and the positions kept. Written from the rule, not from the
// engine's accounts, which are proof of it. Allocates: an object per position that is not kept, and growth.

import { assert } from '../assert.ts';
import { Amount } from '../domain/clearing/amount.ts';
import { highLimb, lowLimb } from '../domain/clearing/exact.ts';
import { Side } from '../domain/codes.ts';
import * as T from '../wire/trade-codec.ts';
import { CopyBuffer, NUMERIC_BYTES_MAX } from './copy-buffer.ts';
import type { LedgerInstrument } from './ledger-instruments.ts';
import { unscaled } from './record-builder.ts';

export const POSITION_COLUMNS =
  'client_id, instrument, sequence, updated_at, net_quantity, cost, realised_profit, fees';
const POSITION_COLUMN_COUNT = 8;
const POSITION_ROW_BYTES_MAX = 2 * 64 + 2 * 8 + 4 * NUMERIC_BYTES_MAX;

/** Positions that are there, of the clients $1 in the instruments $2: `slot` is the place in both, from 1. */
export const HELD_POSITIONS = `
  SELECT k.slot, p.net_quantity, p.cost, p.realised_profit, p.fees
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k (client_id, instrument, slot)
  JOIN positions p USING (client_id, instrument)`;

/** As pg gives it: bigint and numeric are texts. */
export interface HeldPosition {
  readonly slot: string;
  readonly net_quantity: string;
  readonly cost: string;
  readonly realised_profit: string;
  readonly fees: string;
}

class Position {
  readonly client: Uint8Array;
  readonly known: LedgerInstrument;
  /** The amounts below are the ledger's. */
  isCurrent = false;
  /** The ledger has a row of it; only when current. */
  isHeld = false;
  /** Of the last leg. */
  sequence = 0;
  timeUs = 0;
  /** Lots, signed. */
  netLots = 0;
  /** Ticks x lots, as the fees and the profit. */
  readonly cost = new Amount();
  readonly realised = new Amount();
  readonly fees = new Amount();

  constructor(client: Uint8Array, known: LedgerInstrument) {
    this.client = client;
    this.known = known;
  }
}

/** A leg: slot of its position, 1 or -1 for a buy or a sell, price, lots, fee (high and low). */
const LEG_WORDS = 6;
const LEGS_MIN = 2_048;
const NO_FEE = -1;
/** Of clients times instruments, the ones that traded last: at most 46 MB. */
const POSITIONS_KEPT = 1 << 16;

export class PositionRows {
  /** Rows of POSITION_COLUMNS that the ledger does not have yet, and those that it has; filled by fold(). */
  readonly added = new CopyBuffer();
  readonly changed = new CopyBuffer();
  /** Positions as the ledger holds them, the one that traded last at the end. Same keys as #slots. */
  readonly #kept = new Map<string, Position>();
  readonly #positions: Position[] = [];
  /** Of these, the ones that must be read. */
  readonly #unknown: Position[] = [];
  /** Instrument and client's bytes to the slot. */
  readonly #slots = new Map<string, number>();
  #legs = new Float64Array(LEGS_MIN * LEG_WORDS);
  #legCount = 0;
  #folded = 0;
  #lent: Uint8Array | undefined;
  #texts: Buffer = Buffer.alloc(0);
  // Scratch, meaningless between calls.
  readonly #value = new Amount();
  readonly #share = new Amount();
  readonly #keptMax: number;

  /** `keptMax`: how many positions are kept. */
  constructor(keptMax: number = POSITIONS_KEPT) {
    this.#keptMax = keptMax;
  }

  /** How many positions the trades concern. */
  get count(): number {
    return this.#positions.length;
  }

  /** The chunk is committed: its positions are the ledger's. Goes before clear(). */
  keep(): void {
    if (this.#folded < this.#legCount) return;
    for (const [key, slot] of this.#slots) {
      const position = this.#positions[slot];
      position.isHeld = true;
      this.#kept.delete(key);
      this.#kept.set(key, position);
    }
    for (const key of this.#kept.keys()) {
      if (this.#kept.size <= this.#keptMax) break;
      this.#kept.delete(key);
    }
    this.#folded = 0;
  }

  /** What the ledger holds is not known: after any failure. */
  forget(): void {
    this.#kept.clear();
    for (const position of this.#positions) position.isCurrent = false;
    this.#folded = 0;
  }

  /** Begins a chunk. One that was folded and not kept leaves nothing to go by. */
  clear(): void {
    if (this.#folded > 0) this.forget();
    this.added.clear();
    this.changed.clear();
    this.#positions.length = 0;
    this.#slots.clear();
    if (this.#legs.length > LEGS_MIN * LEG_WORDS * 32) this.#legs = new Float64Array(LEGS_MIN * LEG_WORDS);
    this.#legCount = 0;
  }

  /** The trade record at `at`, of the instrument `known`. Borrows it until return. */
  add(bytes: Uint8Array, view: DataView, at: number, known: LedgerInstrument): void {
    const makerLength = bytes[at + T.TRADE_MAKER_CLIENT_LENGTH];
    const takerLength = bytes[at + T.TRADE_TAKER_CLIENT_LENGTH];
    const makerAt = at + T.TRADE_CLIENTS;
    const takerBuys = bytes[at + T.TRADE_TAKER_SIDE] === Side.BUY;
    const fees = T.tradeFeesOffset(bytes, at);
    // The engine books the maker first; it matters when both are one client.
    const maker = this.#slotOf(bytes, view, makerAt, makerLength, at, known);
    this.#addLeg(view, at, maker, takerBuys ? -1 : 1, fees < 0 ? NO_FEE : fees + T.FEES_MAKER_HIGH);
    const taker = this.#slotOf(bytes, view, makerAt + makerLength, takerLength, at, known);
    this.#addLeg(view, at, taker, takerBuys ? 1 : -1, fees < 0 ? NO_FEE : fees + T.FEES_TAKER_HIGH);
  }

  /** Values for HELD_POSITIONS: those that are not known; none is usual. When it was folded before, all. */
  unknown(): [clients: string[], instruments: string[]] {
    if (this.#folded > 0) this.forget();
    this.#unknown.length = 0;
    for (const position of this.#positions) if (!position.isCurrent) this.#unknown.push(position);
    const clients = this.#unknown.map(({ client }) => Buffer.from(client).toString());
    return [clients, this.#unknown.map(({ known }) => known.instrument.name)];
  }

  /** Begins with what the ledger holds of the unknown ones; those that it does not hold begin with nothing. */
  begin(held: readonly HeldPosition[]): void {
    for (const position of this.#unknown) {
      position.isCurrent = true;
      position.isHeld = false;
      position.netLots = 0;
      for (const amount of [position.cost, position.realised, position.fees]) amount.set(0, 0);
    }
    for (const { slot, net_quantity, cost, realised_profit, fees } of held) {
      const position = this.#unknown[Number(slot) - 1];
      const { priceScale, quantityScale } = position.known.instrument;
      position.isHeld = true;
      position.netLots = Number(unscaled(net_quantity, quantityScale));
      setAmount(position.cost, cost, priceScale + quantityScale);
      setAmount(position.realised, realised_profit, priceScale + quantityScale);
      setAmount(position.fees, fees, priceScale + quantityScale);
    }
    this.added.clear();
    this.changed.clear();
  }

  /** Folds at most `limit` more legs. True when all are, and the rows made. */
  fold(limit: number): boolean {
    const end = Math.min(this.#legCount, this.#folded + limit);
    for (let leg = this.#folded; leg < end; leg++) this.#trade(leg * LEG_WORDS);
    this.#folded = end;
    if (end < this.#legCount) return false;
    for (const position of this.#positions) this.#put(position);
    return true;
  }

  #slotOf(
    bytes: Uint8Array,
    view: DataView,
    clientAt: number,
    length: number,
    at: number,
    known: LedgerInstrument,
  ): number {
    const text = this.#textsOf(bytes).toString('latin1', clientAt, clientAt + length);
    const key = `${view.getUint16(at + T.TRADE_INSTRUMENT, true)}/${text}`;
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      const position = this.#kept.get(key) ?? new Position(bytes.slice(clientAt, clientAt + length), known);
      slot = this.#positions.push(position) - 1;
      this.#slots.set(key, slot);
    }
    const position = this.#positions[slot];
    position.sequence = view.getFloat64(at + T.TRADE_SEQUENCE, true);
    position.timeUs = view.getFloat64(at + T.TRADE_TIME_US, true);
    return slot;
  }

  /** The same bytes as a Buffer; readers of events lend one array again and again. */
  #textsOf(bytes: Uint8Array): Buffer {
    if (bytes !== this.#lent) {
      this.#lent = bytes;
      this.#texts = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#texts;
  }

  /** `feeAt`: where the fee's pair lies, or NO_FEE. */
  #addLeg(view: DataView, at: number, slot: number, direction: 1 | -1, feeAt: number): void {
    const from = this.#legCount++ * LEG_WORDS;
    if (from === this.#legs.length) this.#grow();
    const legs = this.#legs;
    legs[from] = slot;
    legs[from + 1] = direction;
    legs[from + 2] = view.getFloat64(at + T.TRADE_PRICE_TICKS, true);
    legs[from + 3] = view.getFloat64(at + T.TRADE_QUANTITY_LOTS, true);
    legs[from + 4] = feeAt === NO_FEE ? 0 : view.getFloat64(feeAt, true);
    legs[from + 5] = feeAt === NO_FEE ? 0 : view.getFloat64(feeAt + 8, true);
  }

  /** A leg against the position closes what it can, at a share of the cost that is rounded down; the rest opens. */
  #trade(at: number): void {
    const legs = this.#legs;
    const position = this.#positions[legs[at]];
    const direction = legs[at + 1];
    const ticks = legs[at + 2];
    const lots = legs[at + 3];
    const { netLots, cost } = position;
    const held = Math.abs(netLots);
    const closed = netLots * direction < 0 ? Math.min(lots, held) : 0;
    if (closed > 0) {
      const share = this.#share.copy(cost);
      // Positive, whichever side it is of: the position is on the other one than the leg.
      if (direction > 0) share.negate();
      if (closed < held) share.takeShare(closed, held);
      const profit = this.#value.setProduct(ticks, closed).subtract(share);
      addTimes(cost, share, direction);
      addTimes(position.realised, profit, -direction);
    }
    addTimes(cost, this.#value.setProduct(ticks, lots - closed), direction);
    position.netLots = netLots + direction * lots;
    position.fees.addPair(legs[at + 4], legs[at + 5]);
  }

  #put(position: Position): void {
    const rows = position.isHeld ? this.changed : this.added;
    const { client, known, cost, realised, fees } = position;
    const { priceScale, quantityScale } = known.instrument;
    const scale = priceScale + quantityScale;
    rows.beginRow(POSITION_COLUMN_COUNT, POSITION_ROW_BYTES_MAX);
    rows.putText(client, 0, client.length);
    rows.putText(known.name, 0, known.name.length);
    rows.putBigint(position.sequence);
    rows.putTimestamp(position.timeUs);
    rows.putNumeric(position.netLots, quantityScale);
    for (const amount of [cost, realised, fees]) rows.putLongNumeric(amount.high, amount.low, scale);
  }

  #grow(): void {
    assert(this.#legs.length > 0, 'positions: there is something to double');
    const legs = new Float64Array(this.#legs.length * 2);
    legs.set(this.#legs);
    this.#legs = legs;
  }
}

function addTimes(target: Amount, value: Amount, direction: number): void {
  if (direction > 0) target.add(value);
  else target.subtract(value);
}

function setAmount(amount: Amount, text: string, scale: number): void {
  const value = unscaled(text, scale);
  amount.set(highLimb(value), lowLimb(value));
}

// Trades to one-minute candles: what a chunk adds to each minute of each instrument, as rows of COPY (RULES.md, 18).
// On the projector's thread; owns the buffer. What the ledger has of a minute is added to in SQL, where it is exact too.
// Allocates: an object per minute and instrument.

import { assert } from '../assert.ts';
import { Amount } from '../domain/clearing/amount.ts';
import * as T from '../wire/trade-codec.ts';
import { CopyBuffer, NUMERIC_BYTES_MAX } from './copy-buffer.ts';
import type { LedgerInstrument } from './ledger-instruments.ts';

export const CANDLE_COLUMNS =
  'instrument, opened_at, first_trade, last_trade, trades, open, high, low, close, volume, notional';
const CANDLE_COLUMN_COUNT = 11;
const CANDLE_ROW_BYTES_MAX = 64 + 4 * 8 + 6 * NUMERIC_BYTES_MAX;

const MINUTE_US = 60_000_000;
/** Instruments have smaller numbers. */
const INSTRUMENTS_BELOW = 2 ** 16;

class Candle {
  trades = 0;
  lastTrade = 0;
  highTicks: number;
  lowTicks: number;
  closeTicks: number;
  /** Lots. */
  readonly volume = new Amount();
  /** Ticks x lots. */
  readonly notional = new Amount();
  readonly known: LedgerInstrument;
  readonly openedUs: number;
  readonly firstTrade: number;
  readonly openTicks: number;

  constructor(known: LedgerInstrument, openedUs: number, firstTrade: number, openTicks: number) {
    this.known = known;
    this.openedUs = openedUs;
    this.firstTrade = firstTrade;
    this.openTicks = openTicks;
    this.highTicks = openTicks;
    this.lowTicks = openTicks;
    this.closeTicks = openTicks;
  }
}

export class CandleRows {
  /** Rows of CANDLE_COLUMNS; filled by encode(). */
  readonly rows = new CopyBuffer();
  readonly #candles = new Map<number, Candle>();
  readonly #product = new Amount();

  clear(): void {
    this.#candles.clear();
    this.rows.clear();
  }

  /** The trade record at `at`, of the instrument `known`. Trades come in order of their numbers. */
  add(view: DataView, at: number, known: LedgerInstrument): void {
    const ticks = view.getFloat64(at + T.TRADE_PRICE_TICKS, true);
    const lots = view.getFloat64(at + T.TRADE_QUANTITY_LOTS, true);
    const number = view.getFloat64(at + T.TRADE_NUMBER, true);
    const candle = this.#candleOf(view, at, known, number, ticks);
    assert(number > candle.lastTrade, 'candles: trades come in order');
    candle.trades++;
    candle.lastTrade = number;
    candle.closeTicks = ticks;
    if (ticks > candle.highTicks) candle.highTicks = ticks;
    if (ticks < candle.lowTicks) candle.lowTicks = ticks;
    candle.volume.addNumber(lots);
    candle.notional.add(this.#product.setProduct(ticks, lots));
  }

  /** Makes the rows; may be called again. */
  encode(): void {
    this.rows.clear();
    for (const candle of this.#candles.values()) this.#put(candle);
  }

  #candleOf(view: DataView, at: number, known: LedgerInstrument, number: number, ticks: number): Candle {
    const minute = Math.floor(view.getFloat64(at + T.TRADE_TIME_US, true) / MINUTE_US);
    const key = minute * INSTRUMENTS_BELOW + view.getUint16(at + T.TRADE_INSTRUMENT, true);
    let candle = this.#candles.get(key);
    if (candle === undefined) {
      candle = new Candle(known, minute * MINUTE_US, number, ticks);
      this.#candles.set(key, candle);
    }
    return candle;
  }

  #put(candle: Candle): void {
    const { rows } = this;
    const { known, volume, notional } = candle;
    const { priceScale, quantityScale } = known.instrument;
    rows.beginRow(CANDLE_COLUMN_COUNT, CANDLE_ROW_BYTES_MAX);
    rows.putText(known.name, 0, known.name.length);
    rows.putTimestamp(candle.openedUs);
    rows.putBigint(candle.firstTrade);
    rows.putBigint(candle.lastTrade);
    rows.putBigint(candle.trades);
    for (const ticks of [candle.openTicks, candle.highTicks, candle.lowTicks, candle.closeTicks]) {
      rows.putNumeric(ticks, priceScale);
    }
    rows.putLongNumeric(volume.high, volume.low, quantityScale);
    rows.putLongNumeric(notional.high, notional.low, priceScale + quantityScale);
  }
}

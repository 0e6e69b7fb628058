// Trades as clients read them: JSON written straight from a trade record into a byte buffer. Any thread; one writer for
// each. Owns the fixed parts of the text; borrows records until return. Allocates: nothing, but for an instrument seen for
// the first time and fees beyond 2^53.

import { assert } from '../assert.ts';
import { Side } from '../domain/codes.ts';
import { writeDecimal } from './decimal.ts';
import { writePair } from './decimal-pair.ts';
import { writeInteger } from './digits.ts';
import type { InstrumentSource } from './instrument-list.ts';
import { IsoTimeWriter } from './iso-time.ts';
import { putBytes, putEscaped } from './json-writer.ts';
import { IdKind, type PublicIds } from './public-id.ts';
import * as T from './trade-codec.ts';

/** Room that writeTrade asks for, whatever the trade. */
export const TRADE_JSON_BYTES_MAX = 1_792;

const encode = (text: string) => new TextEncoder().encode(text);

const TRADE_ID = encode('{"trade_id":"');
const QUANTITY = encode('","quantity":"');
const BUY_TAKER = encode('","side":"buy","buy_order_id":"');
const SELL_TAKER = encode('","side":"sell","buy_order_id":"');
const SELL_ORDER_ID = encode('","sell_order_id":"');
const BUY_CLIENT_ID = encode('","buy_client_id":"');
const SELL_CLIENT_ID = encode('","sell_client_id":"');
const MAKER_FEE = encode('","maker_fee":"');
const TAKER_FEE = encode('","taker_fee":"');
const SEQUENCE = encode('","sequence":');
const EXECUTED_AT = encode(',"executed_at":"');
const QUOTE = 0x22;
const CLOSE_OBJECT = 0x7d;

/** What an instrument decides. */
interface InstrumentText {
  /** From its name to the opening quote of the price. */
  readonly name: Uint8Array;
  readonly priceScale: number;
  readonly quantityScale: number;
}

export class TradeJsonWriter {
  readonly #ids: PublicIds;
  readonly #instruments: InstrumentSource;
  /** By instrument, as they come up: names and scales never change. */
  readonly #texts: InstrumentText[] = [];
  readonly #time = new IsoTimeWriter();

  constructor(instruments: InstrumentSource, ids: PublicIds) {
    this.#instruments = instruments;
    this.#ids = ids;
  }

  /**
   * Writes the trade record at `offset` of `bytes` (`view` over the same buffer) to `at` of `out`; `withClients` adds
   * buy_client_id and sell_client_id, `withFees` maker_fee and taker_fee: the detailed form. Returns the offset behind it.
   */
  writeTrade(
    out: Uint8Array,
    at: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    withClients: boolean,
    withFees = false,
  ): number {
    assert(at + TRADE_JSON_BYTES_MAX <= out.length, 'a trade has room for its JSON');
    const index = view.getUint16(offset + T.TRADE_INSTRUMENT, true);
    const { name, priceScale, quantityScale } = this.#texts[index] ?? this.#compose(index);
    const timeUs = view.getFloat64(offset + T.TRADE_TIME_US, true);
    const buyTaker = bytes[offset + T.TRADE_TAKER_SIDE] === Side.BUY;

    let end = putBytes(out, at, TRADE_ID);
    end += this.#ids.write(out, end, IdKind.TRADE, view.getFloat64(offset + T.TRADE_NUMBER, true), timeUs);
    end = putBytes(out, end, name);
    end += writeDecimal(out, end, view.getFloat64(offset + T.TRADE_PRICE_TICKS, true), priceScale);
    end = putBytes(out, end, QUANTITY);
    end += writeDecimal(out, end, view.getFloat64(offset + T.TRADE_QUANTITY_LOTS, true), quantityScale);
    end = this.#writeOrderId(out, putBytes(out, end, buyTaker ? BUY_TAKER : SELL_TAKER), view, offset, buyTaker);
    end = this.#writeOrderId(out, putBytes(out, end, SELL_ORDER_ID), view, offset, !buyTaker);
    if (withClients) {
      end = writeClient(out, putBytes(out, end, BUY_CLIENT_ID), bytes, offset, buyTaker);
      end = writeClient(out, putBytes(out, end, SELL_CLIENT_ID), bytes, offset, !buyTaker);
    }
    if (withFees) end = writeFees(out, end, bytes, view, offset, priceScale + quantityScale);
    end = putBytes(out, end, SEQUENCE);
    end = writeInteger(out, end, view.getFloat64(offset + T.TRADE_SEQUENCE, true));
    end = this.#time.write(out, putBytes(out, end, EXECUTED_AT), timeUs);
    out[end] = QUOTE;
    out[end + 1] = CLOSE_OBJECT;
    return end + 2;
  }

  #compose(index: number): InstrumentText {
    const { all } = this.#instruments.current;
    assert(index < all.length, 'a trade record names a known instrument');
    const { name, priceScale, quantityScale } = all[index];
    const text = { name: encode(`","instrument":${JSON.stringify(name)},"price":"`), priceScale, quantityScale };
    this.#texts[index] = text;
    return text;
  }

  /** The taker's order id, or the maker's. */
  #writeOrderId(out: Uint8Array, at: number, view: DataView, offset: number, taker: boolean): number {
    const number = view.getFloat64(offset + (taker ? T.TRADE_TAKER_ORDER : T.TRADE_MAKER_ORDER), true);
    const createdUs = view.getFloat64(offset + (taker ? T.TRADE_TAKER_CREATED_US : T.TRADE_MAKER_CREATED_US), true);
    return at + this.#ids.write(out, at, IdKind.ORDER, number, createdUs);
  }
}

/** The taker's client id, or the maker's, which lies first. */
function writeClient(out: Uint8Array, at: number, bytes: Uint8Array, offset: number, taker: boolean): number {
  const makerEnd = offset + T.TRADE_CLIENTS + bytes[offset + T.TRADE_MAKER_CLIENT_LENGTH];
  if (!taker) return putEscaped(out, at, bytes, offset + T.TRADE_CLIENTS, makerEnd);
  return putEscaped(out, at, bytes, makerEnd, makerEnd + bytes[offset + T.TRADE_TAKER_CLIENT_LENGTH]);
}

/** Both fees, zeros when the record has none. */
function writeFees(
  out: Uint8Array,
  at: number,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  scale: number,
): number {
  const fees = T.tradeFeesOffset(bytes, offset);
  let end = putBytes(out, at, MAKER_FEE);
  end += writeFee(out, end, view, fees < 0 ? -1 : fees + T.FEES_MAKER_HIGH, scale);
  end = putBytes(out, end, TAKER_FEE);
  return end + writeFee(out, end, view, fees < 0 ? -1 : fees + T.FEES_TAKER_HIGH, scale);
}

/** The fee whose pair is at `pair`, 0 when that is -1. Returns its length. */
function writeFee(out: Uint8Array, at: number, view: DataView, pair: number, scale: number): number {
  if (pair < 0) return writeDecimal(out, at, 0, scale);
  return writePair(out, at, view.getFloat64(pair, true), view.getFloat64(pair + 8, true), scale);
}

// Trades as clients read them: JSON written straight from a trade record into a byte buffer. Any thread; one writer for
// each. Owns the fixed parts of the text; borrows records until return. Allocates: nothing.

import { assert } from '../assert.ts';
import { Side } from '../domain/codes.ts';
import type { Instrument } from '../domain/instrument.ts';
import { writeDecimal } from './decimal.ts';
import { writeInteger } from './digits.ts';
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
const SEQUENCE = encode('","sequence":');
const EXECUTED_AT = encode(',"executed_at":"');
const QUOTE = 0x22;
const CLOSE_OBJECT = 0x7d;

export class TradeJsonWriter {
  readonly #ids: PublicIds;
  readonly #instruments: readonly Instrument[];
  /** By instrument: from its name to the opening quote of the price. */
  readonly #names: readonly Uint8Array[];
  readonly #time = new IsoTimeWriter();

  constructor(instruments: readonly Instrument[], ids: PublicIds) {
    this.#instruments = instruments;
    this.#names = instruments.map(({ name }) => encode(`","instrument":${JSON.stringify(name)},"price":"`));
    this.#ids = ids;
  }

  /**
   * Writes the trade record at `offset` of `bytes` (`view` over the same buffer) to `at` of `out`; `withClients` adds
   * buy_client_id and sell_client_id, the detailed form. Returns the offset behind it.
   */
  writeTrade(
    out: Uint8Array,
    at: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    withClients: boolean,
  ): number {
    assert(at + TRADE_JSON_BYTES_MAX <= out.length, 'a trade has room for its JSON');
    const index = view.getUint16(offset + T.TRADE_INSTRUMENT, true);
    assert(index < this.#instruments.length, 'a trade record names a known instrument');
    const { priceScale, quantityScale } = this.#instruments[index];
    const timeUs = view.getFloat64(offset + T.TRADE_TIME_US, true);
    const buyTaker = bytes[offset + T.TRADE_TAKER_SIDE] === Side.BUY;

    let end = putBytes(out, at, TRADE_ID);
    end += this.#ids.write(out, end, IdKind.TRADE, view.getFloat64(offset + T.TRADE_NUMBER, true), timeUs);
    end = putBytes(out, end, this.#names[index]);
    end += writeDecimal(out, end, view.getFloat64(offset + T.TRADE_PRICE_TICKS, true), priceScale);
    end = putBytes(out, end, QUANTITY);
    end += writeDecimal(out, end, view.getFloat64(offset + T.TRADE_QUANTITY_LOTS, true), quantityScale);
    end = this.#writeOrderId(out, putBytes(out, end, buyTaker ? BUY_TAKER : SELL_TAKER), view, offset, buyTaker);
    end = this.#writeOrderId(out, putBytes(out, end, SELL_ORDER_ID), view, offset, !buyTaker);
    if (withClients) {
      end = writeClient(out, putBytes(out, end, BUY_CLIENT_ID), bytes, offset, buyTaker);
      end = writeClient(out, putBytes(out, end, SELL_CLIENT_ID), bytes, offset, !buyTaker);
    }
    end = putBytes(out, end, SEQUENCE);
    end = writeInteger(out, end, view.getFloat64(offset + T.TRADE_SEQUENCE, true));
    end = this.#time.write(out, putBytes(out, end, EXECUTED_AT), timeUs);
    out[end] = QUOTE;
    out[end + 1] = CLOSE_OBJECT;
    return end + 2;
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

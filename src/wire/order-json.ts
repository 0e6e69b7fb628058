// Orders as clients read them: JSON written straight from an order record or a reply record into a byte buffer. Any
// thread; one writer for each. Owns the fixed parts of the text, composed once; borrows records until return. Allocates:
// nothing, but for an instrument or a combination of status and reason seen for the first time. Field order: that of the
// API it replaces, then what only some orders have.

import { assert } from '../assert.ts';
import { isLive, OrderFlag, OrderStatus, OrderType, SelfTrade } from '../domain/codes.ts';
import type { Instrument } from '../domain/instrument.ts';
import { reasonName } from '../domain/reasons.ts';
import { averagePriceTicks } from './average-price.ts';
import { writeDecimal } from './decimal.ts';
import { writeInteger } from './digits.ts';
import {
  ORDER_STATUS_TEXTS,
  ORDER_TYPE_TEXTS,
  SELF_TRADE_TEXTS,
  SIDE_TEXTS,
  TIME_IN_FORCE_TEXTS,
} from './enum-texts.ts';
import type { InstrumentSource } from './instrument-list.ts';
import { IsoTimeWriter } from './iso-time.ts';
import { putBytes, putEscaped } from './json-writer.ts';
import * as O from './order-codec.ts';
import { IdKind, type PublicIds } from './public-id.ts';
import * as R from './reply-codec.ts';

/** Room that writeOrder asks for, whatever the order: every text at its longest, every byte of it escaped. */
export const ORDER_JSON_BYTES_MAX = 1_792;
/** Room for one fill of a reply. */
const FILL_JSON_BYTES_MAX = 192;
/** Room that writeReply asks for. */
export const REPLY_JSON_BYTES_MAX = ORDER_JSON_BYTES_MAX + 64 + R.FILLS_MAX * FILL_JSON_BYTES_MAX;

const encode = (text: string) => new TextEncoder().encode(text);

const ORDER_ID = encode('{"order_id":"');
const CLIENT_ID = encode('","client_id":"');
const QUANTITY = encode('","quantity":"');
const FILLED = encode('","filled_quantity":"');
const REMAINING = encode('","remaining_quantity":"');
const CANCELLED = encode('","cancelled_quantity":"');
const PREVENTED = encode('","prevented_quantity":"');
const AVERAGE_PRICE = encode('","average_price":');
const NULL = encode('null');
const CREATED = encode(',"created_at":"');
const UPDATED = encode('","updated_at":"');
const STOP_PRICE = encode(',"stop_price":"');
const TRIGGERED = encode('","triggered":true');
const NOT_TRIGGERED = encode('","triggered":false');
const DISPLAY_QUANTITY = encode(',"display_quantity":"');
const EXPIRES = encode(',"expires_at":"');
const PROTECTION_PRICE = encode(',"protection_price":"');
const MAX_SLIPPAGE = encode(',"max_slippage":"');
const SELF_TRADES = SELF_TRADE_TEXTS.map((text) => encode(`,"stp":"${text}"`));
const TRADES = encode(',"trades":[');
const TRADE_ID = encode('{"trade_id":"');
const MAKER_ORDER_ID = encode('","maker_order_id":"');
const PRICE = encode('","price":"');
const TRADES_TOTAL = encode('],"trades_total":');
const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE_OBJECT = 0x7d;

/** The parts of the text that an instrument decides. */
interface InstrumentText {
  readonly priceScale: number;
  readonly quantityScale: number;
  /** By side * 4 + type: from the instrument's name to the opening quote of the price, or of the quantity of a market order. */
  readonly heads: readonly Uint8Array[];
}

function textOf(instrument: Instrument): InstrumentText {
  const heads: Uint8Array[] = [];
  for (const [side, sideText] of SIDE_TEXTS.entries()) {
    for (const [type, typeText] of ORDER_TYPE_TEXTS.entries()) {
      const price = type === OrderType.MARKET ? 'null,"quantity":"' : '"';
      heads[side * 4 + type] = encode(
        `","instrument":${JSON.stringify(instrument.name)},"side":"${sideText}","type":"${typeText}","price":${price}`,
      );
    }
  }
  return {
    priceScale: instrument.priceScale,
    quantityScale: instrument.quantityScale,
    heads,
  };
}

export class OrderJsonWriter {
  readonly #ids: PublicIds;
  readonly #instruments: InstrumentSource;
  /** By instrument, as they come up: names and scales never change. */
  readonly #texts: InstrumentText[] = [];
  readonly #created = new IsoTimeWriter();
  readonly #updated = new IsoTimeWriter();
  readonly #expires = new IsoTimeWriter();
  /** From the status to the sequence, by what they are made of. */
  readonly #tails = new Map<number, Uint8Array>();

  constructor(instruments: InstrumentSource, ids: PublicIds) {
    this.#instruments = instruments;
    this.#ids = ids;
  }

  /**
   * Writes the order record at `offset` of `bytes` (`view` over the same buffer) to `at` of `out`, with or without its
   * client id. Returns the offset behind it.
   */
  writeOrder(
    out: Uint8Array,
    at: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    withClient = true,
  ): number {
    const end = this.#writeOpen(out, at, bytes, view, offset, withClient);
    out[end] = CLOSE_OBJECT;
    return end + 1;
  }

  /** Writes the order of the reply record at `offset`, with `trades` and `trades_total`. Returns the offset behind it. */
  writeReply(out: Uint8Array, at: number, bytes: Uint8Array, view: DataView, offset: number): number {
    assert(at + REPLY_JSON_BYTES_MAX <= out.length, 'a reply has room for its JSON');
    const order = offset + R.REPLY_ORDER;
    const text = this.#instrument(view, order);
    // A reply's fills were all made by the command that changed its order last, in that command's batch time.
    const timeUs = view.getFloat64(order + O.ORDER_UPDATED_US, true);
    let end = putBytes(out, this.#writeOpen(out, at, bytes, view, order, true), TRADES);
    const fills = view.getUint16(offset + R.REPLY_FILLS, true);
    let fill = order + view.getUint16(offset + R.REPLY_ORDER_BYTES, true);
    for (let i = 0; i < fills; i++) {
      if (i > 0) out[end++] = COMMA;
      end = this.#writeFill(out, end, view, fill, timeUs, text);
      fill += R.FILL_BYTES;
    }
    end = putBytes(out, end, TRADES_TOTAL);
    end = writeInteger(out, end, view.getUint32(offset + R.REPLY_TRADES_TOTAL, true));
    out[end] = CLOSE_OBJECT;
    return end + 1;
  }

  #instrument(view: DataView, offset: number): InstrumentText {
    const index = view.getUint16(offset + O.ORDER_INSTRUMENT, true);
    return this.#texts[index] ?? this.#compose(index);
  }

  #compose(index: number): InstrumentText {
    const { all } = this.#instruments.current;
    assert(index < all.length, 'an order record names a known instrument');
    const text = textOf(all[index]);
    this.#texts[index] = text;
    return text;
  }

  /** The order without its closing brace. */
  #writeOpen(
    out: Uint8Array,
    at: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    withClient: boolean,
  ): number {
    assert(at + ORDER_JSON_BYTES_MAX <= out.length, 'an order has room for its JSON');
    const text = this.#instrument(view, offset);
    const number = view.getFloat64(offset + O.ORDER_NUMBER, true);
    const createdUs = view.getFloat64(offset + O.ORDER_CREATED_US, true);
    let end = putBytes(out, at, ORDER_ID);
    end += this.#ids.write(out, end, IdKind.ORDER, number, createdUs);
    if (withClient) {
      const client = offset + O.ORDER_CLIENT;
      end = putBytes(out, end, CLIENT_ID);
      end = putEscaped(out, end, bytes, client, client + bytes[offset + O.ORDER_CLIENT_LENGTH]);
    }
    const type = bytes[offset + O.ORDER_TYPE];
    end = putBytes(out, end, text.heads[bytes[offset + O.ORDER_SIDE] * 4 + type]);
    if (type !== OrderType.MARKET) {
      end += writeDecimal(out, end, view.getFloat64(offset + O.ORDER_PRICE_TICKS, true), text.priceScale);
      end = putBytes(out, end, QUANTITY);
    }
    end = this.#writeQuantities(out, end, bytes, view, offset, text);
    end = putBytes(out, end, this.#tail(bytes, view, offset));
    end = writeInteger(out, end, number);
    end = this.#created.write(out, putBytes(out, end, CREATED), createdUs);
    const updatedUs = view.getFloat64(offset + O.ORDER_UPDATED_US, true);
    end = this.#updated.write(out, putBytes(out, end, UPDATED), updatedUs);
    out[end] = QUOTE;
    return this.#writeRare(out, end + 1, bytes, view, offset, text);
  }

  /** What only some orders have: each member only when it is set. */
  #writeRare(
    out: Uint8Array,
    at: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    text: InstrumentText,
  ): number {
    let end = at;
    const selfTrade = bytes[offset + O.ORDER_SELF_TRADE];
    if (selfTrade !== SelfTrade.NONE) end = putBytes(out, end, SELF_TRADES[selfTrade]);
    const flags = bytes[offset + O.ORDER_FLAGS];
    const protection = view.getFloat64(offset + O.ORDER_PRICE_TICKS, true);
    const slippage = (flags & OrderFlag.SLIPPAGE) !== 0;
    if (bytes[offset + O.ORDER_TYPE] === OrderType.MARKET && (slippage || protection !== 0)) {
      end = putBytes(out, end, slippage ? MAX_SLIPPAGE : PROTECTION_PRICE);
      end += writeDecimal(out, end, protection, text.priceScale);
      out[end++] = QUOTE;
    }
    const rare = O.orderRareOffset(bytes, offset);
    if (rare < 0) return end;
    const stopPrice = view.getFloat64(rare + O.RARE_STOP_PRICE_TICKS, true);
    if (stopPrice !== 0) {
      end = putBytes(out, end, STOP_PRICE);
      end += writeDecimal(out, end, stopPrice, text.priceScale);
      end = putBytes(out, end, (flags & OrderFlag.TRIGGERED) !== 0 ? TRIGGERED : NOT_TRIGGERED);
    }
    const display = view.getFloat64(rare + O.RARE_DISPLAY_LOTS, true);
    if (display !== 0) {
      end = putBytes(out, end, DISPLAY_QUANTITY);
      end += writeDecimal(out, end, display, text.quantityScale);
      out[end++] = QUOTE;
    }
    const expiresUs = view.getFloat64(rare + O.RARE_EXPIRES_US, true);
    if (expiresUs === 0) return end;
    end = this.#expires.write(out, putBytes(out, end, EXPIRES), expiresUs);
    out[end] = QUOTE;
    return end + 1;
  }

  /** From the digits of the quantity to the average price. */
  #writeQuantities(
    out: Uint8Array,
    at: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    text: InstrumentText,
  ): number {
    const scale = text.quantityScale;
    const status = bytes[offset + O.ORDER_STATUS];
    const quantity = view.getFloat64(offset + O.ORDER_QUANTITY_LOTS, true);
    const executed = view.getFloat64(offset + O.ORDER_EXECUTED_LOTS, true);
    const rare = O.orderRareOffset(bytes, offset);
    const prevented = rare < 0 ? 0 : view.getFloat64(rare + O.RARE_PREVENTED_LOTS, true);
    const rest = quantity - executed - prevented;
    const cancelled = status === OrderStatus.CANCELLED || status === OrderStatus.EXPIRED;
    let end = at + writeDecimal(out, at, quantity, scale);
    end = putBytes(out, end, FILLED);
    end += writeDecimal(out, end, executed, scale);
    end = putBytes(out, end, REMAINING);
    end += writeDecimal(out, end, isLive(status) ? rest : 0, scale);
    end = putBytes(out, end, CANCELLED);
    end += writeDecimal(out, end, cancelled ? rest : 0, scale);
    end = putBytes(out, end, PREVENTED);
    end += writeDecimal(out, end, prevented, scale);
    end = putBytes(out, end, AVERAGE_PRICE);
    if (executed === 0) return putBytes(out, end, NULL);
    const high = view.getFloat64(offset + O.ORDER_NOTIONAL_HIGH, true);
    const low = view.getFloat64(offset + O.ORDER_NOTIONAL_LOW, true);
    out[end++] = QUOTE;
    end += writeDecimal(out, end, averagePriceTicks(high, low, executed), text.priceScale);
    out[end] = QUOTE;
    return end + 1;
  }

  #tail(bytes: Uint8Array, view: DataView, offset: number): Uint8Array {
    const reason = view.getUint16(offset + O.ORDER_REASON, true);
    const status = bytes[offset + O.ORDER_STATUS];
    const timeInForce = bytes[offset + O.ORDER_TIME_IN_FORCE];
    const postOnly = bytes[offset + O.ORDER_FLAGS] & OrderFlag.POST_ONLY;
    const key = ((reason * 16 + status) * 8 + timeInForce) * 2 + postOnly;
    const known = this.#tails.get(key);
    if (known !== undefined) return known;
    const reasonText = reasonName(reason);
    const tail = encode(
      `,"status":"${ORDER_STATUS_TEXTS[status]}","time_in_force":"${TIME_IN_FORCE_TEXTS[timeInForce]}",` +
        `"post_only":${postOnly !== 0},"reject_reason":${reasonText === '' ? 'null' : `"${reasonText}"`},"sequence":`,
    );
    this.#tails.set(key, tail);
    return tail;
  }

  #writeFill(
    out: Uint8Array,
    at: number,
    view: DataView,
    offset: number,
    timeUs: number,
    text: InstrumentText,
  ): number {
    const number = view.getFloat64(offset + R.FILL_TRADE_NUMBER, true);
    const maker = view.getFloat64(offset + R.FILL_MAKER_ORDER, true);
    const makerCreatedUs = view.getFloat64(offset + R.FILL_MAKER_CREATED_US, true);
    let end = putBytes(out, at, TRADE_ID);
    end += this.#ids.write(out, end, IdKind.TRADE, number, timeUs);
    end = putBytes(out, end, MAKER_ORDER_ID);
    end += this.#ids.write(out, end, IdKind.ORDER, maker, makerCreatedUs);
    end = putBytes(out, end, PRICE);
    end += writeDecimal(out, end, view.getFloat64(offset + R.FILL_PRICE_TICKS, true), text.priceScale);
    end = putBytes(out, end, QUANTITY);
    end += writeDecimal(out, end, view.getFloat64(offset + R.FILL_QUANTITY_LOTS, true), text.quantityScale);
    out[end] = QUOTE;
    out[end + 1] = CLOSE_OBJECT;
    return end + 2;
  }
}

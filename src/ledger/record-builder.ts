// Ledger rows back to the wire records they came from, exactly. Any thread; for reads of what has left memory, so it may
// allocate. Owns the column lists of its SELECTs.

import { assert } from '../assert.ts';
import { highLimb, lowLimb } from '../domain/clearing/exact.ts';
import { OrderFlag, Side } from '../domain/codes.ts';
import * as O from '../wire/order-codec.ts';
import * as T from '../wire/trade-codec.ts';
import {
  REASON_NAMES,
  SELF_TRADE_NAMES,
  SIDE_NAMES,
  STATUS_NAMES,
  TIME_IN_FORCE_NAMES,
  TYPE_NAMES,
} from './ledger-names.ts';

const microseconds = (column: string, name: string) => `(extract(epoch FROM ${column}) * 1000000)::bigint AS ${name}`;

/** Columns of an InstrumentPart, from a LEFT JOIN of instruments called `i`. */
const INSTRUMENT_SELECT = 'i.instrument_index, i.price_scale, i.quantity_scale';

/** All null when no instrument has the name. */
export interface InstrumentPart {
  readonly instrument: string;
  readonly instrument_index: number | null;
  readonly price_scale: number | null;
  readonly quantity_scale: number | null;
}

/** Columns of an OrderRow, from orders called `o` and a LEFT JOIN of their instruments called `i`. */
export const ORDER_SELECT = `o.order_number, ${microseconds('o.created_at', 'created_us')},
  ${microseconds('o.updated_at', 'updated_us')}, o.client_id, o.instrument, o.side, o.type, o.time_in_force, o.status,
  o.reject_reason, o.post_only, o.price, o.quantity, o.filled_quantity, o.notional, o.stop_price, o.triggered,
  o.display_quantity, ${microseconds('o.expires_at', 'expires_us')}, o.stp, o.prevented_quantity, o.protection_price,
  o.max_slippage, o.by_quote_amount, ${INSTRUMENT_SELECT}`;

/** As pg gives it: bigint and numeric are texts. All null when an outer join found nothing. */
export interface OrderRow extends InstrumentPart {
  readonly order_number: string | null;
  readonly created_us: string;
  readonly updated_us: string;
  readonly client_id: string;
  readonly side: string;
  readonly type: string;
  readonly time_in_force: string;
  readonly status: string;
  readonly reject_reason: string | null;
  readonly post_only: boolean;
  readonly price: string | null;
  readonly quantity: string;
  readonly filled_quantity: string;
  readonly notional: string;
  readonly stop_price: string | null;
  readonly triggered: boolean;
  readonly display_quantity: string | null;
  readonly expires_us: string | null;
  readonly stp: string;
  readonly prevented_quantity: string;
  readonly protection_price: string | null;
  readonly max_slippage: string | null;
  readonly by_quote_amount: boolean;
}

/** Columns of a TradeRow, from trades called `t` and a LEFT JOIN of their instruments called `i`. */
export const TRADE_SELECT = `t.trade_number, t.sequence, t.maker_order, t.taker_order,
  ${microseconds('t.executed_at', 'executed_us')}, ${microseconds('t.maker_created_at', 'maker_created_us')},
  ${microseconds('t.taker_created_at', 'taker_created_us')}, t.instrument, t.taker_side, t.price, t.quantity,
  t.buy_client_id, t.sell_client_id, t.maker_fee, t.taker_fee, ${INSTRUMENT_SELECT}`;

export interface TradeRow extends InstrumentPart {
  readonly trade_number: string;
  readonly sequence: string;
  readonly maker_order: string;
  readonly taker_order: string;
  readonly executed_us: string;
  readonly maker_created_us: string;
  readonly taker_created_us: string;
  readonly taker_side: string;
  readonly price: string;
  readonly quantity: string;
  readonly buy_client_id: string;
  readonly sell_client_id: string;
  readonly maker_fee: string;
  readonly taker_fee: string;
}

/** What an order for no instrument said is not kept; this index is none either (domain/instrument.ts). */
const NO_INSTRUMENT = 0xffff;

/** An order record (wire/order-codec.ts). */
export function orderRecord(row: OrderRow & { readonly order_number: string }): Uint8Array {
  const priceScale = row.price_scale ?? 0;
  const quantityScale = row.quantity_scale ?? 0;
  const client = new TextEncoder().encode(row.client_id);
  const rare = rareAttributes(row, priceScale, quantityScale);
  const rareAt = (O.ORDER_CLIENT + client.length + 7) & ~7;
  const bytes = new Uint8Array(rareAt + rare.length * 8);
  const view = new DataView(bytes.buffer);
  const notional = unscaled(row.notional, priceScale + quantityScale);
  view.setFloat64(O.ORDER_NUMBER, Number(row.order_number), true);
  view.setFloat64(O.ORDER_CREATED_US, Number(row.created_us), true);
  view.setFloat64(O.ORDER_UPDATED_US, Number(row.updated_us), true);
  const price = row.price ?? row.max_slippage ?? row.protection_price;
  view.setFloat64(O.ORDER_PRICE_TICKS, amountOf(price, priceScale), true);
  view.setFloat64(O.ORDER_QUANTITY_LOTS, amountOf(row.quantity, quantityScale), true);
  view.setFloat64(O.ORDER_EXECUTED_LOTS, amountOf(row.filled_quantity, quantityScale), true);
  putPair(view, O.ORDER_NOTIONAL_HIGH, notional);
  view.setUint16(O.ORDER_INSTRUMENT, row.instrument_index ?? NO_INSTRUMENT, true);
  view.setUint16(O.ORDER_REASON, row.reject_reason === null ? 0 : REASON_NAMES.codeOf(row.reject_reason), true);
  bytes[O.ORDER_SIDE] = SIDE_NAMES.codeOf(row.side);
  bytes[O.ORDER_TYPE] = TYPE_NAMES.codeOf(row.type);
  bytes[O.ORDER_TIME_IN_FORCE] = TIME_IN_FORCE_NAMES.codeOf(row.time_in_force);
  bytes[O.ORDER_FLAGS] = flagsOf(row);
  bytes[O.ORDER_STATUS] = STATUS_NAMES.codeOf(row.status);
  bytes[O.ORDER_CLIENT_LENGTH] = client.length;
  bytes[O.ORDER_RARE_BYTES] = rare.length * 8;
  bytes[O.ORDER_SELF_TRADE] = SELF_TRADE_NAMES.codeOf(row.stp);
  bytes.set(client, O.ORDER_CLIENT);
  for (const [i, value] of rare.entries()) view.setFloat64(rareAt + i * 8, value, true);
  return bytes;
}

/** A trade record (wire/trade-codec.ts). */
export function tradeRecord(row: TradeRow): Uint8Array {
  const priceScale = row.price_scale ?? 0;
  const quantityScale = row.quantity_scale ?? 0;
  const takerSide = SIDE_NAMES.codeOf(row.taker_side);
  const buyer = new TextEncoder().encode(row.buy_client_id);
  const seller = new TextEncoder().encode(row.sell_client_id);
  const [maker, taker] = takerSide === Side.BUY ? [seller, buyer] : [buyer, seller];
  const makerFee = unscaled(row.maker_fee, priceScale + quantityScale);
  const takerFee = unscaled(row.taker_fee, priceScale + quantityScale);
  const feesBytes = makerFee === 0n && takerFee === 0n ? 0 : T.FEES_BYTES;
  const feesAt = (T.TRADE_CLIENTS + maker.length + taker.length + 7) & ~7;
  const bytes = new Uint8Array(feesAt + feesBytes);
  const view = new DataView(bytes.buffer);
  view.setFloat64(T.TRADE_NUMBER, Number(row.trade_number), true);
  view.setFloat64(T.TRADE_SEQUENCE, Number(row.sequence), true);
  view.setFloat64(T.TRADE_TIME_US, Number(row.executed_us), true);
  view.setFloat64(T.TRADE_PRICE_TICKS, amountOf(row.price, priceScale), true);
  view.setFloat64(T.TRADE_QUANTITY_LOTS, amountOf(row.quantity, quantityScale), true);
  view.setFloat64(T.TRADE_MAKER_ORDER, Number(row.maker_order), true);
  view.setFloat64(T.TRADE_MAKER_CREATED_US, Number(row.maker_created_us), true);
  view.setFloat64(T.TRADE_TAKER_ORDER, Number(row.taker_order), true);
  view.setFloat64(T.TRADE_TAKER_CREATED_US, Number(row.taker_created_us), true);
  view.setUint16(T.TRADE_INSTRUMENT, row.instrument_index ?? NO_INSTRUMENT, true);
  bytes[T.TRADE_TAKER_SIDE] = takerSide;
  bytes[T.TRADE_MAKER_CLIENT_LENGTH] = maker.length;
  bytes[T.TRADE_TAKER_CLIENT_LENGTH] = taker.length;
  bytes[T.TRADE_FEES_BYTES] = feesBytes;
  bytes.set(maker, T.TRADE_CLIENTS);
  bytes.set(taker, T.TRADE_CLIENTS + maker.length);
  if (feesBytes > 0) {
    putPair(view, feesAt + T.FEES_MAKER_HIGH, makerFee);
    putPair(view, feesAt + T.FEES_TAKER_HIGH, takerFee);
  }
  return bytes;
}

function flagsOf(row: OrderRow): number {
  return (
    (row.post_only ? OrderFlag.POST_ONLY : 0) |
    (row.stop_price === null ? 0 : OrderFlag.STOP) |
    (row.by_quote_amount ? OrderFlag.QUOTE_AMOUNT : 0) |
    (row.max_slippage === null ? 0 : OrderFlag.SLIPPAGE) |
    (row.triggered ? OrderFlag.TRIGGERED : 0)
  );
}

/** The rare attributes in the record's order; none when all are 0. */
function rareAttributes(row: OrderRow, priceScale: number, quantityScale: number): readonly number[] {
  const values: number[] = [];
  values[O.RARE_PREVENTED_LOTS / 8] = amountOf(row.prevented_quantity, quantityScale);
  values[O.RARE_DISPLAY_LOTS / 8] = amountOf(row.display_quantity, quantityScale);
  values[O.RARE_STOP_PRICE_TICKS / 8] = amountOf(row.stop_price, priceScale);
  values[O.RARE_EXPIRES_US / 8] = Number(row.expires_us ?? 0);
  return values.every((value) => value === 0) ? [] : values;
}

/** high * 2^48 + low, the low limb 8 bytes behind the high one. */
function putPair(view: DataView, at: number, value: bigint): void {
  view.setFloat64(at, highLimb(value), true);
  view.setFloat64(at + 8, lowLimb(value), true);
}

/** Ticks or lots; 0 for null. */
function amountOf(text: string | null, scale: number): number {
  return text === null ? 0 : Number(unscaled(text, scale));
}

/** '-1.50' at scale 2 is -150n. The projector writes `scale` decimals; what SQL came to may have fewer. */
export function unscaled(text: string, scale: number): bigint {
  const point = text.indexOf('.');
  const decimals = point < 0 ? 0 : text.length - point - 1;
  assert(decimals <= scale, `ledger: ${text} has at most ${scale} decimals`);
  return BigInt(text.replace('.', '')) * 10n ** BigInt(scale - decimals);
}

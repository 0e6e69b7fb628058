// Ledger rows back to the wire records they came from, exactly. Any thread; for reads of what has left memory, so it may
// allocate. Owns the column lists of its SELECTs.

import { assert } from '../assert.ts';
import { OrderFlag, Side } from '../domain/codes.ts';
import type { Instrument } from '../domain/instrument.ts';
import * as O from '../wire/order-codec.ts';
import * as T from '../wire/trade-codec.ts';
import { UNKNOWN_INSTRUMENT } from './copy-encoder.ts';
import { REASON_NAMES, SIDE_NAMES, STATUS_NAMES, TIME_IN_FORCE_NAMES, TYPE_NAMES } from './ledger-names.ts';

const microseconds = (column: string, name: string) => `(extract(epoch FROM ${column}) * 1000000)::bigint AS ${name}`;

/** Columns of an OrderRow, from a table called `o`. */
export const ORDER_SELECT = `o.order_number, ${microseconds('o.created_at', 'created_us')},
  ${microseconds('o.updated_at', 'updated_us')}, o.client_id, o.instrument, o.side, o.type, o.time_in_force, o.status,
  o.reject_reason, o.post_only, o.price, o.quantity, o.filled_quantity, o.notional`;

/** As pg gives it: bigint and numeric are texts. All null when an outer join found nothing. */
export interface OrderRow {
  readonly order_number: string | null;
  readonly created_us: string;
  readonly updated_us: string;
  readonly client_id: string;
  readonly instrument: string;
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
}

/** Columns of a TradeRow, from trades. */
export const TRADE_SELECT = `trade_number, sequence, maker_order, taker_order, ${microseconds('executed_at', 'executed_us')},
  ${microseconds('maker_created_at', 'maker_created_us')}, ${microseconds('taker_created_at', 'taker_created_us')},
  instrument, taker_side, price, quantity, buy_client_id, sell_client_id`;

export interface TradeRow {
  readonly trade_number: string;
  readonly sequence: string;
  readonly maker_order: string;
  readonly taker_order: string;
  readonly executed_us: string;
  readonly maker_created_us: string;
  readonly taker_created_us: string;
  readonly instrument: string;
  readonly taker_side: string;
  readonly price: string;
  readonly quantity: string;
  readonly buy_client_id: string;
  readonly sell_client_id: string;
}

interface Scales {
  readonly index: number;
  readonly priceScale: number;
  readonly quantityScale: number;
}

export class RecordBuilder {
  readonly #scales: ReadonlyMap<string, Scales>;

  constructor(instruments: readonly Instrument[]) {
    // What an order for no instrument said is not kept; this index is none either (domain/instrument.ts).
    const unknown: [string, Scales] = [UNKNOWN_INSTRUMENT, { index: 0xffff, priceScale: 0, quantityScale: 0 }];
    this.#scales = new Map([
      unknown,
      ...instruments.map(({ name, priceScale, quantityScale }, index): [string, Scales] => [
        name,
        { index, priceScale, quantityScale },
      ]),
    ]);
  }

  order(row: OrderRow & { readonly order_number: string }): Uint8Array {
    const { index, priceScale, quantityScale } = this.#scalesOf(row.instrument);
    const client = new TextEncoder().encode(row.client_id);
    const bytes = new Uint8Array((O.ORDER_CLIENT + client.length + 7) & ~7);
    const view = new DataView(bytes.buffer);
    const notional = unscaled(row.notional, priceScale + quantityScale);
    view.setFloat64(O.ORDER_NUMBER, Number(row.order_number), true);
    view.setFloat64(O.ORDER_CREATED_US, Number(row.created_us), true);
    view.setFloat64(O.ORDER_UPDATED_US, Number(row.updated_us), true);
    view.setFloat64(O.ORDER_PRICE_TICKS, row.price === null ? 0 : Number(unscaled(row.price, priceScale)), true);
    view.setFloat64(O.ORDER_QUANTITY_LOTS, Number(unscaled(row.quantity, quantityScale)), true);
    view.setFloat64(O.ORDER_EXECUTED_LOTS, Number(unscaled(row.filled_quantity, quantityScale)), true);
    view.setFloat64(O.ORDER_NOTIONAL_HIGH, Number(notional >> 48n), true);
    view.setFloat64(O.ORDER_NOTIONAL_LOW, Number(notional & 0xffff_ffff_ffffn), true);
    view.setUint16(O.ORDER_INSTRUMENT, index, true);
    view.setUint16(O.ORDER_REASON, row.reject_reason === null ? 0 : REASON_NAMES.codeOf(row.reject_reason), true);
    bytes[O.ORDER_SIDE] = SIDE_NAMES.codeOf(row.side);
    bytes[O.ORDER_TYPE] = TYPE_NAMES.codeOf(row.type);
    bytes[O.ORDER_TIME_IN_FORCE] = TIME_IN_FORCE_NAMES.codeOf(row.time_in_force);
    bytes[O.ORDER_FLAGS] = row.post_only ? OrderFlag.POST_ONLY : 0;
    bytes[O.ORDER_STATUS] = STATUS_NAMES.codeOf(row.status);
    bytes[O.ORDER_CLIENT_LENGTH] = client.length;
    bytes.set(client, O.ORDER_CLIENT);
    return bytes;
  }

  trade(row: TradeRow): Uint8Array {
    const { index, priceScale, quantityScale } = this.#scalesOf(row.instrument);
    const takerSide = SIDE_NAMES.codeOf(row.taker_side);
    const buyer = new TextEncoder().encode(row.buy_client_id);
    const seller = new TextEncoder().encode(row.sell_client_id);
    const [maker, taker] = takerSide === Side.BUY ? [seller, buyer] : [buyer, seller];
    const bytes = new Uint8Array((T.TRADE_CLIENTS + maker.length + taker.length + 7) & ~7);
    const view = new DataView(bytes.buffer);
    view.setFloat64(T.TRADE_NUMBER, Number(row.trade_number), true);
    view.setFloat64(T.TRADE_SEQUENCE, Number(row.sequence), true);
    view.setFloat64(T.TRADE_TIME_US, Number(row.executed_us), true);
    view.setFloat64(T.TRADE_PRICE_TICKS, Number(unscaled(row.price, priceScale)), true);
    view.setFloat64(T.TRADE_QUANTITY_LOTS, Number(unscaled(row.quantity, quantityScale)), true);
    view.setFloat64(T.TRADE_MAKER_ORDER, Number(row.maker_order), true);
    view.setFloat64(T.TRADE_MAKER_CREATED_US, Number(row.maker_created_us), true);
    view.setFloat64(T.TRADE_TAKER_ORDER, Number(row.taker_order), true);
    view.setFloat64(T.TRADE_TAKER_CREATED_US, Number(row.taker_created_us), true);
    view.setUint16(T.TRADE_INSTRUMENT, index, true);
    bytes[T.TRADE_TAKER_SIDE] = takerSide;
    bytes[T.TRADE_MAKER_CLIENT_LENGTH] = maker.length;
    bytes[T.TRADE_TAKER_CLIENT_LENGTH] = taker.length;
    bytes.set(maker, T.TRADE_CLIENTS);
    bytes.set(taker, T.TRADE_CLIENTS + maker.length);
    return bytes;
  }

  #scalesOf(instrument: string): Scales {
    const scales = this.#scales.get(instrument);
    assert(scales !== undefined, `ledger: no instrument is called ${instrument}`);
    return scales;
  }
}

/** '1.50' at scale 2 is 150n. The projector writes exactly `scale` decimals. */
function unscaled(text: string, scale: number): bigint {
  const point = text.indexOf('.');
  const decimals = point < 0 ? 0 : text.length - point - 1;
  assert(decimals === scale, `ledger: ${text} has ${scale} decimals`);
  return BigInt(text.replace('.', ''));
}

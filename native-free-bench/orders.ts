// Orders as clients send them and as the engine answers them, invented from a seed beforehand, for the suites of the
// formats. Main thread of the benchmark.

import { OrderStatus } from '#ringbook/domain/codes.js';
import { DEFAULT_INSTRUMENTS } from '#ringbook/domain/instrument.js';
import { Random } from '#ringbook/sim/testing/random.js';
import { formatDecimal } from '#ringbook/wire/decimal.js';
import { InstrumentList } from '#ringbook/wire/instrument-list.js';
import * as O from '#ringbook/wire/order-codec.js';
import * as R from '#ringbook/wire/reply-codec.js';

export const INSTRUMENTS = new InstrumentList(DEFAULT_INSTRUMENTS);
export const BODIES = 256;
export const TIME_US = 1_777_000_000_000_000;
export const PRICE_SCALE = 2;
export const QUANTITY_SCALE = 8;

export interface Order {
  readonly number: number;
  readonly client: string;
  readonly key: string;
  readonly sell: boolean;
  readonly postOnly: boolean;
  readonly priceTicks: number;
  readonly quantityLots: number;
  /** What a client would send. */
  readonly body: Uint8Array;
}

export function makeOrders(seed: number): readonly Order[] {
  const random = new Random(seed);
  return Array.from({ length: BODIES }, (_, i) => {
    const order = {
      number: 1 + i * 1_000,
      client: `client-${random.below(10_000)}`,
      key: `key-${random.below(2 ** 31).toString(36)}-${i}`,
      sell: random.below(2) === 1,
      postOnly: random.below(2) === 1,
      priceTicks: 7_000_000 + random.below(100_000),
      quantityLots: 1 + random.below(1_000_000_000),
    };
    const body = JSON.stringify({
      idempotency_key: order.key,
      client_id: order.client,
      instrument: 'BTC-USD',
      side: order.sell ? 'sell' : 'buy',
      type: 'limit',
      price: formatDecimal(order.priceTicks, PRICE_SCALE),
      quantity: formatDecimal(order.quantityLots, QUANTITY_SCALE),
      post_only: order.postOnly,
    });
    return { ...order, body: Buffer.from(body) };
  });
}

/** The reply to an order that rests: what comes with it, then its record. */
export function replyRecord(order: Order): { bytes: Uint8Array; view: DataView; length: number } {
  const at = R.REPLY_ORDER;
  const orderBytes = (O.ORDER_CLIENT + order.client.length + 7) & ~7;
  const bytes = new Uint8Array(at + orderBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(R.REPLY_KIND, R.ReplyKind.APPLIED, true);
  view.setFloat64(R.REPLY_RESULT_SEQUENCE, order.number, true);
  view.setFloat64(R.REPLY_SEQUENCE, order.number, true);
  view.setUint16(R.REPLY_ORDER_BYTES, orderBytes, true);
  view.setFloat64(at + O.ORDER_NUMBER, order.number, true);
  view.setFloat64(at + O.ORDER_CREATED_US, TIME_US + order.number, true);
  view.setFloat64(at + O.ORDER_UPDATED_US, TIME_US + order.number, true);
  view.setFloat64(at + O.ORDER_PRICE_TICKS, order.priceTicks, true);
  view.setFloat64(at + O.ORDER_QUANTITY_LOTS, order.quantityLots, true);
  const codes = [order.sell ? 2 : 1, 1, 1, order.postOnly ? 1 : 0, OrderStatus.OPEN, order.client.length];
  bytes.set(codes, at + O.ORDER_SIDE);
  bytes.set(Buffer.from(order.client), at + O.ORDER_CLIENT);
  return { bytes, view, length: bytes.length };
}

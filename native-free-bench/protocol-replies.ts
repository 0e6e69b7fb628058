// How replies become what clients get, over HTTP and /ws, as JSON and binary. Main thread of the benchmark. Each
// function makes the run of one case.

import { BINARY_REPLY_BYTES_MAX, writeBinaryReply } from '#ringbook/wire/binary-replies.js';
import { formatDecimal } from '#ringbook/wire/decimal.js';
import { OrderJsonWriter, REPLY_JSON_BYTES_MAX } from '#ringbook/wire/order-json.js';
import { IdKind, type PublicIds } from '#ringbook/wire/public-id.js';
import { BODIES, INSTRUMENTS, type Order, PRICE_SCALE, QUANTITY_SCALE, replyRecord, TIME_US } from './orders.ts';
import { foldBytes, HASH_START, type Run } from './suite.ts';
import { timeByDate } from './time-by-date.ts';

const ACCEPTED = 202;

/** The body of an answer to POST /orders; the result of a frame of /ws is the same bytes. */
export function replyJson(orders: readonly Order[], ids: PublicIds, operations: number): Run {
  const writer = new OrderJsonWriter(INSTRUMENTS, ids);
  const records = orders.map(replyRecord);
  const out = new Uint8Array(REPLY_JSON_BYTES_MAX);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const { bytes, view } = records[n % BODIES];
      hash = foldBytes(hash, out, writer.writeReply(out, 0, bytes, view, 0));
    }
    return hash;
  };
}

export function replyByStringify(orders: readonly Order[], ids: PublicIds, operations: number): Run {
  const out = Buffer.alloc(REPLY_JSON_BYTES_MAX);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const text = JSON.stringify(replyObject(orders[n % BODIES], ids));
      hash = foldBytes(hash, out, out.write(text));
    }
    return hash;
  };
}

/** A binary message of /ws. */
export function replyFrame(orders: readonly Order[], operations: number): Run {
  const records = orders.map(replyRecord);
  const out = new Uint8Array(BINARY_REPLY_BYTES_MAX);
  const view = new DataView(out.buffer);
  return () => {
    let hash = HASH_START;
    for (let n = 0; n < operations; n++) {
      const { bytes, length } = records[n % BODIES];
      hash = foldBytes(hash, out, writeBinaryReply(out, view, 0, n, ACCEPTED, undefined, bytes, 0, length));
    }
    return hash;
  };
}

function replyObject(order: Order, ids: PublicIds): object {
  const timeUs = TIME_US + order.number;
  const time = timeByDate(timeUs);
  const none = formatDecimal(0, QUANTITY_SCALE);
  const quantity = formatDecimal(order.quantityLots, QUANTITY_SCALE);
  return {
    order_id: ids.toString(IdKind.ORDER, order.number, timeUs),
    client_id: order.client,
    instrument: 'BTC-USD',
    side: order.sell ? 'sell' : 'buy',
    type: 'limit',
    price: formatDecimal(order.priceTicks, PRICE_SCALE),
    quantity,
    filled_quantity: none,
    remaining_quantity: quantity,
    cancelled_quantity: none,
    prevented_quantity: none,
    average_price: null,
    status: 'open',
    time_in_force: 'GTC',
    post_only: order.postOnly,
    reject_reason: null,
    sequence: order.number,
    created_at: time,
    updated_at: time,
    trades: [],
    trades_total: 0,
  };
}

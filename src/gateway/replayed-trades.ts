// Puts the fills of a replayed result back into its reply record: the idempotency table keeps where its trades begin and how
// many there are, the trades themselves come from the follower. Gateway thread; pure; owns what it returns.

import {
  FILL_BYTES,
  FILL_MAKER_CREATED_US,
  FILL_MAKER_ORDER,
  FILL_PRICE_TICKS,
  FILL_QUANTITY_LOTS,
  FILL_TRADE_NUMBER,
  REPLY_FILLS,
  REPLY_ORDER,
  REPLY_ORDER_BYTES,
} from '../wire/reply-codec.ts';
import {
  TRADE_MAKER_CREATED_US,
  TRADE_MAKER_ORDER,
  TRADE_NUMBER,
  TRADE_PRICE_TICKS,
  TRADE_QUANTITY_LOTS,
  tradeRecordLength,
} from '../wire/trade-codec.ts';
import type { Answer } from './queries.ts';

/** From which field of a trade record each field of a fill comes. All are f64. */
const FIELDS: readonly (readonly [fill: number, trade: number])[] = [
  [FILL_TRADE_NUMBER, TRADE_NUMBER],
  [FILL_MAKER_ORDER, TRADE_MAKER_ORDER],
  [FILL_MAKER_CREATED_US, TRADE_MAKER_CREATED_US],
  [FILL_PRICE_TICKS, TRADE_PRICE_TICKS],
  [FILL_QUANTITY_LOTS, TRADE_QUANTITY_LOTS],
];

/** `reply` is a reply record without fills, which is copied; `answer` holds its trades, ascending. */
export function replyWithTrades(reply: Uint8Array, answer: Answer): { bytes: Uint8Array; view: DataView } {
  const replyView = new DataView(reply.buffer, reply.byteOffset, reply.byteLength);
  const firstFill = REPLY_ORDER + replyView.getUint16(REPLY_ORDER_BYTES, true);
  const bytes = new Uint8Array(firstFill + answer.count * FILL_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(reply.subarray(0, firstFill));
  view.setUint16(REPLY_FILLS, answer.count, true);
  let trade = answer.body;
  for (let i = 0; i < answer.count; i++) {
    const fill = firstFill + i * FILL_BYTES;
    for (const [to, from] of FIELDS) view.setFloat64(fill + to, answer.view.getFloat64(trade + from, true), true);
    trade += tradeRecordLength(answer.bytes, trade);
  }
  return { bytes, view };
}

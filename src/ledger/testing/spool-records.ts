// For tests: the records of a spool, as their readers in memory hold them.

import { EVENT_BODY, EventType } from '../../wire/event-codec.ts';
import { ORDER_NUMBER, orderRecordLength } from '../../wire/order-codec.ts';
import { tradeRecordLength } from '../../wire/trade-codec.ts';
import type { MemorySpool } from './memory-spool.ts';

/** The last order record of each order, by number, and all trade records. */
export function recordsIn(spool: MemorySpool): { orders: Map<number, Uint8Array>; trades: Uint8Array[] } {
  const orders = new Map<number, Uint8Array>();
  const trades: Uint8Array[] = [];
  spool.open(0).read(
    spool.position(),
    (type, bytes, view, offset) => {
      const body = offset + EVENT_BODY;
      if (type === EventType.ORDER) {
        const record = bytes.slice(body, body + orderRecordLength(bytes, body));
        orders.set(view.getFloat64(body + ORDER_NUMBER, true), record);
      } else if (type === EventType.TRADE) trades.push(bytes.slice(body, body + tradeRecordLength(bytes, body)));
      return true;
    },
    Number.POSITIVE_INFINITY,
  );
  return { orders, trades };
}

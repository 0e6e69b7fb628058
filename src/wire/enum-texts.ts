// The texts of the domain's codes as clients see them, from the tables in domain/codes.ts. Constants; any thread.

import { InstrumentStatus, OrderStatus, OrderType, Side, TimeInForce } from '../domain/codes.ts';
import { OrderChange } from '../domain/listener.ts';

/** Texts by number: `{ BUY: 1 }` gives ['', 'buy']. */
function byNumber(table: Readonly<Record<string, number>>, text: (name: string) => string): readonly string[] {
  const texts: string[] = [];
  for (const [name, number] of Object.entries(table)) texts[number] = text(name);
  return Array.from(texts, (entry) => entry ?? '');
}

const lowerCase = (name: string) => name.toLowerCase();

export const SIDE_TEXTS = byNumber(Side, lowerCase);
export const ORDER_TYPE_TEXTS = byNumber(OrderType, lowerCase);
export const TIME_IN_FORCE_TEXTS = byNumber(TimeInForce, (name) => name);
export const ORDER_STATUS_TEXTS = byNumber(OrderStatus, lowerCase);
export const INSTRUMENT_STATUS_TEXTS = byNumber(InstrumentStatus, lowerCase);
export const ORDER_CHANGE_TEXTS = byNumber(OrderChange, lowerCase);
/** By SelfTrade: decrement and cancel, cancel oldest, cancel newest, cancel both. */
export const SELF_TRADE_TEXTS: readonly string[] = ['none', 'dc', 'co', 'cn', 'cb'];

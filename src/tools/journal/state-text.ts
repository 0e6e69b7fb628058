// The state of an engine for people and as JSON: what is open, and the best levels of each book. Pure; reads one engine.

import { Side } from '../../domain/codes.ts';
import type { Engine } from '../../domain/engine.ts';
import { formatDecimal } from '../../wire/decimal.ts';
import { INSTRUMENT_STATUS_TEXTS } from '../../wire/enum-texts.ts';
import { isoTime } from '../../wire/iso-time.ts';
import { count } from './words.ts';

const BEST_LEVELS = 10;

interface Level {
  readonly price: string;
  readonly quantity: string;
  readonly orders: number;
}

interface BookFacts {
  readonly instrument: string;
  readonly status: string;
  readonly open_orders: number;
  /** Best first. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export interface StateFacts {
  readonly sequence: number;
  readonly time: string;
  readonly digest: string;
  readonly open_orders: number;
  readonly idempotency_keys: number;
  readonly last_trade: number;
  readonly books: readonly BookFacts[];
}

/** Cost grows with the state, for its digest. */
export function stateFacts(engine: Engine): StateFacts {
  return {
    sequence: engine.sequence,
    time: isoTime(engine.timeUs),
    digest: engine.digest(),
    open_orders: engine.openOrders,
    idempotency_keys: engine.idempotencyKeys,
    last_trade: engine.lastTradeNumber,
    books: Array.from({ length: engine.instruments.count }, (_, instrument) => bookFacts(engine, instrument)),
  };
}

function bookFacts(engine: Engine, instrument: number): BookFacts {
  const { name, status } = engine.instruments.get(instrument);
  return {
    instrument: name,
    status: INSTRUMENT_STATUS_TEXTS[status],
    open_orders: engine.instruments.liveOrders(instrument),
    bids: levels(engine, instrument, Side.BUY),
    asks: levels(engine, instrument, Side.SELL),
  };
}

function levels(engine: Engine, instrument: number, side: Side): Level[] {
  const { priceScale, quantityScale } = engine.instruments.get(instrument);
  const found: Level[] = [];
  engine.forEachLevel(instrument, side, (priceTicks, lots, orders) => {
    found.push({ price: formatDecimal(priceTicks, priceScale), quantity: formatDecimal(lots, quantityScale), orders });
    return found.length < BEST_LEVELS;
  });
  return found;
}

export function stateText(facts: StateFacts): string {
  const { sequence, time, digest, open_orders: open, idempotency_keys: keys, last_trade: trade } = facts;
  const head = [
    `sequence  ${sequence}`,
    `time      ${time}`,
    `digest    ${digest}`,
    `open      ${count(open, 'order')}, ${count(keys, 'idempotency key')}, last trade number ${trade}`,
  ];
  return [...head, ...facts.books.map(bookText)].join('\n');
}

function bookText({ instrument, status, open_orders: open, bids, asks }: BookFacts): string {
  const lines = [`\n${instrument} (${status}), ${count(open, 'order')}`];
  for (let i = 0; i < Math.max(bids.length, asks.length); i++) {
    const bid = side(bids[i]);
    const ask = side(asks[i]);
    lines.push(
      `${bid.quantity.padStart(24)} ${bid.price.padStart(18)} | ${ask.price.padEnd(18)} ${ask.quantity}`.trimEnd(),
    );
  }
  if (bids.length === 0 && asks.length === 0) lines.push('  the book is empty');
  return lines.join('\n');
}

function side(level: Level | undefined): { readonly price: string; readonly quantity: string } {
  return level ?? { price: '', quantity: '' };
}

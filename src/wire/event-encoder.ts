// Turns what the engine tells into event records in a ring or a spool: the matching agent and the follower each have
// one, so both write the same bytes. Owns nothing; must never keep a row beyond the call. Allocates: nothing.

import type { ClientTable } from '../domain/client-table.ts';
import type { OrderColumns } from '../domain/order-columns.ts';
import { EVENT_BODY, EventType, encodeEventHeader } from './event-codec.ts';
import { encodeOrder, ORDER_CLIENT } from './order-codec.ts';
import { encodeTrade, TRADE_CLIENTS, type TradeFacts } from './trade-codec.ts';

/** Where event records go: BroadcastWriter and SpoolWriter are both this. */
export interface EventSink {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Byte offset for a record of that length; never fails. */
  claim(type: number, lengthBytes: number): number;
  commit(): void;
}

/** What the encoder reads of the engine. */
export interface EventSource {
  readonly orders: OrderColumns;
  readonly clients: ClientTable;
  readonly sequence: number;
  readonly timeUs: number;
}

export class EventEncoder {
  readonly #source: EventSource;
  readonly #sink: EventSink;
  readonly #facts: TradeFacts = { tradeNumber: 0, sequence: 0, timeUs: 0, priceTicks: 0, quantityLots: 0 };

  constructor(source: EventSource, sink: EventSink) {
    this.#source = source;
    this.#sink = sink;
  }

  order(change: number, row: number, restingDeltaLots: number): void {
    const { orders, clients, sequence, timeUs } = this.#source;
    const sink = this.#sink;
    const bodyBytes = (ORDER_CLIENT + clients.lengthOf(orders.client[row]) + 7) & ~7;
    const offset = sink.claim(EventType.ORDER, EVENT_BODY + bodyBytes);
    encodeEventHeader(sink.view, offset, sequence, timeUs, change, restingDeltaLots);
    encodeOrder(sink.bytes, sink.view, offset + EVENT_BODY, orders, row, clients);
    sink.commit();
  }

  trade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void {
    const { orders, clients, sequence, timeUs } = this.#source;
    const sink = this.#sink;
    const texts = clients.lengthOf(orders.client[maker]) + clients.lengthOf(orders.client[taker]);
    const offset = sink.claim(EventType.TRADE, EVENT_BODY + ((TRADE_CLIENTS + texts + 7) & ~7));
    encodeEventHeader(sink.view, offset, sequence, timeUs, 0, 0);
    const facts = this.#facts;
    facts.tradeNumber = tradeNumber;
    facts.sequence = sequence;
    facts.timeUs = timeUs;
    facts.priceTicks = priceTicks;
    facts.quantityLots = quantityLots;
    encodeTrade(sink.bytes, sink.view, offset + EVENT_BODY, facts, orders, maker, taker, clients);
    sink.commit();
  }
}

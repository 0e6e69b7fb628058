// Turns what the engine tells into event records in a ring or a spool: the matching agent and the follower each have
// one, so both write the same bytes. Owns a count of obligations; must never keep a row beyond the call.
// Allocates: nothing.

import type { OrderRows } from '../domain/book/order-rows.ts';
import { CommandType } from '../domain/codes.ts';
import type { ClientTable } from '../domain/idempotency/client-table.ts';
import type { Instrument } from '../domain/instrument.ts';
import * as E from './event-codec.ts';
import { DEFINITION_BYTES, encodeDefinition } from './instrument-codec.ts';
import { encodeOrder, orderRecordBytes } from './order-codec.ts';
import { encodeTrade, type TradeFacts, tradeRecordBytes } from './trade-codec.ts';

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
  readonly orders: OrderRows;
  readonly clients: ClientTable;
  readonly sequence: number;
  readonly timeUs: number;
  readonly tradeFees: Float64Array;
  readonly instruments: { get(index: number): Instrument };
  readonly accounts: {
    clientOf(account: number): number;
    instrumentOf(account: number): number;
    netLots(account: number): number;
    netAtSettlement(account: number): number;
    cycleQuoteHigh(account: number): number;
    cycleQuoteLow(account: number): number;
  };
}

export class EventEncoder {
  readonly #source: EventSource;
  readonly #sink: EventSink;
  readonly #facts: TradeFacts;
  /** Told since the last settlement. */
  #obligations = 0;

  constructor(source: EventSource, sink: EventSink) {
    this.#source = source;
    this.#sink = sink;
    const fees = source.tradeFees;
    this.#facts = { tradeNumber: 0, sequence: 0, timeUs: 0, priceTicks: 0, quantityLots: 0, fees };
  }

  /** EngineListener.onOrder. */
  order(change: number, row: number, restingDeltaLots: number): void {
    const { orders, clients, sequence, timeUs } = this.#source;
    const sink = this.#sink;
    const offset = sink.claim(E.EventType.ORDER, E.EVENT_BODY + orderRecordBytes(orders, row, clients));
    E.encodeEventHeader(sink.view, offset, sequence, timeUs, change, restingDeltaLots);
    encodeOrder(sink.bytes, sink.view, offset + E.EVENT_BODY, orders, row, clients);
    sink.commit();
  }

  /** EngineListener.onTrade. */
  trade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void {
    const { orders, clients, sequence, timeUs } = this.#source;
    const sink = this.#sink;
    const facts = this.#facts;
    const texts = clients.lengthOf(orders.client(maker)) + clients.lengthOf(orders.client(taker));
    const offset = sink.claim(E.EventType.TRADE, E.EVENT_BODY + tradeRecordBytes(facts.fees, texts));
    E.encodeEventHeader(sink.view, offset, sequence, timeUs, 0, 0);
    facts.tradeNumber = tradeNumber;
    facts.sequence = sequence;
    facts.timeUs = timeUs;
    facts.priceTicks = priceTicks;
    facts.quantityLots = quantityLots;
    encodeTrade(sink.bytes, sink.view, offset + E.EVENT_BODY, facts, orders, maker, taker, clients);
    sink.commit();
  }

  /** EngineListener.onObligation: before the account starts its next cycle. */
  obligation(cycle: number, account: number): void {
    const { accounts, clients } = this.#source;
    const client = accounts.clientOf(account);
    const clientLength = clients.lengthOf(client);
    const body = this.#begin(E.EventType.OBLIGATION, (E.OBLIGATION_CLIENT + clientLength + 7) & ~7);
    const { view, bytes } = this.#sink;
    view.setFloat64(body + E.OBLIGATION_CYCLE, cycle, true);
    view.setFloat64(body + E.OBLIGATION_NET_LOTS, accounts.netLots(account) - accounts.netAtSettlement(account), true);
    view.setFloat64(body + E.OBLIGATION_QUOTE_HIGH, accounts.cycleQuoteHigh(account), true);
    view.setFloat64(body + E.OBLIGATION_QUOTE_LOW, accounts.cycleQuoteLow(account), true);
    view.setUint16(body + E.OBLIGATION_INSTRUMENT, accounts.instrumentOf(account), true);
    bytes[body + E.OBLIGATION_CLIENT_LENGTH] = clientLength;
    clients.copyTo(client, bytes, body + E.OBLIGATION_CLIENT);
    this.#sink.commit();
    this.#obligations++;
  }

  /**
   * EngineListener.onApplied of a command of type `commandType`: the instrument that changed or the settlement that was
   * closed. Other commands have told all they did.
   */
  applied(commandType: CommandType, value: number): void {
    switch (commandType) {
      case CommandType.DEFINE_INSTRUMENT:
      case CommandType.SET_INSTRUMENT_STATUS:
        this.instrument(value);
        break;
      case CommandType.CLOSE_SETTLEMENT:
        this.#settlement(value);
        break;
      default:
    }
  }

  /** The instrument of that index as it is. */
  instrument(index: number): void {
    const body = this.#begin(E.EventType.INSTRUMENT, E.INSTRUMENT_EVENT_DEFINITION + DEFINITION_BYTES);
    const { bytes, view } = this.#sink;
    view.setUint16(body + E.INSTRUMENT_EVENT_INDEX, index, true);
    encodeDefinition(bytes, view, body + E.INSTRUMENT_EVENT_DEFINITION, this.#source.instruments.get(index));
    this.#sink.commit();
  }

  /** Everything before is told elsewhere: the spool begins behind the command the engine has come to. */
  opening(lastTradeNumber: number): void {
    const body = this.#begin(E.EventType.OPENING, E.OPENING_BYTES);
    const { view } = this.#sink;
    view.setFloat64(body + E.OPENING_TRADE_NUMBER, lastTradeNumber, true);
    this.#sink.commit();
  }

  level(instrument: number, side: number, priceTicks: number, lots: number): void {
    const body = this.#begin(E.EventType.LEVEL, E.LEVEL_BYTES);
    const { view, bytes } = this.#sink;
    view.setFloat64(body + E.LEVEL_PRICE_TICKS, priceTicks, true);
    view.setFloat64(body + E.LEVEL_LOTS, lots, true);
    view.setUint16(body + E.LEVEL_INSTRUMENT, instrument, true);
    bytes[body + E.LEVEL_SIDE] = side;
    this.#sink.commit();
  }

  #settlement(cycle: number): void {
    const body = this.#begin(E.EventType.SETTLEMENT, E.SETTLEMENT_BYTES);
    const { view } = this.#sink;
    view.setFloat64(body + E.SETTLEMENT_CYCLE, cycle, true);
    view.setFloat64(body + E.SETTLEMENT_OBLIGATIONS, this.#obligations, true);
    this.#sink.commit();
    this.#obligations = 0;
  }

  /** Claims a record with a body of zeros; returns the body's offset. */
  #begin(type: number, bodyBytes: number): number {
    const sink = this.#sink;
    const { sequence, timeUs } = this.#source;
    const offset = sink.claim(type, E.EVENT_BODY + bodyBytes);
    E.encodeEventHeader(sink.view, offset, sequence, timeUs, 0, 0);
    for (let i = 0; i < bodyBytes; i += 8) sink.view.setFloat64(offset + E.EVENT_BODY + i, 0, true);
    return offset + E.EVENT_BODY;
  }
}

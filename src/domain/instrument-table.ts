// The instruments an engine knows, by index in order of definition, each with its book, its waiting stops and its last
// trade price. Pure; owned by one engine. Rows are added and changed, never removed: an index, once given, stays.
// Decides nothing but what the table itself could not hold; the rules of a change are the engine's.

import { assert } from '../assert.ts';
import { OrderBook } from './book/order-book.ts';
import type { OrderRows } from './book/order-rows.ts';
import { StopBook } from './book/stop-book.ts';
import type { InstrumentStatus } from './codes.ts';
import {
  assertInstruments,
  INSTRUMENTS_MAX,
  type Instrument,
  InstrumentDefinition,
  objectionToInstrument,
} from './instrument.ts';

/** One instrument's row. */
class Listing {
  readonly definition = new InstrumentDefinition();
  readonly book: OrderBook;
  readonly stops: StopBook;
  readonly base: number;
  readonly quote: number;
  lastPriceTicks = 0;
  liveOrders = 0;

  constructor(source: Instrument, orders: OrderRows, base: number, quote: number) {
    this.definition.set(source);
    this.book = new OrderBook(orders);
    this.stops = new StopBook(orders);
    this.base = base;
    this.quote = quote;
  }
}

export class InstrumentTable {
  private readonly orders: OrderRows;
  private readonly listings: Listing[] = [];
  private readonly indexes = new Map<string, number>();
  private readonly currencyNames: string[] = [];

  /** Stops with a Fault on a genesis that could not be computed with. */
  constructor(genesis: readonly Instrument[], orders: OrderRows) {
    assertInstruments(genesis);
    this.orders = orders;
    for (const instrument of genesis) this.define(instrument);
  }

  get count(): number {
    return this.listings.length;
  }

  get isFull(): boolean {
    return this.listings.length === INSTRUMENTS_MAX;
  }

  /** The definition as it stands; the object stays the same when it is changed. */
  get(instrument: number): Instrument {
    return this.at(instrument).definition;
  }

  /** Index of a name, -1 when there is none. Allocates: nothing. */
  find(name: string): number {
    return this.indexes.get(name) ?? -1;
  }

  /**
   * Adds the instrument, or changes the one of that name; its currencies, scales, status and
   * last price stay.
   * Returns its index. The definition has no objection, and there is room.
   */
  define(definition: Instrument): number {
    assert(objectionToInstrument(definition) === '', 'instruments: a sound definition');
    const known = this.find(definition.name);
    if (known < 0) return this.add(definition);
    assert(!this.differsInKind(known, definition), 'instruments: currencies and scales never change');
    const { definition: own } = this.listings[known];
    const { status } = own;
    own.set(definition).status = status;
    return known;
  }

  /** True when a definition has other currencies or scales than the instrument: stored numbers are counted in them. */
  differsInKind(instrument: number, other: Instrument): boolean {
    const { base, quote, priceScale, quantityScale } = this.get(instrument);
    return (
      base !== other.base ||
      quote !== other.quote ||
      priceScale !== other.priceScale ||
      quantityScale !== other.quantityScale
    );
  }

  setStatus(instrument: number, status: InstrumentStatus): void {
    this.at(instrument).definition.status = status;
  }

  /** Price of the last trade, 0 until there is one. */
  lastPriceTicks(instrument: number): number {
    return this.at(instrument).lastPriceTicks;
  }

  setLastPriceTicks(instrument: number, priceTicks: number): void {
    this.at(instrument).lastPriceTicks = priceTicks;
  }

  bookOf(instrument: number): OrderBook {
    return this.at(instrument).book;
  }

  stopsOf(instrument: number): StopBook {
    return this.at(instrument).stops;
  }

  /** Orders that rest or wait for their trigger. */
  liveOrders(instrument: number): number {
    return this.at(instrument).liveOrders;
  }

  /** Counts an order that became live. */
  orderOpened(instrument: number): void {
    this.at(instrument).liveOrders++;
  }

  /** Counts a live order that ended. */
  orderClosed(instrument: number): void {
    const listing = this.at(instrument);
    assert(listing.liveOrders > 0, 'instruments: the order that ended was live');
    listing.liveOrders--;
  }

  /** Names of the currencies in order of appearance: base before quote, instrument by instrument. */
  get currencies(): readonly string[] {
    return this.currencyNames;
  }

  /** Index of a currency, -1 when no instrument has it. */
  currencyOf(name: string): number {
    return this.currencyNames.indexOf(name);
  }

  /** Index of an instrument's base currency. */
  baseOf(instrument: number): number {
    return this.at(instrument).base;
  }

  quoteOf(instrument: number): number {
    return this.at(instrument).quote;
  }

  private at(instrument: number): Listing {
    assert(instrument >= 0 && instrument < this.listings.length, 'instruments: the instrument exists');
    return this.listings[instrument];
  }

  private add(definition: Instrument): number {
    assert(!this.isFull, 'instruments: there is room for another');
    const base = this.ensureCurrency(definition.base);
    const quote = this.ensureCurrency(definition.quote);
    this.indexes.set(definition.name, this.listings.length);
    return this.listings.push(new Listing(definition, this.orders, base, quote)) - 1;
  }

  private ensureCurrency(name: string): number {
    const known = this.currencyNames.indexOf(name);
    return known >= 0 ? known : this.currencyNames.push(name) - 1;
  }
}

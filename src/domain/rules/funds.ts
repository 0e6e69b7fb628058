// Balances, when they are kept: what live orders hold, what an arriving order must have, what a trade moves (RULES.md,
// Balances). Pure; owned by one engine. Asked only while desk.keepsBalances. Allocates: nothing but growth.

import { assert } from '../../assert.ts';
import type { OrderRows } from '../book/order-rows.ts';
import { Amount } from '../clearing/amount.ts';
import type { Balances } from '../clearing/balances.ts';
import { setBaseNeeded, setHold, setQuoteNeeded } from '../clearing/holds.ts';
import { settleTrade, TradeLegs } from '../clearing/settlement.ts';
import { Side } from '../codes.ts';
import type { InstrumentTable } from '../instrument-table.ts';
import type { Desk } from './desk.ts';

export class Funds {
  private readonly orders: OrderRows;
  private readonly instruments: InstrumentTable;
  private readonly balances: Balances;
  // Scratch, meaningless between calls.
  private readonly needed = new Amount();
  private readonly released = new Amount();
  private readonly legs = new TradeLegs();

  constructor(desk: Desk) {
    this.orders = desk.orders;
    this.instruments = desk.state.instruments;
    this.balances = desk.state.balances;
  }

  /** Holds what a live order with `lots` remaining may still spend. */
  hold(row: number, lots: number): void {
    this.setHoldOf(this.needed, row, lots);
    this.balances.hold(this.spentBy(row), this.needed);
  }

  /** Frees what the order held while `lots` of it remained. */
  release(row: number, lots: number): void {
    this.setHoldOf(this.needed, row, lots);
    this.balances.release(this.spentBy(row), this.needed);
  }

  /** True when the client can hold an order at a price, with what its live order `freed` (-1: none) holds given up. */
  coversHold(client: number, instrument: number, side: Side, priceTicks: number, lots: number, freed: number): boolean {
    if (!setHold(this.needed, side, priceTicks, lots, this.instruments.get(instrument))) return false;
    return this.covers(client, instrument, side, freed);
  }

  /** True when the client can sell `lots`, or buy for `cost` with the taker's fee: what a walk found. */
  coversWalk(client: number, instrument: number, side: Side, lots: number, cost: Amount, freed: number): boolean {
    const definition = this.instruments.get(instrument);
    if (side === Side.SELL) setBaseNeeded(this.needed, lots, definition);
    else if (!setQuoteNeeded(this.needed, cost, definition.takerFeeMillionths, definition)) return false;
    return this.covers(client, instrument, side, freed);
  }

  /** Moves what a trade moves between its two orders' clients. What they held for it is released before. */
  move(buy: number, sell: number, lots: number, notional: Amount, buyFee: Amount, sellFee: Amount): void {
    const { legs, orders, instruments } = this;
    const instrument = orders.instrument(buy);
    legs.base = instruments.baseOf(instrument);
    legs.quote = instruments.quoteOf(instrument);
    legs.buyer = orders.client(buy);
    legs.seller = orders.client(sell);
    legs.lots = lots;
    legs.notional.copy(notional);
    legs.buyerFee.copy(buyFee);
    legs.sellerFee.copy(sellFee);
    settleTrade(this.balances, instruments.get(instrument), legs);
  }

  private covers(client: number, instrument: number, side: Side, freed: number): boolean {
    if (freed < 0) this.released.set(0, 0);
    else this.setHoldOf(this.released, freed, this.orders.remainingLots(freed));
    return this.balances.canCover(client, this.currencySpent(instrument, side), this.needed, this.released);
  }

  private setHoldOf(hold: Amount, row: number, lots: number): void {
    const { orders } = this;
    const definition = this.instruments.get(orders.instrument(row));
    const fits = setHold(hold, orders.side(row), orders.priceTicks(row), lots, definition);
    assert(fits, 'funds: what a live order holds was covered');
  }

  /** Row of the balance that an order spends. */
  private spentBy(row: number): number {
    const currency = this.currencySpent(this.orders.instrument(row), this.orders.side(row));
    return this.balances.open(this.orders.client(row), currency);
  }

  private currencySpent(instrument: number, side: Side): number {
    return side === Side.SELL ? this.instruments.baseOf(instrument) : this.instruments.quoteOf(instrument);
  }
}

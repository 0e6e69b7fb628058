// What the reference engine does about many orders at once, and what the venue commands: mass cancels, expiry, instruments,
// the kill switch, limits, balances, settlements. Tests and tools only.

import { ALL_INSTRUMENTS, BOTH_SIDES, InstrumentStatus, OrderStatus, RiskMode } from '../codes.ts';
import { INSTRUMENTS_MAX, type Instrument, objectionToInstrument } from '../instrument.ts';
import { Reason } from '../reasons.ts';
import { AMOUNT_LIMIT, ReferenceChecks } from './reference-checks.ts';
import type { ReferenceAnswer, ReferenceCommand, ReferenceMarket, ReferenceOrder } from './reference-types.ts';

export class ReferenceVenue extends ReferenceChecks {
  // --- many orders ---

  protected massCancel({ client, instrument, side }: ReferenceCommand): ReferenceAnswer {
    if (instrument !== ALL_INSTRUMENTS && this.markets[instrument] === undefined) {
      return this.refuse(Reason.INSTRUMENT_UNKNOWN);
    }
    const orders = [...this.live.values()].filter(
      (order) =>
        (client === '' || order.client === client) &&
        (instrument === ALL_INSTRUMENTS || order.instrument === instrument) &&
        (side === BOTH_SIDES || order.side === side),
    );
    orders.sort((a, b) => a.instrument - b.instrument || this.clientOrder(a, b) || a.number - b.number);
    for (const order of orders) this.cancelLive(order, Reason.MASS_CANCELLED);
    return this.applied(orders.length);
  }

  private clientOrder(a: { readonly client: string }, b: { readonly client: string }): number {
    return this.clients.indexOf(a.client) - this.clients.indexOf(b.client);
  }

  /** Rule 13. */
  protected expire(): ReferenceAnswer {
    const orders = [...this.live.values()].filter((order) => this.hasExpired(order));
    orders.sort((a, b) => a.expiresUs - b.expiresUs || a.number - b.number);
    for (const order of orders) this.cancelLive(order, Reason.EXPIRED, OrderStatus.EXPIRED);
    return this.applied(orders.length);
  }

  protected hasExpired(order: ReferenceOrder): boolean {
    return order.expiresUs !== 0 && order.expiresUs <= this.timeUs;
  }

  // --- the venue ---

  protected define(definition: Instrument | undefined): ReferenceAnswer {
    if (definition === undefined || objectionToInstrument(definition) !== '') {
      return this.refuse(Reason.INSTRUMENT_INVALID);
    }
    const index = this.markets.findIndex(({ instrument }) => instrument.name === definition.name);
    if (index < 0) {
      if (this.markets.length >= INSTRUMENTS_MAX) return this.refuse(Reason.INSTRUMENTS_FULL);
      this.addMarket({ ...definition });
      return this.applied(this.markets.length - 1);
    }
    const market = this.markets[index];
    const reason = this.whyNotRedefined(market, definition);
    if (reason !== Reason.NONE) return this.refuse(reason);
    market.instrument = { ...definition, status: market.instrument.status };
    return this.applied(index);
  }

  protected whyNotRedefined(market: ReferenceMarket, definition: Instrument): Reason {
    const { instrument } = market;
    for (const name of ['base', 'quote', 'priceScale', 'quantityScale'] as const) {
      if (instrument[name] !== definition[name]) return Reason.INSTRUMENT_IMMUTABLE;
    }
    const hasOtherFees =
      instrument.makerFeeMillionths !== definition.makerFeeMillionths ||
      instrument.takerFeeMillionths !== definition.takerFeeMillionths;
    const isLive = this.liveIn(market).length > 0;
    const movesHolds = hasOtherFees && this.riskMode === RiskMode.BALANCES;
    return isLive && movesHolds ? Reason.INSTRUMENT_BUSY : Reason.NONE;
  }

  protected setStatus(command: ReferenceCommand): ReferenceAnswer {
    const market = this.markets[command.instrument];
    if (market === undefined) return this.refuse(Reason.INSTRUMENT_UNKNOWN);
    const status = command.value as InstrumentStatus;
    if (status === InstrumentStatus.DELISTED && this.liveIn(market).length > 0)
      return this.refuse(Reason.INSTRUMENT_BUSY);
    market.instrument = { ...market.instrument, status };
    return this.applied(command.instrument);
  }

  protected setLimits(command: ReferenceCommand): ReferenceAnswer {
    const { client, instrument, maxOpenOrders, maxOrderQuantity, maxOrderNotional, maxPosition } = command;
    if (this.markets[instrument] === undefined) return this.refuse(Reason.INSTRUMENT_UNKNOWN);
    if (this.lacksAccount(client, instrument)) return this.refuse(Reason.CLIENTS_FULL);
    this.intern(client);
    this.openAccount(client, instrument);
    Object.assign(this.accountOf(client, instrument), {
      maxOpenOrders,
      maxOrderQuantity,
      maxOrderNotional,
      maxPosition,
    });
    return this.applied(0);
  }

  protected adjustBalance({ client, currency, amount }: ReferenceCommand): ReferenceAnswer {
    if (this.riskMode !== RiskMode.BALANCES) return this.refuse(Reason.BALANCES_OFF);
    const name = this.currencies[currency];
    if (name === undefined) return this.refuse(Reason.CURRENCY_UNKNOWN);
    if (this.lacksBalance(client, name)) return this.refuse(Reason.CLIENTS_FULL);
    const balance = this.balanceOf(client, name) + amount;
    if (amount < 0n && balance < this.heldBy(client, name)) return this.refuse(Reason.FUNDS_HELD);
    if (amount > 0n && this.totalOf(name) + amount >= AMOUNT_LIMIT) return this.refuse(Reason.AMOUNT_OVERFLOW);
    this.intern(client);
    this.moveBalance(client, name, amount);
    return this.applied(0);
  }

  /** The client never had any of the currency, and there is no room for another balance. */
  protected lacksBalance(client: string, currency: string): boolean {
    return !this.balances.has(`${currency} ${client}`) && this.balances.size >= this.limits.accountsMax;
  }

  protected setRiskMode({ value }: ReferenceCommand): ReferenceAnswer {
    if (value !== this.riskMode && this.live.size > 0) return this.refuse(Reason.RISK_MODE_BUSY);
    this.riskMode = value === RiskMode.BALANCES ? RiskMode.BALANCES : RiskMode.OFF;
    return this.applied(0);
  }

  protected closeSettlement(): ReferenceAnswer {
    this.settlementCycle++;
    const accounts = [...this.accounts.values()].filter(
      (account) => account.cycleBase !== 0n || account.cycleQuote !== 0n,
    );
    accounts.sort((a, b) => this.clientOrder(a, b) || a.instrument - b.instrument);
    for (const account of accounts) {
      this.events.push({ kind: 'obligation', cycle: this.settlementCycle, account: { ...account } });
      account.cycleBase = 0n;
      account.cycleQuote = 0n;
    }
    return this.applied(this.settlementCycle);
  }

  // --- answers ---

  protected applied(value: number): ReferenceAnswer {
    this.events.push({ kind: 'applied', value });
    return { value };
  }

  protected refuse(reason: Reason, order?: ReferenceOrder): ReferenceAnswer {
    this.events.push({ kind: 'refused', reason, order: order === undefined ? undefined : { ...order } });
    return { refused: reason };
  }
}

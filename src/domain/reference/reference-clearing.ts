// Positions, fees, balances and holds of the reference engine, in BigInt [16]. Tests and tools only.

import { OrderFlag, OrderType, RiskMode, Side } from '../codes.ts';
import { AMOUNT_SCALE, type Instrument } from '../instrument.ts';
import { ReferenceState, remainingOf } from './reference-state.ts';
import type { ReferenceAccount, ReferenceOrder } from './reference-types.ts';

export class ReferenceClearing extends ReferenceState {
  /** What an order pays on a notional: rounded down, so that it never pays a fraction too much and gets none too little. */
  protected feeOf(notional: bigint, millionths: number): bigint {
    return floorDivide(notional * BigInt(millionths), 1_000_000n);
  }

  /** What a trade does to its two orders' clients, the maker's first. */
  protected clear(order: ReferenceOrder, price: number, quantity: number, fee: bigint): void {
    const account = this.accountOf(order.client, order.instrument);
    const { instrument } = this.marketOf(order);
    const sign = order.side === Side.BUY ? 1n : -1n;
    const lots = BigInt(quantity);
    const notional = BigInt(price) * lots;
    this.movePosition(account, sign, lots, BigInt(price));
    account.fees += fee;
    account.cycleBase += sign * lots;
    account.cycleQuote -= sign * notional + fee;
    if (this.riskMode !== RiskMode.BALANCES) return;
    this.moveBalance(order.client, instrument.base, sign * lots * baseUnit(instrument));
    this.moveBalance(order.client, instrument.quote, -(sign * notional + fee) * quoteUnit(instrument));
  }

  /** Closes what is on the other side first, at the average it was entered at; the rest opens. */
  protected movePosition(account: ReferenceAccount, sign: bigint, lots: bigint, price: bigint): void {
    let opening = lots;
    if (account.net * sign < 0n) {
      const held = magnitude(account.net);
      const closing = lots < held ? lots : held;
      const costClosed = this.costLeaving(account, closing);
      // Sold for more than it cost is profit; so is bought back for less than it was sold at.
      account.realised += -sign * (price * closing - costClosed);
      account.cost += sign * costClosed;
      account.net += sign * closing;
      opening = lots - closing;
    }
    account.net += sign * opening;
    account.cost += sign * price * opening;
  }

  protected costLeaving(account: ReferenceAccount, closing: bigint): bigint {
    return (magnitude(account.cost) * closing) / magnitude(account.net);
  }

  balanceOf(client: string, currency: string): bigint {
    return this.balances.get(`${currency} ${client}`) ?? 0n;
  }

  /** What all clients together have of a currency. */
  protected totalOf(currency: string): bigint {
    let total = 0n;
    for (const [name, amount] of this.balances) if (name.startsWith(`${currency} `)) total += amount;
    return total;
  }

  protected moveBalance(client: string, currency: string, amount: bigint): void {
    this.balances.set(`${currency} ${client}`, this.balanceOf(client, currency) + amount);
  }

  /** The sum of what the client's live orders hold in the currency; nothing while balances are not kept. */
  heldBy(client: string, currency: string): bigint {
    let held = 0n;
    if (this.riskMode !== RiskMode.BALANCES) return held;
    for (const order of this.live.values()) {
      if (order.client === client && this.currencySpent(order) === currency) held += this.holdOf(order);
    }
    return held;
  }

  protected currencySpent(order: ReferenceOrder): string {
    const { instrument } = this.marketOf(order);
    return order.side === Side.SELL ? instrument.base : instrument.quote;
  }

  /** What an order with a price may still spend. */
  protected holdOf(order: ReferenceOrder): bigint {
    const { instrument } = this.marketOf(order);
    const lots = BigInt(remainingOf(order));
    if (order.side === Side.SELL) return lots * baseUnit(instrument);
    const notional = BigInt(order.price) * lots;
    const fee = this.feeOf(notional, Math.max(instrument.makerFeeMillionths, instrument.takerFeeMillionths));
    return (notional + (fee > 0n ? fee : 0n)) * quoteUnit(instrument);
  }

  /** Lots on one side that are live and not executed: stops and hidden parts included. */
  protected openLots(client: string, instrument: number, side: Side): bigint {
    const { bids, asks, stops } = this.markets[instrument];
    let lots = 0n;
    for (const orders of [side === Side.BUY ? bids : asks, stops]) {
      for (const order of orders) {
        if (order.client === client && order.side === side) lots += BigInt(remainingOf(order));
      }
    }
    return lots;
  }
}

/** One lot of base and one tick x lot of quote, in units of 10^-14 of the currency. */
function baseUnit(instrument: Instrument): bigint {
  return 10n ** BigInt(AMOUNT_SCALE - instrument.quantityScale);
}

export function quoteUnit(instrument: Instrument): bigint {
  return 10n ** BigInt(AMOUNT_SCALE - instrument.priceScale - instrument.quantityScale);
}

/** A market order by what it may spend or earn. */
export function isByAmount(order: { readonly flags: number }): boolean {
  return (order.flags & OrderFlag.QUOTE_AMOUNT) !== 0;
}

export function isMarket(order: { readonly orderType: OrderType }): boolean {
  return order.orderType === OrderType.MARKET;
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}

export function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

// What an engine's rows say, as the plain objects of the in-process exchange. Pure; reads one engine and changes nothing.
// Allocates: every answer.

import type { OrderRows } from './book/order-rows.ts';
import { toBigInt } from './clearing/exact.ts';
import { isLive, OrderFlag, OrderType, Side } from './codes.ts';
import type { Engine } from './engine.ts';
import { ORDER_STATUS_NAMES, SELF_TRADE_NAMES, TIME_IN_FORCE_NAMES } from './plain-names.ts';
import type { Balance, Obligation, OrderState, Position, SideName, Trade } from './plain-objects.ts';
import { reasonName } from './reasons.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class PlainViews {
  private readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** An order as a row of the engine's orders or of its results says it. */
  order(orders: OrderRows, row: number): OrderState {
    const { instruments } = this.engine;
    const instrument = orders.instrument(row);
    const flags = orders.flags(row);
    return {
      orderNumber: orders.number(row),
      clientId: this.clientId(orders.client(row)),
      instrument: instrument < instruments.count ? instruments.get(instrument).name : '',
      side: sideName(orders.side(row)),
      type: orders.orderType(row) === OrderType.MARKET ? 'market' : 'limit',
      timeInForce: TIME_IN_FORCE_NAMES(orders.timeInForce(row)),
      selfTrade: SELF_TRADE_NAMES(orders.selfTrade(row)),
      postOnly: (flags & OrderFlag.POST_ONLY) !== 0,
      priceTicks: orders.priceTicks(row),
      quantityLots: orders.quantityLots(row),
      executedLots: orders.executedLots(row),
      preventedLots: orders.preventedLots(row),
      remainingLots: isLive(orders.status(row)) ? orders.remainingLots(row) : 0,
      openLots: orders.shownLots(row),
      displayLots: orders.displayLots(row),
      stopPriceTicks: orders.stopPriceTicks(row),
      triggered: (flags & OrderFlag.TRIGGERED) !== 0,
      expiresUs: orders.expiresUs(row),
      createdUs: orders.createdUs(row),
      updatedUs: orders.updatedUs(row),
      notional: toBigInt(orders.notionalHigh(row), orders.notionalLow(row)),
      status: ORDER_STATUS_NAMES(orders.status(row)),
      reason: reasonName(orders.reason(row)),
    };
  }

  /** The trade being told: its arguments are those of `onTrade`. */
  trade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): Trade {
    const { orders, tradeFees } = this.engine;
    return {
      tradeNumber,
      makerOrder: orders.number(maker),
      takerOrder: orders.number(taker),
      makerClientId: this.clientId(orders.client(maker)),
      takerClientId: this.clientId(orders.client(taker)),
      takerSide: sideName(orders.side(taker)),
      priceTicks,
      quantityLots,
      makerFee: toBigInt(tradeFees[0], tradeFees[1]),
      takerFee: toBigInt(tradeFees[2], tradeFees[3]),
    };
  }

  /** The obligation being told: its arguments are those of `onObligation`. */
  obligation(cycle: number, account: number): Obligation {
    const { accounts, instruments } = this.engine;
    return {
      cycle,
      clientId: this.clientId(accounts.clientOf(account)),
      instrument: instruments.get(accounts.instrumentOf(account)).name,
      baseLots: accounts.cycleNetLots(account),
      quoteAmount: toBigInt(accounts.cycleQuoteHigh(account), accounts.cycleQuoteLow(account)),
    };
  }

  /** All zeros for no account, -1. */
  position(account: number): Position {
    const { accounts } = this.engine;
    if (account < 0) {
      const nothing = { netLots: 0, cost: 0n, realised: 0n, fees: 0n };
      return { ...nothing, openBuyLots: 0, openSellLots: 0, openOrders: 0 };
    }
    return {
      netLots: accounts.netLots(account),
      cost: toBigInt(accounts.costHigh(account), accounts.costLow(account)),
      realised: toBigInt(accounts.realisedHigh(account), accounts.realisedLow(account)),
      fees: toBigInt(accounts.feesHigh(account), accounts.feesLow(account)),
      openBuyLots: accounts.openBuyLots(account),
      openSellLots: accounts.openSellLots(account),
      openOrders: accounts.openOrders(account),
    };
  }

  /** Zeros for a client that never had any of the currency. Throws RangeError for a currency that no instrument has. */
  balance(clientId: string, currency: string): Balance {
    const { balances, instruments } = this.engine;
    const client = this.clientNumber(clientId);
    const index = instruments.currencyOf(currency);
    if (index < 0) throw new RangeError(`no currency ${currency}`);
    const row = client < 0 ? -1 : balances.find(client, index);
    if (row < 0) return { total: 0n, held: 0n };
    const total = toBigInt(balances.balanceHigh(row), balances.balanceLow(row));
    return { total, held: toBigInt(balances.heldHigh(row), balances.heldLow(row)) };
  }

  /** -1 for a client that was never seen. */
  clientNumber(clientId: string): number {
    const bytes = encoder.encode(clientId);
    return this.engine.clients.find(bytes, 0, bytes.length);
  }

  private clientId(client: number): string {
    return decoder.decode(this.engine.clients.bytesOf(client));
  }
}

function sideName(side: Side): SideName {
  return side === Side.BUY ? 'buy' : 'sell';
}

// A client's positions and balances as JSON: answers to reads, from the engine's state. The follower's thread; rare, so it
// allocates. Amounts are exact texts: in quote at price scale + quantity scale, balances at AMOUNT_SCALE.

import type { Accounts } from '../domain/clearing/accounts.ts';
import type { Balances } from '../domain/clearing/balances.ts';
import { highLimb, lowLimb, toBigInt } from '../domain/clearing/exact.ts';
import { AMOUNT_SCALE, type Instrument } from '../domain/instrument.ts';
import { averagePriceTicks } from './average-price.ts';
import { formatDecimal } from './decimal.ts';
import { formatPair, formatScaled } from './decimal-pair.ts';

/** What is read of the engine. */
export interface AccountSource {
  readonly accounts: Accounts;
  readonly balances: Balances;
  readonly instruments: { get(index: number): Instrument; readonly currencies: readonly string[] };
}

/** Every instrument in which client number `client` has an account, by instrument; none when it is -1. */
export function positionsJson(engine: AccountSource, client: number, clientId: string): string {
  const positions: object[] = [];
  if (client >= 0) {
    engine.accounts.forEachOf(client, (account) => {
      const instrument = engine.instruments.get(engine.accounts.instrumentOf(account));
      positions.push(positionFacts(engine.accounts, account, instrument));
    });
  }
  return JSON.stringify({ client_id: clientId, positions });
}

function positionFacts(accounts: Accounts, account: number, instrument: Instrument): object {
  const { name, priceScale, quantityScale } = instrument;
  const net = accounts.netLots(account);
  const lots = (value: number) => formatScaled(BigInt(value), quantityScale);
  const amount = (high: number, low: number) => formatPair(high, low, priceScale + quantityScale);
  return {
    instrument: name,
    net_quantity: lots(net),
    average_price: net === 0 ? null : formatDecimal(averageEntryTicks(accounts, account, net), priceScale),
    cost: amount(accounts.costHigh(account), accounts.costLow(account)),
    realised_profit: amount(accounts.realisedHigh(account), accounts.realisedLow(account)),
    fees: amount(accounts.feesHigh(account), accounts.feesLow(account)),
    cycle_net_quantity: lots(accounts.cycleNetLots(account)),
    cycle_net_amount: amount(accounts.cycleQuoteHigh(account), accounts.cycleQuoteLow(account)),
    open_orders: accounts.openOrders(account),
    open_buy_quantity: lots(accounts.openBuyLots(account)),
    open_sell_quantity: lots(accounts.openSellLots(account)),
    limits: limitFacts(accounts, account, instrument),
  };
}

/** The signed cost by the signed position, which have the same sign. */
function averageEntryTicks(accounts: Accounts, account: number, net: number): number {
  const cost = toBigInt(accounts.costHigh(account), accounts.costLow(account));
  const magnitude = cost < 0n ? -cost : cost;
  return averagePriceTicks(highLimb(magnitude), lowLimb(magnitude), Math.abs(net));
}

/** null where there is no limit. */
function limitFacts(accounts: Accounts, account: number, { priceScale, quantityScale }: Instrument): object {
  const lots = (value: number) => (value === 0 ? null : formatDecimal(value, quantityScale));
  const high = accounts.maxOrderNotionalHigh(account);
  const low = accounts.maxOrderNotionalLow(account);
  return {
    max_open_orders: accounts.maxOpenOrders(account) || null,
    max_order_quantity: lots(accounts.maxOrderLots(account)),
    max_order_notional: high === 0 && low === 0 ? null : formatPair(high, low, priceScale + quantityScale),
    max_position: lots(accounts.maxPositionLots(account)),
  };
}

/** Every currency that client number `client` ever had, by currency; none when it is -1. */
export function balancesJson(engine: AccountSource, client: number, clientId: string): string {
  const { balances: rows, instruments } = engine;
  const balances: object[] = [];
  for (const [index, currency] of instruments.currencies.entries()) {
    const row = client < 0 ? -1 : rows.find(client, index);
    if (row < 0) continue;
    const balance = toBigInt(rows.balanceHigh(row), rows.balanceLow(row));
    const held = toBigInt(rows.heldHigh(row), rows.heldLow(row));
    balances.push({
      currency,
      balance: formatScaled(balance, AMOUNT_SCALE),
      held: formatScaled(held, AMOUNT_SCALE),
      available: formatScaled(balance - held, AMOUNT_SCALE),
    });
  }
  return JSON.stringify({ client_id: clientId, balances });
}

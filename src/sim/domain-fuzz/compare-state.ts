// What both engines hold, compared: a quick look at the book of one instrument after every command, everything from time
// to time. Each function returns how they differ, '' when they do not. Pure; reads only.

import { toBigInt } from '../../domain/clearing/exact.ts';
import { Side } from '../../domain/codes.ts';
import type { Engine } from '../../domain/engine.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { ReferenceEngine } from '../../domain/reference/reference-engine.ts';
import { isBetter, remainingOf } from '../../domain/reference/reference-state.ts';
import type { ReferenceAccount, ReferenceMarket, ReferenceOrder } from '../../domain/reference/reference-types.ts';
import type { Narrator } from './narrator.ts';
import type { ReferenceTracer } from './reference-tracer.ts';
import { areSame, Trace } from './trace.ts';

const SIDES = [Side.BUY, Side.SELL];

export class StateComparison {
  private readonly reference: ReferenceEngine;
  private readonly tracer: ReferenceTracer;
  private readonly expected = new Trace();
  private readonly found = new Trace();
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(reference: ReferenceEngine, tracer: ReferenceTracer) {
    this.reference = reference;
    this.tracer = tracer;
  }

  /** Counters, and the book of the instrument a command was about. */
  quick(fast: Engine, index: number): string {
    const { reference } = this;
    if (fast.sequence !== reference.sequence) return differ('sequence', reference.sequence, fast.sequence);
    if (fast.timeUs !== reference.timeUs) return differ('time', reference.timeUs, fast.timeUs);
    if (fast.lastTradeNumber !== reference.lastTrade) {
      return differ('last trade', reference.lastTrade, fast.lastTradeNumber);
    }
    if (fast.openOrders !== reference.live.size) return differ('open orders', reference.live.size, fast.openOrders);
    if (fast.clients.count !== reference.clients.length) {
      return differ('clients', reference.clients.length, fast.clients.count);
    }
    const keys = fast.idempotencyKeys;
    if (keys !== reference.keys.size) return differ('keys', reference.keys.size, keys);
    const market = reference.markets[index];
    if (market === undefined) return '';
    const lastPrice = fast.instruments.lastPriceTicks(index);
    if (lastPrice !== market.lastPrice) return differ(`last price of ${index}`, market.lastPrice, lastPrice);
    return this.quickSide(fast, index, Side.BUY) || this.quickSide(fast, index, Side.SELL);
  }

  /** What stands where, and how much of it shows. */
  private quickSide(fast: Engine, index: number, side: Side): string {
    const expected = sideOf(this.reference.markets[index], side);
    let place = 0;
    let difference = '';
    fast.forEachOrder(index, side, (row) => {
      const order = expected[place++];
      const isSame =
        order !== undefined &&
        fast.orders.number(row) === order.number &&
        fast.orders.shownLots(row) === order.open &&
        fast.orders.remainingLots(row) === remainingOf(order);
      if (!isSame) {
        const should = order === undefined ? 'nobody' : `#${order.number} showing ${order.open}`;
        const is = `#${fast.orders.number(row)} showing ${fast.orders.shownLots(row)}`;
        difference = differ(`place ${place} of instrument ${index}, side ${side}`, should, is);
      }
      return isSame;
    });
    if (difference !== '' || place === expected.length) return difference;
    return differ(`orders of instrument ${index}, side ${side}`, expected.length, place);
  }

  /** Everything. */
  full(fast: Engine, narrator: Narrator): string {
    return (
      this.counters(fast) ||
      this.clients(fast) ||
      this.instruments(fast) ||
      this.books(fast, narrator) ||
      this.accounts(fast) ||
      this.balances(fast)
    );
  }

  private counters(fast: Engine): string {
    const { reference } = this;
    if (fast.killSwitch !== reference.killSwitch) return differ('kill switch', reference.killSwitch, fast.killSwitch);
    if (fast.riskMode !== reference.riskMode) return differ('risk mode', reference.riskMode, fast.riskMode);
    const { settlementCycle } = reference;
    if (fast.settlementCycle !== settlementCycle) return differ('cycle', settlementCycle, fast.settlementCycle);
    const oldest = reference.keys.values().next().value?.timeUs ?? 0;
    if (fast.oldestKeyUs !== oldest) return differ('oldest key', oldest, fast.oldestKeyUs);
    const expiries = [...reference.live.values()].map((order) => order.expiresUs).filter((time) => time !== 0);
    const next = expiries.length === 0 ? 0 : Math.min(...expiries);
    return fast.nextExpiryUs === next ? '' : differ('next expiry', next, fast.nextExpiryUs);
  }

  private clients(fast: Engine): string {
    const { clients } = this.reference;
    for (let number = 0; number < clients.length; number++) {
      const name = this.decoder.decode(fast.clients.bytesOf(number));
      if (name !== clients[number]) return differ(`client ${number}`, clients[number], name);
    }
    return '';
  }

  private instruments(fast: Engine): string {
    const { markets, currencies } = this.reference;
    const { instruments } = fast;
    if (instruments.count !== markets.length) return differ('instruments', markets.length, instruments.count);
    if (instruments.currencies.join() !== currencies.join()) {
      return differ('currencies', currencies.join(), instruments.currencies.join());
    }
    for (const [index, market] of markets.entries()) {
      const found = instruments.get(index);
      for (const name of Object.keys(market.instrument) as (keyof Instrument)[]) {
        if (found[name] !== market.instrument[name]) {
          return differ(`${name} of ${index}`, market.instrument[name], found[name]);
        }
      }
      const { lastPrice } = market;
      if (instruments.lastPriceTicks(index) !== lastPrice) {
        return differ(`last price of ${index}`, lastPrice, instruments.lastPriceTicks(index));
      }
    }
    return '';
  }

  private books(fast: Engine, narrator: Narrator): string {
    for (const [index, market] of this.reference.markets.entries()) {
      for (const side of SIDES) {
        const where = `instrument ${index}, side ${side}`;
        const orders = sideOf(market, side);
        const difference =
          this.orders(fast, narrator, `${where}, book`, orders, (visit) => fast.forEachOrder(index, side, visit)) ||
          this.orders(fast, narrator, `${where}, stops`, stopsOf(market, side), (visit) =>
            fast.forEachStop(index, side, visit),
          ) ||
          this.quickSide(fast, index, side) ||
          this.levels(fast, index, side, orders);
        if (difference !== '') return difference;
      }
    }
    return '';
  }

  private orders(
    fast: Engine,
    narrator: Narrator,
    where: string,
    orders: readonly ReferenceOrder[],
    forEach: (visit: (row: number) => void) => void,
  ): string {
    const { expected, found } = this;
    expected.clear();
    found.clear();
    for (const order of orders) this.tracer.writeOrder(expected, order);
    let lost = '';
    forEach((row) => {
      narrator.order(fast.orders, row, found);
      const number = fast.orders.number(row);
      if (fast.findOrder(number) !== row) lost = `${where}: #${number} is not found by its number`;
    });
    if (areSame(expected, found)) return lost;
    const write = (trace: Trace): string => [...trace.numbers.subarray(0, trace.length)].join(' ');
    return differ(where, write(expected), write(found));
  }

  private levels(fast: Engine, index: number, side: Side, orders: readonly ReferenceOrder[]): string {
    const levels = new Map<number, { shown: number; orders: number }>();
    for (const order of orders) {
      const level = levels.get(order.price) ?? { shown: 0, orders: 0 };
      levels.set(order.price, { shown: level.shown + order.open, orders: level.orders + 1 });
    }
    const found: string[] = [];
    fast.forEachLevel(index, side, (price, lots, count) => {
      const depth = fast.depthAt(index, side, price);
      found.push(`${price}: ${lots} in ${count}${depth === lots ? '' : `, but its depth is ${depth}`}`);
    });
    const expected = [...levels].map(([price, level]) => `${price}: ${level.shown} in ${level.orders}`);
    if (expected.join() !== found.join()) return differ(`levels of ${index}/${side}`, expected.join(), found.join());
    const best = orders[0]?.price ?? 0;
    const foundBest = fast.bestPriceTicks(index, side);
    return foundBest === best ? '' : differ(`best price of ${index}/${side}`, best, foundBest);
  }

  /** In canonical order. The reference has accounts that it only looked at; those that count, it counts. */
  private accounts(fast: Engine): string {
    const { reference, tracer } = this;
    const { size } = reference.opened;
    if (fast.accounts.count !== size) return differ('number of accounts', size, fast.accounts.count);
    const known = [...reference.accounts.values()].filter((account) => tracer.clientNumber(account.client) >= 0);
    const number = (account: ReferenceAccount): number => tracer.clientNumber(account.client);
    known.sort((a, b) => number(a) - number(b) || a.instrument - b.instrument);
    const expected = known.map((account) => this.accountLine(account)).filter((line) => !isEmpty(line));
    const found: string[] = [];
    fast.accounts.forEach((account) => {
      const line = fastAccountLine(fast, account);
      if (!isEmpty(line)) found.push(line);
    });
    return firstDifference('accounts', expected, found);
  }

  private accountLine(account: ReferenceAccount): string {
    const { client, instrument, net, cost, realised, fees, cycleBase, cycleQuote } = account;
    const { bids, asks, stops } = this.reference.markets[instrument];
    const own = [...bids, ...asks, ...stops].filter((order) => order.client === client);
    const open = (side: Side): number =>
      own.filter((order) => order.side === side).reduce((sum, order) => sum + remainingOf(order), 0);
    const { maxOpenOrders, maxOrderQuantity, maxOrderNotional, maxPosition } = account;
    return (
      `${this.tracer.clientNumber(client)}/${instrument}: net ${net} cost ${cost} realised ${realised} fees ${fees} ` +
      `cycle ${cycleBase} ${cycleQuote} open ${open(Side.BUY)} ${open(Side.SELL)} ${own.length} ` +
      `limits ${maxOpenOrders} ${maxOrderQuantity} ${maxOrderNotional} ${maxPosition}`
    );
  }

  private balances(fast: Engine): string {
    const { reference } = this;
    const { size } = reference.balances;
    if (fast.balances.count !== size) return differ('number of balances', size, fast.balances.count);
    const expected: string[] = [];
    for (const client of reference.clients) {
      for (const currency of reference.currencies) {
        const balance = reference.balanceOf(client, currency);
        const held = reference.heldBy(client, currency);
        if (balance !== 0n || held !== 0n) expected.push(`${client} ${currency}: ${balance} held ${held}`);
      }
    }
    const found: string[] = [];
    const { balances } = fast;
    balances.forEach((row) => {
      const balance = toBigInt(balances.balanceHigh(row), balances.balanceLow(row));
      const held = toBigInt(balances.heldHigh(row), balances.heldLow(row));
      const client = this.decoder.decode(fast.clients.bytesOf(balances.clientOf(row)));
      const currency = fast.instruments.currencies[balances.currencyOf(row)];
      if (balance !== 0n || held !== 0n) found.push(`${client} ${currency}: ${balance} held ${held}`);
    });
    return firstDifference('balances', expected, found);
  }
}

function fastAccountLine({ accounts }: Engine, account: number): string {
  const cost = toBigInt(accounts.costHigh(account), accounts.costLow(account));
  const realised = toBigInt(accounts.realisedHigh(account), accounts.realisedLow(account));
  const fees = toBigInt(accounts.feesHigh(account), accounts.feesLow(account));
  const cycleQuote = toBigInt(accounts.cycleQuoteHigh(account), accounts.cycleQuoteLow(account));
  const notional = toBigInt(accounts.maxOrderNotionalHigh(account), accounts.maxOrderNotionalLow(account));
  return (
    `${accounts.clientOf(account)}/${accounts.instrumentOf(account)}: net ${accounts.netLots(account)} cost ${cost} ` +
    `realised ${realised} fees ${fees} cycle ${accounts.cycleNetLots(account)} ${cycleQuote} ` +
    `open ${accounts.openBuyLots(account)} ${accounts.openSellLots(account)} ${accounts.openOrders(account)} ` +
    `limits ${accounts.maxOpenOrders(account)} ${accounts.maxOrderLots(account)} ${notional} ` +
    `${accounts.maxPositionLots(account)}`
  );
}

/** Nothing but zeros after the name. */
function isEmpty(line: string): boolean {
  return !/[1-9]/.test(line.slice(line.indexOf(':')));
}

function sideOf(market: ReferenceMarket, side: Side): readonly ReferenceOrder[] {
  return side === Side.BUY ? market.bids : market.asks;
}

/** Waiting stops in the order they are triggered in. */
function stopsOf(market: ReferenceMarket, side: Side): readonly ReferenceOrder[] {
  const stops = market.stops.filter((stop) => stop.side === side);
  return stops.sort((a, b) => {
    if (a.stopPrice === b.stopPrice) return a.number - b.number;
    // Buys from the lowest up: the worse price of the side first.
    return isBetter(side, a.stopPrice, b.stopPrice) ? 1 : -1;
  });
}

function differ(what: string, expected: unknown, found: unknown): string {
  return `${what}:\n  reference: ${String(expected)}\n  engine:    ${String(found)}`;
}

/** For lists of lines; of two lines with fields, those that differ are named. */
export function firstDifference(where: string, expected: readonly string[], found: readonly string[]): string {
  for (let i = 0; i < Math.max(expected.length, found.length); i++) {
    if (expected[i] === found[i]) continue;
    const [should, is] = [expected[i] ?? '(nothing)', found[i] ?? '(nothing)'];
    const others = is.split(', ');
    const fields = should.split(', ').filter((field) => !others.includes(field));
    return `${differ(`${where}, ${i}`, should, is)}\n  the engine does not say: ${fields.join(', ')}`;
  }
  return '';
}

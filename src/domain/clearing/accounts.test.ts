// Accounts against a model in BigInt: positions, what trades cost and earned, open orders, limits, settlement cycles.

import { describe, expect, it } from 'vitest';
import { Random } from '../../sim/testing/random.ts';
import { OrderRows } from '../book/order-rows.ts';
import { Side } from '../codes.ts';
import { Reason } from '../reasons.ts';
import { Accounts, POSITION_LOTS_MAX } from './accounts.ts';
import { Amount } from './amount.ts';
import { PRICE_TICKS_LIMIT, toBigInt } from './exact.ts';
import { setFee } from './fees.ts';
import { amountOf, floorDivide, numberUpTo, signedUpTo } from './testing/values.ts';

/** One account, kept by the words of RULES.md. */
class Model {
  net = 0n;
  cost = 0n;
  realised = 0n;
  fees = 0n;
  quote = 0n;
  cycleNet = 0n;
  cycleQuote = 0n;

  trade(sign: bigint, price: bigint, lots: bigint, fee: bigint): void {
    let opening = lots;
    if (this.net * sign < 0n) {
      const held = abs(this.net);
      const closed = lots < held ? lots : held;
      const share = (abs(this.cost) * closed) / held;
      this.realised += sign < 0n ? price * closed - share : share - price * closed;
      this.cost += sign * share;
      opening -= closed;
    }
    this.cost += sign * price * opening;
    this.net += sign * lots;
    this.fees += fee;
    this.quote -= sign * price * lots;
    this.cycleNet += sign * lots;
    this.cycleQuote -= sign * price * lots + fee;
  }
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function stateOf(accounts: Accounts, account: number): Omit<Model, 'trade' | 'quote'> {
  return {
    net: BigInt(accounts.netLots(account)),
    cost: toBigInt(accounts.costHigh(account), accounts.costLow(account)),
    realised: toBigInt(accounts.realisedHigh(account), accounts.realisedLow(account)),
    fees: toBigInt(accounts.feesHigh(account), accounts.feesLow(account)),
    cycleNet: BigInt(accounts.cycleNetLots(account)),
    cycleQuote: toBigInt(accounts.cycleQuoteHigh(account), accounts.cycleQuoteLow(account)),
  };
}

/** How large prices and quantities of a run are. */
const SIZES = [
  { price: 5, lots: 5 },
  { price: 10_000_000, lots: 10 ** 10 },
  { price: PRICE_TICKS_LIMIT, lots: 2 ** 51 },
];

describe('positions', () => {
  for (const size of SIZES) {
    it(`are kept exactly, and nothing is made or lost, with prices to ${size.price} and lots to ${size.lots}`, () => {
      for (let seed = 1; seed <= 60; seed++) tradeAtRandom(new Random(seed), size);
    });
  }

  /** Four clients trade with each other, now and then with themselves, as far as positions may go. */
  function tradeAtRandom(random: Random, size: { price: number; lots: number }): void {
    const accounts = new Accounts(new OrderRows());
    const models = [0, 1, 2, 3].map(() => new Model());
    const [notional, fee] = [new Amount(), new Amount()];
    let venueFees = 0n;
    let paidFees = 0n;
    for (let step = 0; step < 60; step++) {
      const price = Math.max(1, numberUpTo(random, size.price));
      const lots = Math.max(1, numberUpTo(random, size.lots));
      const [buyer, seller] = [random.below(4), random.below(4)];
      if (models[buyer].net + BigInt(lots) > POSITION_LOTS_MAX) continue;
      if (models[seller].net - BigInt(lots) < -POSITION_LOTS_MAX) continue;
      for (const side of [Side.BUY, Side.SELL]) {
        const client = side === Side.BUY ? buyer : seller;
        const account = accounts.open(client, 0);
        const millionths = Number(signedUpTo(random, 1_000_000n));
        setFee(fee, notional.setProduct(price, lots), millionths);
        const feeLots = floorDivide(BigInt(price) * BigInt(lots) * BigInt(millionths), 1_000_000n);
        accounts.trade(account, side, price, lots, notional, fee);
        models[client].trade(side === Side.BUY ? 1n : -1n, BigInt(price), BigInt(lots), feeLots);
        venueFees += feeLots;
        if (random.below(10) === 0) settle(accounts, account, models[client]);
      }
      check(accounts, models);
    }
    for (const model of models) paidFees += model.fees;
    // Per currency the clients' legs and the venue's, which are the fees it got, sum to zero [16].
    const quoteLegs = models.map((model) => model.quote - model.fees);
    expect(models.reduce((sum, model) => sum + model.net, 0n)).toBe(0n);
    expect(quoteLegs.reduce((sum, leg) => sum + leg, venueFees)).toBe(0n);
    expect(paidFees).toBe(venueFees);
  }

  function settle(accounts: Accounts, account: number, model: Model): void {
    expect(accounts.hasCycle(account)).toBe(model.cycleNet !== 0n || model.cycleQuote !== 0n);
    accounts.closeCycle(account);
    model.cycleNet = 0n;
    model.cycleQuote = 0n;
    expect(accounts.hasCycle(account)).toBe(false);
  }

  function check(accounts: Accounts, models: readonly Model[]): void {
    models.forEach((model, client) => {
      const account = accounts.find(client, 0);
      if (account < 0) return;
      const { quote, ...right } = model;
      const state = stateOf(accounts, account);
      expect(state).toEqual(right);
      // The quote that came in is what was earned less what is still invested.
      expect(quote).toBe(state.realised - state.cost);
      if (state.net === 0n) expect(state.cost).toBe(0n);
    });
  }

  it('stop before they leave what can be computed', () => {
    const accounts = new Accounts(new OrderRows());
    const account = accounts.open(0, 0);
    accounts.setNetLots(account, POSITION_LOTS_MAX);
    const one = new Amount().setNumber(1);
    expect(() => accounts.trade(account, Side.BUY, 1, 1, one, new Amount())).toThrow('within its limit');
  });
});

describe('live orders', () => {
  it('are listed in order of number and counted by side, whatever order they open and close in', () => {
    for (let seed = 1; seed <= 40; seed++) openAndClose(new Random(seed));
  });

  function openAndClose(random: Random): void {
    const orders = new OrderRows();
    const accounts = new Accounts(orders);
    const live: number[] = [];
    for (let step = 1; step <= 200; step++) {
      const kind = random.below(5);
      // Mostly rising numbers; a restored state may bring any order.
      if (kind < 3 || live.length === 0)
        live.push(open(random, orders, accounts, random.below(4) > 0 ? step * 10 : step));
      else if (kind === 3) execute(random, orders, accounts, random.pick(live));
      else close(orders, accounts, live.splice(random.below(live.length), 1)[0]);
      if (step % 20 === 0) expectLists(orders, accounts, live);
    }
  }

  function open(random: Random, orders: OrderRows, accounts: Accounts, number: number): number {
    const order = orders.take();
    orders.clear(order);
    orders.setNumber(order, number);
    orders.setClient(order, random.below(3));
    orders.setInstrument(order, random.below(2));
    orders.setSide(order, random.pick([Side.BUY, Side.SELL]));
    orders.setQuantityLots(order, 1 + random.below(1_000));
    accounts.orderOpened(order);
    expect(orders.account(order)).toBe(accounts.find(orders.client(order), orders.instrument(order)));
    return order;
  }

  function execute(random: Random, orders: OrderRows, accounts: Accounts, order: number): void {
    const lots = random.below(orders.remainingLots(order) + 1);
    orders.setExecutedLots(order, orders.executedLots(order) + lots);
    accounts.openChanged(order, -lots);
  }

  function close(orders: OrderRows, accounts: Accounts, order: number): void {
    accounts.orderClosed(order, orders.remainingLots(order));
    orders.release(order);
  }

  function expectLists(orders: OrderRows, accounts: Accounts, live: readonly number[]): void {
    for (let account = 0; account < accounts.count; account++) {
      const own = live.filter((order) => orders.account(order) === account);
      own.sort((a, b) => orders.number(a) - orders.number(b));
      const listed: number[] = [];
      for (let o = accounts.firstOrder(account); o >= 0; o = orders.accountNext(o)) listed.push(o);
      expect(listed.map((order) => orders.number(order))).toEqual(own.map((order) => orders.number(order)));
      expect(accounts.openOrders(account)).toBe(own.length);
      const openOn = (side: Side) =>
        own.filter((o) => orders.side(o) === side).reduce((sum, o) => sum + orders.remainingLots(o), 0);
      expect(accounts.openBuyLots(account)).toBe(openOn(Side.BUY));
      expect(accounts.openSellLots(account)).toBe(openOn(Side.SELL));
    }
  }

  it('cannot end with more than was open', () => {
    const orders = new OrderRows();
    const accounts = new Accounts(orders);
    const order = open(new Random(1), orders, accounts, 1);
    expect(() => accounts.orderClosed(order, orders.remainingLots(order) + 1)).toThrow('no less than nothing');
  });
});

describe('accounts', () => {
  it('are found again and visited in order of client, then instrument', () => {
    const accounts = new Accounts(new OrderRows());
    const pairs = [
      [7, 3],
      [0, 63],
      [7, 1],
      [2, 0],
    ];
    const opened = pairs.map(([client, instrument]) => accounts.open(client, instrument));
    expect(pairs.map(([client, instrument]) => accounts.open(client, instrument))).toEqual(opened);
    expect(accounts.count).toBe(4);
    expect(accounts.find(7, 2)).toBe(-1);
    expect(accounts.find(9, 0)).toBe(-1);
    const visited: number[][] = [];
    const note = (account: number): void => {
      visited.push([accounts.clientOf(account), accounts.instrumentOf(account)]);
    };
    accounts.forEach(note);
    accounts.forEachOf(7, note);
    expect(visited).toEqual([
      [0, 63],
      [2, 0],
      [7, 1],
      [7, 3],
      [7, 1],
      [7, 3],
    ]);
  });
});

describe('objections', () => {
  const NO_LIMITS = {
    maxOpenOrders: 0,
    maxOrderLots: 0,
    maxOrderNotionalHigh: 0,
    maxOrderNotionalLow: 0,
    maxPositionLots: 0,
  };
  /** An account with this net and these open lots. */
  function accountWith(net: number, openBuys: number, openSells: number): { accounts: Accounts; account: number } {
    const orders = new OrderRows();
    const accounts = new Accounts(orders);
    const account = accounts.open(0, 0);
    accounts.setNetLots(account, net);
    for (const [side, lots] of [
      [Side.BUY, openBuys],
      [Side.SELL, openSells],
    ] as const) {
      const order = orders.take();
      orders.clear(order);
      orders.setSide(order, side);
      orders.setQuantityLots(order, lots);
      accounts.orderOpened(order);
    }
    return { accounts, account };
  }
  const NOTHING = new Amount();

  it('come to a position that could not be computed, on the side of the order only', () => {
    const { accounts, account } = accountWith(-10, 2 ** 52 - 100, 5);
    const ask = (side: Side, lots: number) => accounts.objection(account, side, lots, lots, NOTHING, 1);
    expect(ask(Side.BUY, 110)).toBe(Reason.NONE);
    expect(ask(Side.BUY, 111)).toBe(Reason.POSITION_OVERFLOW);
    expect(accounts.roomLots(account, Side.BUY)).toBe(110);
    expect(ask(Side.SELL, 2 ** 52 - 15)).toBe(Reason.NONE);
    expect(ask(Side.SELL, 2 ** 52 - 14)).toBe(Reason.POSITION_OVERFLOW);
    expect(accounts.roomLots(account, Side.SELL)).toBe(2 ** 52 - 15);
  });

  it('come to an account whose amounts are 2^100 or more in magnitude', () => {
    const { accounts, account } = accountWith(0, 1, 1);
    const ask = () => accounts.objection(account, Side.BUY, 1, 1, NOTHING, 1);
    const setters = ['setRealised', 'setFees', 'setCycleQuote'] as const;
    for (const set of setters) {
      for (const sign of [1n, -1n]) {
        accounts[set](account, amountOf(sign * (2n ** 100n - 1n)));
        expect(ask()).toBe(Reason.NONE);
        accounts[set](account, amountOf(sign * 2n ** 100n));
        expect(ask()).toBe(Reason.POSITION_OVERFLOW);
        accounts[set](account, NOTHING);
      }
    }
  });

  it('come to what is above a limit that is set: quantity, notional, open orders, position, in this order', () => {
    const { accounts, account } = accountWith(10, 20, 30);
    const large = amountOf(2n ** 80n + 1n);
    const ask = () => accounts.objection(account, Side.BUY, 6, 5, large, 3);
    expect(ask()).toBe(Reason.NONE);
    const set = (limits: Partial<typeof NO_LIMITS>) => accounts.setLimits(account, { ...NO_LIMITS, ...limits });
    const above = { maxPositionLots: 34 };
    set(above);
    expect(ask()).toBe(Reason.LIMIT_POSITION);
    set({ ...above, maxOpenOrders: 2 });
    expect(ask()).toBe(Reason.LIMIT_OPEN_ORDERS);
    set({ ...above, maxOpenOrders: 2, maxOrderNotionalHigh: 2 ** 32 });
    expect(ask()).toBe(Reason.LIMIT_ORDER_NOTIONAL);
    set({ ...above, maxOpenOrders: 2, maxOrderNotionalHigh: 2 ** 32, maxOrderLots: 5 });
    expect(ask()).toBe(Reason.LIMIT_ORDER_QUANTITY);
    const exact = {
      maxOrderLots: 6,
      maxOrderNotionalHigh: 2 ** 32,
      maxOrderNotionalLow: 1,
      maxOpenOrders: 3,
      maxPositionLots: 35,
    };
    set(exact);
    expect(ask()).toBe(Reason.NONE);
    expect({
      maxOrderLots: accounts.maxOrderLots(account),
      maxOrderNotionalHigh: accounts.maxOrderNotionalHigh(account),
      maxOrderNotionalLow: accounts.maxOrderNotionalLow(account),
      maxOpenOrders: accounts.maxOpenOrders(account),
      maxPositionLots: accounts.maxPositionLots(account),
    }).toEqual(exact);
    set({});
    expect(ask()).toBe(Reason.NONE);
  });

  it('count a position limit on the side of the order only', () => {
    const { accounts, account } = accountWith(-10, 20, 30);
    accounts.setLimits(account, { ...NO_LIMITS, maxPositionLots: 45 });
    const ask = (side: Side, lots: number) => accounts.objection(account, side, lots, lots, NOTHING, 0);
    expect(ask(Side.BUY, 35)).toBe(Reason.NONE);
    expect(ask(Side.BUY, 36)).toBe(Reason.LIMIT_POSITION);
    expect(ask(Side.SELL, 5)).toBe(Reason.NONE);
    expect(ask(Side.SELL, 6)).toBe(Reason.LIMIT_POSITION);
    expect(accounts.maxOpenOrders(accounts.open(1, 0))).toBe(0);
  });
});

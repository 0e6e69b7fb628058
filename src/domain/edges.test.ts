// What random commands hardly ever reach, as short cases: the engine and the reference must agree on each, and each must
// have come to the outcome it was written for. Outcomes are named as in src/sim/domain-fuzz/fuzz.test.ts.

import { describe, expect, it } from 'vitest';
import { EnginePair } from '../sim/domain-fuzz/engine-pair.ts';
import { HUGE_INDEX } from '../sim/domain-fuzz/instruments.ts';
import { type FuzzStep, step } from '../sim/domain-fuzz/steps.ts';
import { OutcomeCounts } from '../sim/domain-fuzz/trace.ts';
import type { Capacity } from './capacity.ts';
import { CommandType, OrderFlag, OrderType, RiskMode, Side } from './codes.ts';
import { DEFAULT_INSTRUMENTS, INSTRUMENTS_MAX } from './instrument.ts';
import { OrderChange } from './listener.ts';
import { Reason } from './reasons.ts';
import { ReferenceEngine } from './reference/reference-engine.ts';

type Fields = Partial<FuzzStep>;

const [BITCOIN] = DEFAULT_INSTRUMENTS;
/** The largest order, and the highest price. */
const LOTS = 2 ** 51;
const PRICE = 2 ** 46;
const MARKET: Fields = { side: Side.SELL, orderType: OrderType.MARKET };

/** A limit order to buy in the instrument with the largest prices and quantities, unless the fields say otherwise. */
function order(client: string, price: number, quantity: number, fields: Fields = {}): Fields {
  return { type: CommandType.NEW_ORDER, client, instrument: HUGE_INDEX, price, quantity, ...fields };
}

function cancel(client: string, target: number): Fields {
  return { type: CommandType.CANCEL_ORDER, client, target };
}

function twice(fields: Fields): Fields[] {
  return [fields, fields];
}

function sell(client: string, price: number, quantity: number): Fields {
  return order(client, price, quantity, { side: Side.SELL });
}

/** A sell by quote amount, tried first. */
function sellFor(client: string, amount: bigint): Fields {
  return order(client, 0, 0, { ...MARKET, flags: OrderFlag.QUOTE_AMOUNT, amount, dryRun: true });
}

/** The outcome of the last of the steps, which both engines agree on like on all before. */
function lastOutcome(steps: readonly Fields[], capacity?: Capacity): string {
  const counts = new OutcomeCounts();
  const pair = new EnginePair({ capacity }, counts);
  let before = new Map<string, number>();
  steps.forEach((fields, i) => {
    before = counts.byName();
    expect(pair.run(step(fields, i + 1))).toBe('');
  });
  expect(pair.finish()).toBe('');
  const told = [...counts.byName()].filter(([name, times]) => times > (before.get(name) ?? 0));
  return told.map(([name]) => name).join(', ');
}

const rejected = (reason: Reason): string => `order ${OrderChange.REJECTED}/${reason}`;
const done = (reason: Reason): string => `order ${OrderChange.DONE}/${reason}`;
const refused = (reason: Reason): string => `refused ${reason}`;

describe('a position within what can be computed', () => {
  it('an order by quote amount takes what it still has room for, and no more', () => {
    const steps = [
      order('bob', 4, LOTS),
      order('cat', 4, LOTS),
      order('dan', 3, 5),
      // At the best price alone this is no more than there may be.
      sellFor('ann', BigInt(LOTS) * 8n),
    ];
    expect(lastOutcome(steps)).toContain(done(Reason.NONE));
    expect(lastOutcome(steps.with(1, order('cat', 2, LOTS)))).toContain(done(Reason.POSITION_OVERFLOW));
  });

  it('the first order of a client is judged too', () => {
    const steps = [order('bob', 1, 5), sellFor('ann', 2n ** 52n + 1n)];
    expect(lastOutcome(steps)).toBe(rejected(Reason.POSITION_OVERFLOW));
    expect(lastOutcome([steps[0], sellFor('ann', 2n ** 52n)])).toContain(done(Reason.NO_LIQUIDITY));
  });

  it('no more orders when what a client paid has come to 2^100', () => {
    // The largest order at the highest price costs its taker 2^97, and as much again in fees: a sell brings nothing.
    const bought = [sell('bob', PRICE, LOTS), order('ann', PRICE, LOTS)];
    const trip = [...bought, order('bob', PRICE, LOTS), order('ann', 0, LOTS, MARKET)];
    const trips = [...trip, ...trip, ...trip];
    expect(lastOutcome([...trips, order('ann', 1, 1)])).toContain(`order ${OrderChange.RESTED}/0`);
    expect(lastOutcome([...trips, ...bought, order('ann', 1, 1)])).toBe(rejected(Reason.POSITION_OVERFLOW));
  });
});

describe('an engine that is full', () => {
  const capacity = { clientsMax: 2, accountsMax: 2, openOrdersMax: 2 };
  const [one, two] = [order('ann', 10, 5), order('bob', 11, 5)];
  const NEAR = 3;
  const balances = { type: CommandType.SET_RISK_MODE, value: RiskMode.BALANCES };
  const deposit = (client: string, currency: number): Fields => {
    return { type: CommandType.ADJUST_BALANCE, client, currency, amount: 1n };
  };
  const limits = (client: string, instrument: number): Fields => {
    return { type: CommandType.SET_CLIENT_LIMITS, client, instrument };
  };
  const rested = `order ${OrderChange.RESTED}/0`;
  const isFull = refused(Reason.CLIENTS_FULL);
  const killSwitch: Fields = { type: CommandType.SET_KILL_SWITCH, value: 1 };

  it.each<[string, Fields[], string]>([
    ['refuses a stranger’s order', [one, two, order('cat', 12, 5)], isFull],
    ['refuses a stranger’s cancel', [one, two, { type: CommandType.CANCEL_ORDER, client: 'cat', target: 1 }], isFull],
    ['remembers no stranger', [one, two, ...twice({ ...killSwitch, client: 'cat', key: 'k' })], isFull],
    ['asks nobody who names nobody', [one, two, killSwitch], 'applied'],
    ['asks nobody’s name of an expiry', [one, two, { type: CommandType.EXPIRE_ORDERS, client: 'cat' }], 'applied'],
    ['rejects an order that may rest', [one, two, order('ann', 9, 5)], rejected(Reason.ENGINE_FULL)],
    [
      'rejects a stop that may wait',
      [one, two, order('ann', 9, 5, { ...MARKET, flags: OrderFlag.STOP, stopPrice: 9, dryRun: true })],
      rejected(Reason.ENGINE_FULL),
    ],
    ['takes an order that lives no longer than its command', [one, two, order('ann', 0, 5, MARKET)], 'trade'],
    ['has the place that a cancel freed', [one, two, cancel('ann', 1), order('ann', 9, 5)], rested],
    [
      'has the place that a replacement frees',
      [one, two, order('ann', 9, 5, { type: CommandType.REPLACE_ORDER, target: 1, dryRun: true })],
      rested,
    ],
    ['takes an amend', [one, two, { type: CommandType.AMEND_ORDER, client: 'ann', target: 1, price: 9 }], rested],
    [
      'rejects an order that would open an account, even if it could not live on',
      [one, two, order('ann', 0, 5, { ...MARKET, instrument: NEAR })],
      rejected(Reason.ENGINE_FULL),
    ],
    ['keeps an account that has nothing', [one, cancel('ann', 1), two, limits('bob', NEAR)], isFull],
    ['sets the limits of an account', [one, two, limits('bob', HUGE_INDEX)], 'applied'],
    ['opens no account for a rejected order', [order('ann', 0, 5), two, limits('ann', NEAR)], 'applied'],
    ['opens no balance', [balances, deposit('ann', 0), deposit('bob', 0), deposit('ann', 1)], isFull],
    ['adds to a balance', [balances, deposit('ann', 0), deposit('bob', 0), deposit('ann', 0)], 'applied'],
  ])('%s', (_name, steps, outcome) => {
    expect(lastOutcome(steps, capacity)).toContain(outcome);
  });
});

describe('a level that fills up', () => {
  const three = ['bob', 'cat', 'dan'].map((client) => order(client, 100, LOTS));
  const print = [sell('eve', 101, 1), order('eve', 101, 1)];
  const stop = (fields: Fields = {}): Fields =>
    order('ann', 100, LOTS, { flags: OrderFlag.STOP, stopPrice: 101, ...fields });

  it('has no room for a stop that waited meanwhile', () => {
    expect(lastOutcome([stop(), ...three, ...print])).toContain(done(Reason.QUANTITY_OUT_OF_BOUNDS));
    expect(lastOutcome([stop(), ...three.slice(1), ...print])).toContain(`order ${OrderChange.RESTED}/0`);
  });

  it('has no room for a stop that is due at once', () => {
    const steps = [...three, ...print, stop({ dryRun: true })];
    expect(lastOutcome(steps)).toContain(done(Reason.QUANTITY_OUT_OF_BOUNDS));
  });
});

describe('the rest', () => {
  it('an amend may not cut an iceberg into more parts than it could come with', () => {
    const iceberg = (quantity: number): Fields => order('ann', 100, quantity, { display: 5 });
    const amend = (quantity: number): Fields => ({ type: CommandType.AMEND_ORDER, client: 'ann', target: 1, quantity });
    expect(lastOutcome([iceberg(501)])).toBe(rejected(Reason.DISPLAY_INVALID));
    expect(lastOutcome([iceberg(500), amend(501)])).toBe(refused(Reason.AMEND_INVALID));
    expect(lastOutcome([iceberg(400), amend(500)])).toContain(`order ${OrderChange.RESTED}/0`);
  });

  it('a stop-market buy has a protection price where balances are kept', () => {
    const stop = (price: number): Fields => {
      return order('ann', price, 1, { orderType: OrderType.MARKET, flags: OrderFlag.STOP, stopPrice: 9 });
    };
    const balances = { type: CommandType.SET_RISK_MODE, value: RiskMode.BALANCES };
    expect(lastOutcome([balances, stop(0)])).toBe(rejected(Reason.PROTECTION_REQUIRED));
    expect(lastOutcome([balances, stop(10)])).toBe(rejected(Reason.INSUFFICIENT_FUNDS));
  });

  it('a market order that would cost more than a balance can be is not covered', () => {
    const deposit = (client: string, currency: number): Fields => {
      return { type: CommandType.ADJUST_BALANCE, client, currency, amount: 2n ** 98n };
    };
    const { currencies } = new EnginePair({}, new OutcomeCounts()).reference;
    const steps = [
      { type: CommandType.SET_RISK_MODE, value: RiskMode.BALANCES },
      deposit('ann', currencies.indexOf('HUG')),
      deposit('bob', currencies.indexOf('BTC')),
      sell('bob', PRICE, LOTS),
      order('ann', 0, LOTS, { orderType: OrderType.MARKET, dryRun: true }),
    ];
    expect(lastOutcome(steps)).toBe(rejected(Reason.INSUFFICIENT_FUNDS));
  });

  it('a 65th instrument is refused', () => {
    const define = (name: string): Fields => {
      return { type: CommandType.DEFINE_INSTRUMENT, definition: { ...BITCOIN, name } };
    };
    const known = new EnginePair({}, new OutcomeCounts()).reference.markets.length;
    const names = Array.from({ length: INSTRUMENTS_MAX + 1 - known }, (_, i) => `I-${i}`);
    expect(lastOutcome(names.slice(1).map(define))).toBe('applied');
    expect(lastOutcome(names.map(define))).toBe(refused(Reason.INSTRUMENTS_FULL));
  });

  it('the reference tries orders only', () => {
    const reference = new ReferenceEngine(DEFAULT_INSTRUMENTS);
    expect(() => reference.dryRun(1, step({ type: CommandType.MASS_CANCEL }))).toThrow('no order');
  });
});

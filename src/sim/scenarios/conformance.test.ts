// The scenarios of other open matching engines' own tests, run on both of ours. conformance.json holds them as facts, one
// line for each step and expectation:
//   steps        new id client side type time-in-force price quantity [post-only] | cancel id client |
//                amend id client price quantity; `-` is what is not named, an amend's quantity is the new total
//   refused      places of the steps (from 0) that must be refused: rejected, or closed without a fill
//   trades       maker taker price quantity
//   orders       id filled status, with `|` between statuses that engines legitimately differ in
//   book         bids and asks, best first; `checkpoints`: the same after a step (from 0)

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CommandType, OrderFlag, OrderStatus, OrderType, Side, TimeInForce } from '../../domain/codes.ts';
import { DEFAULT_INSTRUMENTS } from '../../domain/instrument.ts';
import { OrderChange } from '../../domain/listener.ts';
import { type FuzzStep, step } from '../domain-fuzz/steps.ts';
import type { ToldEvent } from '../domain-fuzz/trace.ts';
import { MAKERS, type ScenarioEngine } from './scenario-engines.ts';

interface Scenario {
  readonly name: string;
  readonly steps: readonly string[];
  readonly refused?: readonly number[];
  readonly trades: readonly string[];
  readonly orders: readonly string[];
  readonly book: readonly [string, string];
  readonly checkpoints?: readonly (readonly [string, string, string])[];
}

const FILE = new URL('conformance.json', import.meta.url);
const { scenarios }: { readonly scenarios: readonly Scenario[] } = JSON.parse(readFileSync(FILE, 'utf8'));

/**
 * Where we differ, and why. liquibook cancels an order that is amended to what it has executed; by rule 3 it closes as
 * filled, since nothing of its quantity is left unexecuted.
 */
const OURS: Readonly<Record<string, string>> = {
  'liquibook/replace-size-decrease-cancel bid1 100 cancelled': 'bid1 100 filled',
};

const STATUS_NAMES: ReadonlyMap<number, string> = new Map([
  [OrderStatus.OPEN, 'open'],
  [OrderStatus.PARTIALLY_FILLED, 'partially_filled'],
  [OrderStatus.FILLED, 'filled'],
  [OrderStatus.CANCELLED, 'cancelled'],
  [OrderStatus.REJECTED, 'rejected'],
  [OrderStatus.EXPIRED, 'expired'],
]);
const TIMES_IN_FORCE: Readonly<Record<string, TimeInForce>> = TimeInForce;

describe('scenarios of other engines', () => {
  it('are all there', () => {
    expect(scenarios).toHaveLength(65);
  });

  describe.each(MAKERS.map((make) => [make(DEFAULT_INSTRUMENTS).name, make] as const))('on the %s', (_name, make) => {
    it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (_scenarioName, scenario) => {
      new Run(make(DEFAULT_INSTRUMENTS)).check(scenario);
    });
  });
});

/** One scenario on one engine. */
class Run {
  private readonly engine: ScenarioEngine;
  /** Order numbers by the scenario's ids, and back. */
  private readonly numbers = new Map<string, number>();
  private readonly ids = new Map<number, string>();
  private readonly trades: string[] = [];
  private readonly states = new Map<string, string>();
  private sequence = 0;

  constructor(engine: ScenarioEngine) {
    this.engine = engine;
  }

  check(scenario: Scenario): void {
    scenario.steps.forEach((text, place) => {
      const words = text.split(' ');
      const events = this.apply(words);
      const shouldBeRefused = scenario.refused?.includes(place) ?? false;
      expect([place, isRefused(events)]).toEqual([place, shouldBeRefused]);
      for (const [after, ...book] of scenario.checkpoints ?? []) {
        if (Number(after) === place) expect([place, ...this.book()]).toEqual([place, ...book]);
      }
    });
    expect(this.trades).toEqual(scenario.trades);
    expect(this.book()).toEqual(scenario.book);
    for (const expected of scenario.orders) this.checkOrder(OURS[`${scenario.name} ${expected}`] ?? expected);
  }

  private checkOrder(expected: string): void {
    const [id, filled, statuses] = expected.split(' ');
    const acceptable = statuses.split('|').map((status) => `${id} ${filled} ${status}`);
    expect(acceptable).toContain(`${id} ${this.states.get(id)}`);
  }

  private apply(words: readonly string[]): readonly ToldEvent[] {
    this.sequence++;
    const [verb, id] = words;
    if (verb === 'new') {
      this.numbers.set(id, this.sequence);
      this.ids.set(this.sequence, id);
    }
    const events = this.engine.apply(this.stepOf(words));
    for (const { kind, values } of events) {
      const value = (name: string): number => values.get(name) ?? 0;
      if (kind === 'trade') {
        const both = `${this.ids.get(value('maker number'))} ${this.ids.get(value('taker number'))}`;
        this.trades.push(`${both} ${value('price')} ${value('quantity')}`);
      } else if (kind === 'order') {
        const state = `${value('executed')} ${STATUS_NAMES.get(value('status'))}`;
        this.states.set(this.ids.get(value('number')) ?? '', state);
      }
    }
    return events;
  }

  private stepOf([verb, id, client, ...rest]: readonly string[]): FuzzStep {
    const target = this.numbers.get(id) ?? 0;
    const number = (text: string): number => (text === '-' ? 0 : Number(text));
    if (verb === 'cancel') return step({ type: CommandType.CANCEL_ORDER, client, target });
    if (verb === 'amend') {
      const [price, quantity] = rest.map(number);
      return step({ type: CommandType.AMEND_ORDER, client, target, price, quantity });
    }
    const [side, type, timeInForce, price, quantity, postOnly] = rest;
    return step({
      ...{ type: CommandType.NEW_ORDER, client, side: side === 'buy' ? Side.BUY : Side.SELL },
      orderType: type === 'market' ? OrderType.MARKET : OrderType.LIMIT,
      timeInForce: TIMES_IN_FORCE[timeInForce],
      flags: postOnly === 'post-only' ? OrderFlag.POST_ONLY : 0,
      ...{ price: number(price), quantity: number(quantity) },
    });
  }

  private book(): [string, string] {
    return [this.side(Side.BUY), this.side(Side.SELL)];
  }

  private side(side: Side): string {
    const levels = new Map<number, number>();
    for (const { price, shown, hidden } of this.engine.book(0, side)) {
      levels.set(price, (levels.get(price) ?? 0) + shown + hidden);
    }
    return [...levels].map(([price, lots]) => `${price}x${lots}`).join(' ');
  }
}

/** Refused, rejected, or closed without a fill because it could not be filled whole. */
function isRefused(events: readonly ToldEvent[]): boolean {
  return events.some(({ kind, values }) => {
    if (kind.startsWith('refused')) return true;
    const isUnfilled = values.get('time in force') === TimeInForce.FOK && values.get('executed') === 0;
    return values.get('change') === OrderChange.REJECTED || (values.get('change') === OrderChange.DONE && isUnfilled);
  });
}

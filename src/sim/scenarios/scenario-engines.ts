// Both engines behind one face, so that a written scenario runs on either. Tests only.

import { toBigInt } from '../../domain/clearing/exact.ts';
import { Side } from '../../domain/codes.ts';
import { Engine } from '../../domain/engine.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { ReferenceEngine } from '../../domain/reference/reference-engine.ts';
import { remainingOf } from '../../domain/reference/reference-state.ts';
import type { ReferenceOrder } from '../../domain/reference/reference-types.ts';
import { CommandFiller } from '../domain-fuzz/command-filler.ts';
import { Narrator } from '../domain-fuzz/narrator.ts';
import { ReferenceTracer } from '../domain-fuzz/reference-tracer.ts';
import type { FuzzStep } from '../domain-fuzz/steps.ts';
import { decode, type ToldEvent, Trace } from '../domain-fuzz/trace.ts';

/** An order as it stands: in the book in price-time order, or waiting in the order that stops are triggered in. */
export interface StandingOrder {
  readonly number: number;
  readonly client: string;
  readonly price: number;
  readonly stopPrice: number;
  readonly shown: number;
  readonly hidden: number;
}

export interface Holding {
  readonly client: string;
  /** Instrument or currency, by index. */
  readonly of: number;
  readonly values: readonly bigint[];
}

export interface ScenarioEngine {
  readonly name: string;
  apply(step: FuzzStep): readonly ToldEvent[];
  clientName(number: number): string;
  book(instrument: number, side: Side): readonly StandingOrder[];
  stops(instrument: number, side: Side): readonly StandingOrder[];
  /** Net lots, cost, realised, fees. */
  positions(): readonly Holding[];
  /** Balance and what is held of it. */
  balances(): readonly Holding[];
  /** A snapshot is written and an engine made from it goes on. */
  restart(): void;
}

export const MAKERS: readonly ((instruments: readonly Instrument[]) => ScenarioEngine)[] = [
  (instruments) => new FastScenarioEngine(instruments),
  (instruments) => new ReferenceScenarioEngine(instruments),
];

class FastScenarioEngine implements ScenarioEngine {
  readonly name = 'engine';
  private readonly filler = new CommandFiller();
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private narrator = new Narrator();
  private engine: Engine;

  constructor(instruments: readonly Instrument[]) {
    this.engine = new Engine(instruments, this.narrator);
    this.narrator.engine = this.engine;
  }

  apply(step: FuzzStep): readonly ToldEvent[] {
    this.narrator.trace.clear();
    this.engine.apply(this.engine.sequence + 1, step.timeUs, this.filler.fill(step));
    return decode(this.narrator.trace);
  }

  clientName(number: number): string {
    return this.decoder.decode(this.engine.clients.bytesOf(number));
  }

  book(instrument: number, side: Side): readonly StandingOrder[] {
    const orders: StandingOrder[] = [];
    this.engine.forEachOrder(instrument, side, (row) => {
      orders.push(this.standing(row));
    });
    return orders;
  }

  stops(instrument: number, side: Side): readonly StandingOrder[] {
    const orders: StandingOrder[] = [];
    this.engine.forEachStop(instrument, side, (row) => {
      orders.push(this.standing(row));
    });
    return orders;
  }

  private standing(row: number): StandingOrder {
    const { orders } = this.engine;
    const shown = orders.shownLots(row);
    return {
      number: orders.number(row),
      client: this.clientName(orders.client(row)),
      price: orders.priceTicks(row),
      stopPrice: orders.stopPriceTicks(row),
      shown,
      hidden: orders.remainingLots(row) - shown,
    };
  }

  positions(): readonly Holding[] {
    const { accounts } = this.engine;
    const holdings: Holding[] = [];
    accounts.forEach((account) => {
      holdings.push({
        client: this.clientName(accounts.clientOf(account)),
        of: accounts.instrumentOf(account),
        values: [
          BigInt(accounts.netLots(account)),
          toBigInt(accounts.costHigh(account), accounts.costLow(account)),
          toBigInt(accounts.realisedHigh(account), accounts.realisedLow(account)),
          toBigInt(accounts.feesHigh(account), accounts.feesLow(account)),
        ],
      });
    });
    return holdings.filter(isSomething);
  }

  balances(): readonly Holding[] {
    const { balances } = this.engine;
    const holdings: Holding[] = [];
    balances.forEach((row) => {
      holdings.push({
        client: this.clientName(balances.clientOf(row)),
        of: balances.currencyOf(row),
        values: [
          toBigInt(balances.balanceHigh(row), balances.balanceLow(row)),
          toBigInt(balances.heldHigh(row), balances.heldLow(row)),
        ],
      });
    });
    return holdings.filter(isSomething);
  }

  restart(): void {
    this.narrator = new Narrator();
    this.engine = Engine.fromSnapshot(this.engine.writeSnapshot(), this.narrator);
    this.narrator.engine = this.engine;
  }
}

class ReferenceScenarioEngine implements ScenarioEngine {
  readonly name = 'reference';
  private readonly reference: ReferenceEngine;
  private readonly tracer: ReferenceTracer;
  private readonly trace = new Trace();

  constructor(instruments: readonly Instrument[]) {
    this.reference = new ReferenceEngine(instruments);
    this.tracer = new ReferenceTracer(this.reference);
  }

  apply(step: FuzzStep): readonly ToldEvent[] {
    this.trace.clear();
    this.tracer.write(this.trace, this.reference.apply(step.timeUs, step));
    return decode(this.trace);
  }

  clientName(number: number): string {
    return this.reference.clients[number];
  }

  book(instrument: number, side: Side): readonly StandingOrder[] {
    const { bids, asks } = this.reference.markets[instrument];
    return (side === Side.BUY ? bids : asks).map(standingReference);
  }

  stops(instrument: number, side: Side): readonly StandingOrder[] {
    const stops = this.reference.markets[instrument].stops.filter((stop) => stop.side === side);
    const sign = side === Side.BUY ? 1 : -1;
    return stops.sort((a, b) => sign * (a.stopPrice - b.stopPrice) || a.number - b.number).map(standingReference);
  }

  positions(): readonly Holding[] {
    const accounts = [...this.reference.accounts.values()];
    const holdings = accounts.map(({ client, instrument, net, cost, realised, fees }) => ({
      client,
      of: instrument,
      values: [net, cost, realised, fees],
    }));
    return holdings.filter(isSomething).sort((a, b) => this.compare(a, b));
  }

  balances(): readonly Holding[] {
    const { reference } = this;
    const holdings = reference.clients.flatMap((client) =>
      reference.currencies.map((currency, of) => ({
        client,
        of,
        values: [reference.balanceOf(client, currency), reference.heldBy(client, currency)],
      })),
    );
    return holdings.filter(isSomething);
  }

  private compare(a: Holding, b: Holding): number {
    const { clients } = this.reference;
    return clients.indexOf(a.client) - clients.indexOf(b.client) || a.of - b.of;
  }

  /** The reference engine has nothing to lose. */
  restart(): void {}
}

function standingReference(order: ReferenceOrder): StandingOrder {
  const { number, client, price, stopPrice, open } = order;
  return { number, client, price, stopPrice, shown: open, hidden: remainingOf(order) - open };
}

function isSomething({ values }: Holding): boolean {
  return values.some((value) => value !== 0n);
}

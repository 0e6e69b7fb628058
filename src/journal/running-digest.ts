// The running digest: 64 bits over everything that an engine has told, one outcome after the other, so that two engines over one
// journal can be compared at any frame without a walk over their states (JOURNAL.md, "State digest"). Stands between an
// engine and its listener, on the engine's thread; owns two words. Must never fold a row or anything else that is memory
// layout, a hash or a clock. Allocates: nothing.

import { assert } from '../assert.ts';
import type { Engine } from '../domain/engine.ts';
import type { EngineListener, OrderChange } from '../domain/listener.ts';

/** Where a digest begins: the first digits of pi. */
const BEGIN_LOW = 0x243f_6a88;
const BEGIN_HIGH = 0x85a3_08d3 | 0;
/** Odd, so that a multiplication can be undone. */
const FACTOR = 0x9e37_79b1 | 0;
const ROTATION = 13;
/** Odd too: weights of the numbers that are folded in one step. */
const A = 0x85eb_ca6b | 0;
const B = 0xc2b2_ae35 | 0;
const C = 0x27d4_eb2f;
const D = 0x1656_67b1;
const E = 0xcc9e_2d51 | 0;

/** Kinds of outcome besides order changes, whose numbers end below 100. */
const Told = { TRADE: 101, REFUSED: 102, REPLAYED: 103, APPLIED: 104, OBLIGATION: 105, STATE: 106 } as const;

export class RunningDigest implements EngineListener {
  readonly #listener: EngineListener;
  #engine: Engine | undefined;
  #low = BEGIN_LOW;
  #high = BEGIN_HIGH;
  #isKnown = true;

  /** Tells `listener` all that it hears. */
  constructor(listener: EngineListener) {
    this.#listener = listener;
  }

  /** The engine that talks to this listener; once, before its first command. */
  attach(engine: Engine): void {
    this.#engine = engine;
  }

  /** False while it is not known what was told before: what is folded then means nothing. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Lower 32 bits, unsigned. */
  get low(): number {
    return this.#low >>> 0;
  }

  /** Upper 32 bits, unsigned. */
  get high(): number {
    return this.#high >>> 0;
  }

  /** 16 hexadecimal digits; undefined while it is not known. Allocates. */
  get text(): string | undefined {
    return this.#isKnown ? digestText(this.high, this.low) : undefined;
  }

  /** Begins anew, from here. */
  restart(): void {
    this.goOn(BEGIN_HIGH, BEGIN_LOW);
  }

  /** Goes on from what someone who knew it has written down: two words of 32 bits. */
  goOn(high: number, low: number): void {
    this.#high = high | 0;
    this.#low = low | 0;
    this.#isKnown = true;
  }

  /** What was told before is not known. */
  forget(): void {
    this.#isKnown = false;
  }

  /** Folds what the engine can say of its state without looking through it. */
  foldState(): void {
    const engine = this.#engine;
    assert(engine !== undefined, 'attached before it is asked');
    this.#foldNumber(engine.sequence);
    this.#foldNumber(engine.timeUs);
    this.#foldNumber(engine.lastTradeNumber);
    this.#foldNumber(engine.openOrders);
    this.#foldNumber(engine.idempotencyKeys);
    this.#foldNumber(engine.clients.count);
    this.#foldNumber(engine.accounts.count);
    this.#foldNumber(engine.settlementCycle);
    this.#foldNumber(engine.riskMode * 2 + (engine.killSwitch ? 1 : 0));
    this.#fold(Told.STATE, 0);
  }

  onTrade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void {
    const engine = this.#engine;
    if (engine !== undefined) {
      const { orders, tradeFees: fees } = engine;
      const makerNumber = orders.number(maker);
      const takerNumber = orders.number(taker);
      this.#fold(
        low(tradeNumber) ^
          Math.imul(low(makerNumber), A) ^
          Math.imul(low(takerNumber), B) ^
          Math.imul(low(priceTicks), C) ^
          Math.imul(low(quantityLots), D),
        high(tradeNumber + makerNumber + takerNumber + priceTicks + quantityLots) ^ Math.imul(Told.TRADE, A),
      );
      this.#fold(
        low(fees[0]) ^ Math.imul(low(fees[1]), A) ^ Math.imul(low(fees[2]), B) ^ Math.imul(low(fees[3]), C),
        high(fees[0] + fees[1] + fees[2] + fees[3]),
      );
    }
    this.#listener.onTrade(tradeNumber, maker, taker, priceTicks, quantityLots);
  }

  onOrder(change: OrderChange, order: number, restingDeltaLots: number): void {
    const engine = this.#engine;
    if (engine !== undefined) {
      // Side and instrument stand in the command of that number: no need to read them for every change.
      const { orders } = engine;
      const number = orders.number(order);
      const price = orders.priceTicks(order);
      const quantity = orders.quantityLots(order);
      const executed = orders.executedLots(order);
      const state = change | (orders.status(order) << 8) | (orders.reason(order) << 16);
      this.#fold(
        low(number) ^
          Math.imul(low(price), A) ^
          Math.imul(low(quantity), B) ^
          Math.imul(low(executed), C) ^
          Math.imul(low(restingDeltaLots), D) ^
          Math.imul(orders.client(order), E),
        high(number + price + quantity + executed + restingDeltaLots) ^ Math.imul(state, A),
      );
    }
    this.#listener.onOrder(change, order, restingDeltaLots);
  }

  onRefused(reason: number, order: number): void {
    const engine = this.#engine;
    if (engine !== undefined) {
      this.#foldNumber(order < 0 ? 0 : engine.orders.number(order));
      this.#foldNumber(reason);
      this.#fold(Told.REFUSED, 0);
    }
    this.#listener.onRefused(reason, order);
  }

  onReplayed(result: number): void {
    const engine = this.#engine;
    if (engine !== undefined) {
      const { results } = engine;
      this.#foldNumber(results.sequence(result));
      this.#foldNumber(results.value(result));
      this.#foldNumber(results.firstTrade(result));
      this.#foldNumber(results.tradeCount(result));
      this.#foldNumber(results.orders.number(result));
      this.#foldNumber(results.orders.executedLots(result));
      this.#fold(Told.REPLAYED | (results.orders.status(result) << 8), 0);
    }
    this.#listener.onReplayed(result);
  }

  onApplied(value: number): void {
    this.#foldNumber(value);
    this.#fold(Told.APPLIED, 0);
    this.#listener.onApplied(value);
  }

  onObligation(cycle: number, account: number): void {
    const engine = this.#engine;
    if (engine !== undefined) {
      const { accounts } = engine;
      this.#foldNumber(cycle);
      this.#foldNumber(accounts.clientOf(account));
      this.#foldNumber(accounts.instrumentOf(account));
      this.#foldNumber(accounts.netLots(account));
      this.#foldNumber(accounts.netAtSettlement(account));
      this.#foldNumber(accounts.cycleQuoteHigh(account));
      this.#foldNumber(accounts.cycleQuoteLow(account));
      this.#fold(Told.OBLIGATION, 0);
    }
    this.#listener.onObligation(cycle, account);
  }

  #foldNumber(value: number): void {
    this.#fold(low(value), high(value));
  }

  /** One step, of two words of 32 bits. It can be undone: whatever follows, a word that differs leaves a digest that differs. */
  #fold(lowWord: number, highWord: number): void {
    const lower = mixed(this.#low ^ lowWord);
    const upper = mixed(this.#high ^ lower ^ highWord);
    this.#low = lower ^ upper;
    this.#high = upper;
  }
}

function mixed(word: number): number {
  const product = Math.imul(word, FACTOR);
  return (product << ROTATION) | (product >>> (32 - ROTATION));
}

/** The lower 32 bits of a whole number below 2^53, which may be negative. */
function low(value: number): number {
  return value | 0;
}

/** The bits above them. Taken of a sum below 2^53, the result differs whenever one number differs in no other bits. */
function high(sum: number): number {
  return Math.floor(sum * 2 ** -32) | 0;
}

/** 16 hexadecimal digits. */
export function digestText(high: number, low: number): string {
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}

// Drives the fast engine and the reference engine with the same seeded, hostile but realistic commands, and compares
// what they say after every command and what they hold from time to time. Pure of clocks and I/O: the test calls it
// briefly, a command may call it for hours. Owns both engines of an episode. A difference is shrunk and thrown.

import { CommandType, isLive, OrderFlag, OrderType, Side, TimeInForce } from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import { Engine } from '../domain/engine.ts';
import { EngineState } from '../domain/engine-state.ts';
import { toBigInt } from '../domain/exact.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from '../domain/instrument.ts';
import type { EngineListener, OrderChange } from '../domain/listener.ts';
import type { OrderColumns } from '../domain/order-columns.ts';
import {
  type ReferenceCommand,
  ReferenceEngine,
  type ReferenceEvent,
  type ReferenceOrder,
} from '../domain/reference-engine.ts';
import { Random } from './testing/random.ts';

/** One invented command. Orders are named by the step that placed them, so that a shortened case still makes sense. */
export interface FuzzStep {
  readonly id: number;
  readonly type: CommandType;
  readonly client: string;
  readonly key: string;
  readonly instrument: number;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly price: number;
  readonly quantity: number;
  /** Id of the step whose order is meant, past or to come; -1 for a number never issued, -2 for the number 0. */
  readonly target: number;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly commands: number;
  /** Commands per episode: each starts with empty engines, so that a failing case is short to begin with. */
  readonly episodeCommands?: number;
  /** Both engines of an episode; tests put broken ones here. */
  readonly makeReference?: (instruments: readonly Instrument[], keysMax: number) => ReferenceEngine;
  readonly changeCommand?: (command: Command) => void;
}

export interface FuzzReport {
  readonly seed: number;
  readonly commands: number;
  readonly trades: number;
  readonly restores: number;
  /** How often each kind of outcome was seen: `order 1/0` is OrderChange/Reason, `refused 101`, `replayed`. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Digest of the last episode's final state: the same seed gives the same digest. */
  readonly digest: string;
}

/** The two engines disagree. The message holds seed, difference and the shrunk steps. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
  readonly steps: readonly FuzzStep[];

  constructor(message: string, steps: readonly FuzzStep[]) {
    super(message);
    this.steps = steps;
  }
}

/** More than a table starts with, fewer than an episode uses: it grows, and then forgets. */
const KEYS_MAX = 128;
const NEVER_ISSUED = 2 ** 52;
const STATE_CHECK_EVERY = 64;
const RESTORE_EVERY = 500;

/** An ordinary one, one with few prices and narrow bounds, and one at the limits of the arithmetic. */
const FUZZ_INSTRUMENTS: readonly Instrument[] = [
  ...DEFAULT_INSTRUMENTS,
  instrument('TINY', 2, 20, 3, 60),
  instrument('HUGE', 1, 2 ** 48, 1, 2 ** 51),
];

function instrument(
  name: string,
  minPrice: number,
  maxPrice: number,
  minQuantity: number,
  maxQuantity: number,
): Instrument {
  return {
    ...{ name, base: name, quote: 'USD', priceScale: 0, quantityScale: 0 },
    ...{ minPriceTicks: minPrice, maxPriceTicks: maxPrice, minQuantityLots: minQuantity, maxQuantityLots: maxQuantity },
  };
}

/** Runs until `commands` have been compared. Throws FuzzFailure at the first difference. */
export function fuzz(options: FuzzOptions): FuzzReport {
  const episodeCommands = options.episodeCommands ?? 2_000;
  const outcomes = new Map<string, number>();
  let done = 0;
  let trades = 0;
  let restores = 0;
  let digest = '';
  for (let episode = 0; done < options.commands; episode++) {
    const random = new Random(options.seed * 1_000_003 + episode);
    const pair = new EnginePair(options, outcomes);
    const invent = new StepInventor(random, pair.reference, PROFILES[episode % PROFILES.length]);
    const count = Math.min(episodeCommands, options.commands - done);
    const steps: FuzzStep[] = [];
    let difference = '';
    for (let i = 0; i < count && difference === ''; i++) {
      const step = invent.next(i);
      steps.push(step);
      difference = pair.run(step);
    }
    if (difference === '') difference = pair.finish();
    if (difference !== '') throw failure(options, episode, steps, difference);
    done += count;
    trades += pair.reference.lastTrade;
    restores += pair.restores;
    digest = pair.digest();
  }
  return { seed: options.seed, commands: done, trades, restores, outcomes, digest };
}

/** The difference that steps lead to, '' when there is none: for shrinking, and for keeping found cases as tests. */
export function replaySteps(steps: readonly FuzzStep[], options: Partial<FuzzOptions> = {}): string {
  const pair = new EnginePair(options, new Map(), new Map(steps.map((step, i) => [step.id, i + 1])));
  for (const step of steps) {
    const difference = pair.run(step);
    if (difference !== '') return difference;
  }
  return pair.finish();
}

function failure(options: FuzzOptions, episode: number, steps: readonly FuzzStep[], difference: string): FuzzFailure {
  const shrunk = shrink(steps, (fewer) => replaySteps(fewer, options) !== '');
  const lines = shrunk.map((step) => `  ${JSON.stringify(step)},`);
  const what = replaySteps(shrunk, options) || difference;
  return new FuzzFailure(
    `seed ${options.seed}, episode ${episode}: engines differ after ${steps.length} commands; shrunk to ${shrunk.length}:\n` +
      `${lines.join('\n')}\n${what}`,
    shrunk,
  );
}

/** Leaves out ever smaller pieces as long as the case still fails. */
function shrink(steps: readonly FuzzStep[], fails: (steps: readonly FuzzStep[]) => boolean): readonly FuzzStep[] {
  let best = steps;
  for (let piece = Math.ceil(best.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
    for (let from = 0; from < best.length; ) {
      const fewer = [...best.slice(0, from), ...best.slice(from + piece)];
      if (fewer.length > 0 && fails(fewer)) best = fewer;
      else from += piece;
    }
  }
  return best;
}

// --- both engines ----------------------------------------------------------------------------------------------------

class EnginePair {
  readonly reference: ReferenceEngine;
  restores = 0;
  private fast: Engine;
  /** What `fast` was before its first restore: goes on alongside, to prove that restoring changed nothing. */
  private unbroken: Engine | undefined;
  private narrator = new Narrator();
  private readonly unbrokenNarrator = this.narrator;
  private readonly command = new Command();
  private readonly encoder = new TextEncoder();
  private readonly outcomes: Map<string, number>;
  private readonly changeCommand: ((command: Command) => void) | undefined;
  /** Sequence by step id; without it every step has sequence id + 1. */
  private readonly sequences: ReadonlyMap<number, number> | undefined;
  private timeUs = 1_700_000_000_000_000;
  private sequence = 0;

  constructor(options: Partial<FuzzOptions>, outcomes: Map<string, number>, sequences?: ReadonlyMap<number, number>) {
    const make = options.makeReference ?? ((instruments, keysMax) => new ReferenceEngine(instruments, keysMax));
    this.reference = make(FUZZ_INSTRUMENTS, KEYS_MAX);
    this.fast = new Engine(FUZZ_INSTRUMENTS, this.narrator, new EngineState(FUZZ_INSTRUMENTS, KEYS_MAX));
    this.narrator.engine = this.fast;
    this.outcomes = outcomes;
    this.sequences = sequences;
    this.changeCommand = options.changeCommand;
    this.command.bytes = new Uint8Array(256);
  }

  /** Applies a step to both; returns how they differ, '' when they do not. */
  run(step: FuzzStep): string {
    this.sequence++;
    // Batches share a time: it stands still more often than it moves.
    if (this.sequence % 7 === 0) this.timeUs += 1 + (step.id % 1_000);
    const target = this.orderNumber(step.target);
    const expected = this.reference.apply(this.timeUs, referenceCommand(step, target)).map(describeReference);
    this.narrator.lines.length = 0;
    this.fill(step, target);
    try {
      this.fast.apply(this.sequence, this.timeUs, this.command);
    } catch (error) {
      return `step ${step.id}: the engine stopped: ${String(error)}`;
    }
    const difference = firstDifference(step.id, expected, this.narrator.lines);
    if (difference !== '') return difference;
    for (const line of expected) count(this.outcomes, outcomeOf(line));
    if (this.unbroken !== undefined) {
      this.unbrokenNarrator.lines.length = 0;
      this.unbroken.apply(this.sequence, this.timeUs, this.command);
      const late = firstDifference(`${step.id}, never restored`, expected, this.unbrokenNarrator.lines);
      if (late !== '') return late;
    }
    if (step.id % RESTORE_EVERY === RESTORE_EVERY / 2) return this.restore();
    return step.id % STATE_CHECK_EVERY === 0 ? this.compareState() : '';
  }

  /** The last comparison of an episode. */
  finish(): string {
    const difference = this.compareState();
    if (difference !== '') return difference;
    const digest = this.fast.digest();
    if (this.unbroken !== undefined && this.unbroken.digest() !== digest) {
      return `digest after restoring is ${digest}, without ${this.unbroken.digest()}`;
    }
    return '';
  }

  digest(): string {
    return this.fast.digest();
  }

  /** Goes on with an engine made from the other's snapshot, and a listener of its own. */
  private restore(): string {
    const bytes = this.fast.writeSnapshot();
    this.unbroken ??= this.fast;
    this.narrator = new Narrator();
    this.fast = Engine.fromSnapshot(bytes, FUZZ_INSTRUMENTS, this.narrator);
    this.narrator.engine = this.fast;
    this.restores++;
    const again = this.fast.writeSnapshot();
    const isSame = bytes.length === again.length && bytes.every((byte, i) => byte === again[i]);
    return isSame ? '' : 'a snapshot, restored and written again, has other bytes';
  }

  /** The number that a step's target stands for. */
  private orderNumber(target: number): number {
    if (target < 0) return target === -2 ? 0 : NEVER_ISSUED;
    return this.sequences === undefined ? target + 1 : (this.sequences.get(target) ?? NEVER_ISSUED);
  }

  private fill(step: FuzzStep, target: number): void {
    const command = this.command;
    command.type = step.type;
    command.instrument = step.instrument;
    command.side = step.side;
    command.orderType = step.orderType;
    command.timeInForce = step.timeInForce;
    command.flags = step.postOnly ? OrderFlag.POST_ONLY : 0;
    command.priceTicks = step.price;
    command.quantityLots = step.quantity;
    command.targetOrder = target;
    command.clientOffset = step.id % 3;
    command.clientLength = this.encode(step.client, command.clientOffset);
    command.keyOffset = command.clientOffset + command.clientLength;
    command.keyLength = this.encode(step.key, command.keyOffset);
    this.changeCommand?.(command);
  }

  private encode(text: string, offset: number): number {
    return this.encoder.encodeInto(text, this.command.bytes.subarray(offset)).written;
  }

  private compareState(): string {
    const { fast, reference } = this;
    if (fast.sequence !== reference.sequence) return `sequence is ${fast.sequence}, should be ${reference.sequence}`;
    if (fast.timeUs !== reference.timeUs) return `time is ${fast.timeUs}, should be ${reference.timeUs}`;
    if (fast.lastTradeNumber !== reference.lastTrade) return `last trade is ${fast.lastTradeNumber}`;
    if (fast.openOrders !== reference.live.length) return `open orders: ${fast.openOrders}`;
    if (fast.idempotencyKeys !== reference.keys.size) return `idempotency keys: ${fast.idempotencyKeys}`;
    for (const [, { timeUs }] of reference.keys) {
      if (fast.oldestKeyUs !== timeUs) return `oldest key is of ${fast.oldestKeyUs}`;
      break;
    }
    for (let index = 0; index < FUZZ_INSTRUMENTS.length; index++) {
      const difference = this.compareSide(index, Side.BUY) || this.compareSide(index, Side.SELL);
      if (difference !== '') return difference;
    }
    return '';
  }

  private compareSide(index: number, side: Side): string {
    const orders = this.reference.side(index, side);
    const where = `instrument ${index} side ${side}`;
    const found: string[] = [];
    this.fast.forEachOrder(index, side, (row) => {
      found.push(this.narrator.order(this.fast.orders, row));
      if (this.fast.findOrder(this.fast.orders.number[row]) !== row) found.push('an order that is not in the map');
    });
    const difference = firstDifference(where, orders.map(describeOrder), found);
    return difference || this.compareLevels(index, side, orders);
  }

  private compareLevels(index: number, side: Side, orders: readonly ReferenceOrder[]): string {
    const where = `instrument ${index} side ${side}`;
    const levels = new Map<bigint, { total: bigint; orders: number }>();
    for (const order of orders) {
      const level = levels.get(order.price) ?? { total: 0n, orders: 0 };
      levels.set(order.price, { total: level.total + order.quantity - order.executed, orders: level.orders + 1 });
    }
    const found: string[] = [];
    this.fast.forEachLevel(index, side, (price, lots, count) => {
      found.push(`${price}: ${lots} in ${count}`);
      if (this.fast.depthAt(index, side, price) !== lots) found.push(`depth at ${price} differs`);
    });
    const expected = [...levels].map(([price, level]) => `${price}: ${level.total} in ${level.orders}`);
    const best = orders[0] === undefined ? 0 : Number(orders[0].price);
    if (this.fast.bestPriceTicks(index, side) !== best) return `${where}: best price should be ${best}`;
    return firstDifference(where, expected, found);
  }
}

function referenceCommand(step: FuzzStep, target: number): ReferenceCommand {
  return { ...step, price: BigInt(step.price), quantity: BigInt(step.quantity), target };
}

function firstDifference(where: number | string, expected: readonly string[], found: readonly string[]): string {
  for (let i = 0; i < Math.max(expected.length, found.length); i++) {
    if (expected[i] === found[i]) continue;
    return `at ${where}, line ${i}:\n  reference: ${expected[i] ?? '(nothing)'}\n  engine:    ${found[i] ?? '(nothing)'}`;
  }
  return '';
}

function count(outcomes: Map<string, number>, outcome: string): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}

/** `order 1/0` for OrderChange 1 with no reason; `refused 101`; `trade`; `replayed`. */
function outcomeOf(line: string): string {
  return line.slice(0, line.indexOf(':'));
}

// --- one line per event, from either engine ---------------------------------------------------------------------------

function describeReference(event: ReferenceEvent): string {
  if (event.kind === 'trade') {
    const { trade, maker, taker, price, quantity } = event;
    return `trade: ${trade} ${quantity} at ${price}, maker ${describeOrder(maker)}, taker ${describeOrder(taker)}`;
  }
  if (event.kind === 'order') {
    return `order ${event.change}/${event.order.reason}: ${describeOrder(event.order)} resting ${event.delta}`;
  }
  if (event.kind === 'refused') {
    return `refused ${event.reason}: ${event.order === undefined ? 'no order' : describeOrder(event.order)}`;
  }
  const { order, sequence, firstTrade, tradeCount } = event.result;
  return `replayed: ${describeOrder(order)} of ${sequence}, trades ${firstTrade} + ${tradeCount}`;
}

function describeOrder(order: ReferenceOrder): string {
  const { number, client, instrument, side, orderType, timeInForce, postOnly, status, reason } = order;
  return (
    `#${number} ${client} ${instrument}/${side}/${orderType}/${timeInForce}/${postOnly ? 1 : 0} ` +
    `${order.executed} of ${order.quantity} at ${order.price} = ${order.notional} ` +
    `${status}/${reason} ${order.createdUs} ${order.updatedUs}`
  );
}

/** Writes down what the fast engine tells. */
class Narrator implements EngineListener {
  readonly lines: string[] = [];
  engine: Engine | undefined;
  private readonly decoder = new TextDecoder();

  onTrade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void {
    this.lines.push(
      `trade: ${tradeNumber} ${quantityLots} at ${priceTicks}, maker ${this.live(maker)}, taker ${this.live(taker)}`,
    );
  }

  onOrder(change: OrderChange, row: number, restingDeltaLots: number): void {
    const reason = this.engine?.orders.reason[row];
    this.lines.push(`order ${change}/${reason}: ${this.live(row)} resting ${restingDeltaLots}`);
  }

  onRefused(reason: number, row: number): void {
    this.lines.push(`refused ${reason}: ${row < 0 ? 'no order' : this.live(row)}`);
  }

  onReplayed(result: number): void {
    const results = this.engine?.results;
    if (results === undefined) return;
    const trades = `trades ${results.firstTrade[result]} + ${results.tradeCount[result]}`;
    this.lines.push(`replayed: ${this.order(results, result)} of ${results.sequence[result]}, ${trades}`);
  }

  order(orders: OrderColumns, row: number): string {
    const client = this.engine?.clients.bytesOf(orders.client[row]);
    const flags = orders.flags[row];
    const kind = `${orders.instrument[row]}/${orders.side[row]}/${orders.orderType[row]}/${orders.timeInForce[row]}/${flags}`;
    const notional = toBigInt(orders.notionalHigh[row], orders.notionalLow[row]);
    return (
      `#${orders.number[row]} ${this.decoder.decode(client)} ${kind} ` +
      `${orders.executedLots[row]} of ${orders.quantityLots[row]} at ${orders.priceTicks[row]} = ${notional} ` +
      `${orders.status[row]}/${orders.reason[row]} ${orders.createdUs[row]} ${orders.updatedUs[row]}`
    );
  }

  private live(row: number): string {
    return this.engine === undefined ? '' : this.order(this.engine.orders, row);
  }
}

// --- inventing commands ----------------------------------------------------------------------------------------------

/** What an episode is like. */
interface Profile {
  /** Prices on each side of the middle that orders come in at. */
  readonly spread: number;
  /** Resting orders above which cancels outweigh new orders. */
  readonly liveMax: number;
  readonly clients: readonly string[];
}

const FEW_CLIENTS = ['ann', 'bob', 'cléa', 'd', 'e'.repeat(64)];
const MANY_CLIENTS = Array.from({ length: 150 }, (_, i) => `client ${i} `.padEnd(4 + (i % 61), '~'));

/** Few prices, so that most orders meet; and a deep book, so that tables, levels and queues grow. */
const PROFILES: readonly Profile[] = [
  { spread: 4, liveMax: 150, clients: FEW_CLIENTS },
  { spread: 4, liveMax: 150, clients: FEW_CLIENTS },
  { spread: 90, liveMax: 500, clients: MANY_CLIENTS },
];

class StepInventor {
  private readonly random: Random;
  private readonly reference: ReferenceEngine;
  private readonly profile: Profile;
  private readonly steps: FuzzStep[] = [];
  /** Keyed steps that were made to be refused, each with the situation it was made for. */
  private readonly doomed: { readonly step: FuzzStep; readonly situation: string }[] = [];
  /** Around which price this episode trades, per instrument. */
  private readonly middle: readonly number[];

  constructor(random: Random, reference: ReferenceEngine, profile: Profile) {
    this.random = random;
    this.reference = reference;
    this.profile = profile;
    this.middle = [random.below(2) === 0 ? 7_831_900 : 9_999_999_990, 11, random.below(2) === 0 ? 2 ** 48 - 20 : 20];
  }

  /** In an episode of one engine pair the step `id` has sequence id + 1. */
  next(id: number): FuzzStep {
    const step = this.invent(id);
    this.steps.push(step);
    return step;
  }

  private invent(id: number): FuzzStep {
    const { random } = this;
    const dice = random.below(100);
    if (dice < 6 && id > 0) return this.again(id);
    if (dice < 9) return this.refusable(id);
    if (dice < 12 && this.doomed.length > 0) return this.refusedAgain(id);
    // Many resting orders make the slow engine slow and the crossing rare: cancel more when there are many.
    const newShare = this.reference.live.length > this.profile.liveMax ? 30 : 50 + Math.min(40, this.profile.spread);
    if (dice < newShare) return this.newOrder(id);
    return dice < newShare + (100 - newShare) / 2 ? this.cancel(id) : this.amend(id);
  }

  /** An earlier step's key: with the same command, or with one field changed. */
  private again(id: number): FuzzStep {
    const { random } = this;
    const step = this.earlier(id);
    const key = step.key === '' ? `k${id % 50}` : step.key;
    const dice = random.below(8);
    if (dice === 0) return { ...step, id, key, price: step.price + 1 };
    if (dice === 1) return { ...step, id, key, quantity: step.quantity + 1 };
    if (dice === 2) return { ...step, id, key, client: random.pick(this.profile.clients) };
    if (dice === 3) return { ...step, id, key, side: step.side === Side.BUY ? Side.SELL : Side.BUY };
    if (dice === 4) return { ...this.newOrder(id), client: step.client === '' ? 'ann' : step.client, key };
    if (dice === 5) return { ...step, id, key, postOnly: !step.postOnly };
    return { ...step, id, key };
  }

  /** Mostly a step with a key that is still held, sometimes any or a forgotten one. */
  private earlier(id: number): FuzzStep {
    const reach = this.random.below(4) === 0 ? 600 : 80;
    let step = this.steps[id - 1];
    for (let tries = 0; tries < 4; tries++) {
      step = this.steps[id - 1 - this.random.below(Math.min(id, reach))];
      if (step.key !== '' && step.client !== '') break;
    }
    return step;
  }

  /** A cancel or amend with a key of its own, made to be refused now and perhaps not later. */
  private refusable(id: number): FuzzStep {
    const { random } = this;
    const { clients } = this.profile;
    const order = this.liveOrder();
    const dice = random.below(4);
    const base = { ...this.aimed(id, CommandType.CANCEL_ORDER, 0, 0, order), key: `refused ${id}` };
    let step: FuzzStep;
    if (order === undefined || dice === 0) {
      step = { ...base, client: random.pick(clients), target: id + 1 + random.below(60) };
    } else if (dice === 1) {
      step = {
        ...base,
        client: random.below(2) === 0 ? random.pick(clients) : `nobody ${id}`,
        target: order.number - 1,
      };
    } else if (dice === 2) {
      step = { ...base, type: CommandType.AMEND_ORDER, client: order.client, target: order.number - 1 };
    } else step = { ...base, ...this.crossingAmend(order) };
    this.doomed.push({ step, situation: this.situationOf(step.target) });
    return step;
  }

  /** What amends a post-only order into the opposite side; the given one when there is none such. */
  private crossingAmend(
    otherwise: ReferenceOrder,
  ): Pick<FuzzStep, 'type' | 'client' | 'target' | 'price' | 'quantity'> {
    const postOnly = this.reference.live.filter((candidate) => candidate.postOnly);
    const order = postOnly.length === 0 ? otherwise : this.random.pick(postOnly);
    const price = this.bestAgainst(order) ?? order.price;
    return {
      ...{ type: CommandType.AMEND_ORDER, client: order.client, target: order.number - 1 },
      ...{ price: Number(price), quantity: 0 },
    };
  }

  /** A step that was refused, mostly after its order's situation has changed; sometimes for another order. */
  private refusedAgain(id: number): FuzzStep {
    const { random, doomed } = this;
    let choice = random.pick(doomed);
    for (let tries = 0; tries < 8; tries++) {
      choice = doomed[doomed.length - 1 - random.below(Math.min(doomed.length, 12))];
      if (this.situationOf(choice.step.target) !== choice.situation) break;
    }
    const { step } = choice;
    return random.below(8) === 0 ? { ...step, id, target: random.below(id) } : { ...step, id };
  }

  /** Who has asked to cancel this step's order before there was one: it is theirs, mostly. */
  private awaitedClient(id: number): string | undefined {
    if (this.random.below(4) === 0) return undefined;
    return this.doomed.find(({ step }) => step.target === id)?.step.client;
  }

  /** What a cancel or amend of this order is judged by. */
  private situationOf(target: number): string {
    const order = this.reference.live.find((candidate) => candidate.number === target + 1);
    if (order === undefined) return '';
    return `${order.price} ${order.quantity} ${order.executed} ${this.bestAgainst(order)}`;
  }

  private bestAgainst(order: ReferenceOrder): bigint | undefined {
    return this.reference.side(order.instrument, order.side === Side.BUY ? Side.SELL : Side.BUY)[0]?.price;
  }

  private newOrder(id: number): FuzzStep {
    const { random } = this;
    const index = random.below(200) === 0 ? FUZZ_INSTRUMENTS.length + random.below(2) : random.below(3);
    const isMarket = random.below(12) === 0;
    const side = random.below(2) === 0 ? Side.BUY : Side.SELL;
    return {
      ...{
        id,
        type: CommandType.NEW_ORDER,
        client: this.awaitedClient(id) ?? random.pick(this.profile.clients),
        key: this.key(),
        instrument: index,
        target: -1,
      },
      side,
      orderType: isMarket ? OrderType.MARKET : OrderType.LIMIT,
      timeInForce: random.below(7) === 0 ? TimeInForce.IOC : TimeInForce.GTC,
      postOnly: random.below(6) === 0,
      price: isMarket && random.below(20) > 0 ? 0 : this.price(index, side),
      quantity: this.quantity(index),
    };
  }

  private cancel(id: number): FuzzStep {
    return this.aimed(id, CommandType.CANCEL_ORDER, 0, 0);
  }

  private amend(id: number): FuzzStep {
    const { random } = this;
    const order = this.liveOrder();
    const index = order?.instrument ?? 0;
    const keepsPrice = random.below(2) === 0;
    const keepsQuantity = random.below(3) === 0;
    let price = keepsPrice ? 0 : this.price(index, order?.side ?? Side.BUY);
    if (order !== undefined && random.below(6) === 0) price = Number(order.price);
    const quantity = keepsQuantity ? 0 : this.amendedQuantity(order, index);
    return this.aimed(id, CommandType.AMEND_ORDER, price, quantity, order);
  }

  /** Around what the order has executed and what it is in total, where the rules change. */
  private amendedQuantity(order: ReferenceOrder | undefined, index: number): number {
    const { random } = this;
    if (order === undefined || random.below(3) === 0) return this.quantity(index);
    const around = random.below(2) === 0 ? Number(order.executed) : Number(order.quantity);
    const half = Math.floor((Number(order.executed) + Number(order.quantity)) / 2);
    return random.below(3) === 0 ? half : Math.max(0, around - 2 + random.below(5));
  }

  private aimed(id: number, type: CommandType, price: number, quantity: number, aim = this.liveOrder()): FuzzStep {
    const { random } = this;
    const dice = random.below(20);
    const owner = aim?.client ?? 'ann';
    const client = dice < 12 ? owner : dice < 16 ? '' : dice < 18 ? random.pick(this.profile.clients) : 'nobody';
    return {
      ...{ id, type, client, key: this.key(), price, quantity, target: this.target(id, aim) },
      ...{ instrument: 0, side: Side.BUY, orderType: OrderType.LIMIT, timeInForce: TimeInForce.GTC, postOnly: false },
    };
  }

  /** Mostly a live order, sometimes any earlier command (closed, or no order at all), sometimes nothing. */
  private target(id: number, aim: ReferenceOrder | undefined): number {
    const dice = this.random.below(20);
    if (dice === 0 || aim === undefined) return -1 - this.random.below(2);
    if (dice < 3 && id > 0) return this.random.below(id);
    return aim.number - 1;
  }

  private liveOrder(): ReferenceOrder | undefined {
    const { live } = this.reference;
    const order = live.length === 0 ? undefined : live[this.random.below(live.length)];
    return order !== undefined && isLive(order.status) ? order : undefined;
  }

  private key(): string {
    const { random } = this;
    const dice = random.below(10);
    if (dice < 6) return '';
    return dice === 9 ? `${random.below(60)}`.padStart(64, '-') : `key-${random.below(200)}`;
  }

  private price(index: number, side: Side): number {
    const { random } = this;
    const { minPriceTicks, maxPriceTicks } = FUZZ_INSTRUMENTS[index] ?? FUZZ_INSTRUMENTS[0];
    const dice = random.below(60);
    if (dice === 0) return minPriceTicks - 1;
    if (dice === 1) return maxPriceTicks + 1;
    if (dice === 2) return minPriceTicks;
    if (dice === 3) return maxPriceTicks;
    if (dice === 4) return minPriceTicks + random.below(maxPriceTicks - minPriceTicks);
    // In a deep book one order in six comes in anywhere; the rest stays on its own side of the middle.
    const { spread } = this.profile;
    const middle = this.middle[index] ?? 11;
    if (spread <= 4 || random.below(6) === 0) return Math.max(0, middle - spread + random.below(2 * spread + 1));
    return side === Side.BUY ? Math.max(0, middle - random.below(spread)) : middle + 1 + random.below(spread);
  }

  private quantity(index: number): number {
    const { random } = this;
    const { minQuantityLots, maxQuantityLots } = FUZZ_INSTRUMENTS[index] ?? FUZZ_INSTRUMENTS[0];
    const dice = random.below(40);
    if (dice === 0) return minQuantityLots - 1;
    if (dice === 1) return maxQuantityLots + 1;
    if (dice < 5 || (index === 2 && dice < 20)) return maxQuantityLots - random.below(3);
    if (dice < 8) return minQuantityLots + random.below(maxQuantityLots - minQuantityLots);
    return minQuantityLots + random.below(20);
  }
}

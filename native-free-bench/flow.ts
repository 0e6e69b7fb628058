// Order flows for benchmarks, invented from a seed beforehand and kept in columns, so that playing one costs little beside
// what plays it. Shared by the suites `book` and `engine`, and by the rivals. Main thread of the benchmark.
//
// A flow is a book that rests at the start and a tape of commands. Order numbers are what the engine's would be: the number
// of the command that placed the order, counted on from those that rest already. Prices are ticks, quantities lots.

import { Side } from '#ringbook/domain/codes.js';
import { createRandom } from '#ringbook/sim/testing/random.js';

/** MARKET and POST (only) occur in recorded flows, which only the whole engine plays. */
export const Action = { REST: 1, TAKE: 2, CANCEL: 3, AMEND: 4, MARKET: 5, POST: 6 } as const;
export type Action = (typeof Action)[keyof typeof Action];

/** Orders or commands in columns; a row is one of them. */
export class Columns {
  length = 0;
  readonly action: Uint8Array;
  readonly side: Uint8Array;
  readonly priceTicks: Float64Array;
  readonly quantityLots: Float64Array;
  /** Of an order: its number. Of a cancel or an amend: the number of the order it is about. */
  readonly number: Float64Array;
  readonly client: Uint16Array;

  constructor(capacity: number) {
    this.action = new Uint8Array(capacity);
    this.side = new Uint8Array(capacity);
    this.priceTicks = new Float64Array(capacity);
    this.quantityLots = new Float64Array(capacity);
    this.number = new Float64Array(capacity);
    this.client = new Uint16Array(capacity);
  }

  push(action: Action, side: Side, priceTicks: number, quantityLots: number, number: number, client: number): number {
    const row = this.length++;
    this.action[row] = action;
    this.side[row] = side;
    this.priceTicks[row] = priceTicks;
    this.quantityLots[row] = quantityLots;
    this.number[row] = number;
    this.client[row] = client;
    return row;
  }
}

export interface Flow {
  readonly name: string;
  readonly resting: Columns;
  readonly tape: Columns;
  /** Number of the tape's first command. */
  readonly firstNumber: number;
  /** What is counted: the tape's commands, or the orders they sweep. */
  readonly operations: number;
}

export const CLIENTS = 1_000;
const MIDDLE_TICKS = 7_000_000;
const LOT = 100_000_000;
/** Beyond 2^32: a book that has run for a while. */
const FIRST_NUMBER = 2 ** 33;
type Random = () => number;

/** An order drawn at random: filled by a `Draw`, read by `Recorder`. */
interface Drawn {
  side: Side;
  priceTicks: number;
  quantityLots: number;
}

/** Orders that rest as far as the flow knows, in order of arrival; some are filled by then, as some are in life. */
class Open {
  private rows: Float64Array;
  private gone: Uint8Array;
  private length = 0;
  private count = 0;

  constructor(capacity: number) {
    this.rows = new Float64Array(capacity);
    this.gone = new Uint8Array(capacity);
  }

  get size(): number {
    return this.count;
  }

  /** `row`: of the resting columns, or, with their length added, of the tape. */
  add(row: number): void {
    if (this.length > 2 * this.count + 1_000) this.compact();
    this.rows[this.length++] = row;
    this.count++;
  }

  /** The place of an order that rests: the `age`-th from the newest, or the next one that is left. */
  placeOf(age: number): number {
    let place = Math.max(0, this.length - 1 - Math.floor((age * this.length) / this.count));
    while (this.gone[place] === 1) place = place === 0 ? this.length - 1 : place - 1;
    return place;
  }

  rowAt(place: number): number {
    return this.rows[place];
  }

  remove(place: number): void {
    this.gone[place] = 1;
    this.count--;
  }

  private compact(): void {
    let kept = 0;
    for (let place = 0; place < this.length; place++) {
      if (this.gone[place] === 0) this.rows[kept++] = this.rows[place];
    }
    this.gone.fill(0, 0, this.length);
    this.length = kept;
  }
}

/** Writes a flow. */
class Recorder {
  readonly random: Random;
  readonly resting: Columns;
  readonly tape: Columns;
  readonly open: Open;
  private readonly draw: (random: Random, drawn: Drawn) => void;
  private readonly drawn: Drawn = { side: Side.BUY, priceTicks: 0, quantityLots: 0 };
  private readonly isFresh: boolean;
  private number: number;

  constructor(size: FlowSize, draw: (random: Random, drawn: Drawn) => void) {
    const { seed, resting, commands } = size;
    this.random = createRandom(seed);
    this.draw = draw;
    this.isFresh = size.isFresh === true;
    this.number = this.isFresh ? 0 : FIRST_NUMBER;
    this.resting = new Columns(resting);
    this.tape = new Columns(commands);
    this.open = new Open(2 * (resting + commands) + 2_000);
    for (let i = 0; i < resting; i++) this.restBefore();
  }

  /** An order that rests at the start. Most of those that came with it are gone: numbers have gaps, 40 on average. */
  private restBefore(): void {
    this.number += this.isFresh ? 1 : 1 + Math.floor(this.random() * 79);
    this.open.add(this.push(this.resting, Action.REST));
  }

  rest(): void {
    this.number++;
    this.open.add(this.resting.length + this.push(this.tape, Action.REST));
  }

  /** An order that trades at once or not at all: across the middle, a part of what an order has. */
  take(): void {
    this.number++;
    const row = this.push(this.tape, Action.TAKE);
    this.tape.side[row] = this.drawn.side === Side.BUY ? Side.SELL : Side.BUY;
    this.tape.quantityLots[row] = Math.ceil(this.drawn.quantityLots / 4);
  }

  cancel(age: number): void {
    const place = this.open.placeOf(age);
    this.about(Action.CANCEL, this.open.rowAt(place), 0, 0);
    this.open.remove(place);
  }

  /** Another price (it loses its place), less quantity (it keeps it), or more (it does not). */
  amend(age: number): void {
    const at = this.open.rowAt(this.open.placeOf(age));
    const [columns, row] = this.whereIs(at);
    const dice = this.random();
    if (dice < 0.5) {
      const away = (1 + Math.floor(this.random() * 3)) * (columns.side[row] === Side.BUY ? -1 : 1);
      // The farthest bids rest at the last tick there is.
      this.about(Action.AMEND, at, Math.max(1, columns.priceTicks[row] + away), 0);
    } else {
      const factor = dice < 0.75 ? 0.9 : 1.1;
      this.about(Action.AMEND, at, 0, Math.ceil(columns.quantityLots[row] * factor));
    }
  }

  private about(action: Action, at: number, priceTicks: number, quantityLots: number): void {
    this.number++;
    const [columns, row] = this.whereIs(at);
    const side = columns.side[row] === Side.BUY ? Side.BUY : Side.SELL;
    this.tape.push(action, side, priceTicks, quantityLots, columns.number[row], columns.client[row]);
  }

  private push(columns: Columns, action: Action): number {
    const { drawn, random } = this;
    this.draw(random, drawn);
    const client = Math.floor(random() * CLIENTS);
    return columns.push(action, drawn.side, drawn.priceTicks, drawn.quantityLots, this.number, client);
  }

  private whereIs(at: number): [Columns, number] {
    return at < this.resting.length ? [this.resting, at] : [this.tape, at - this.resting.length];
  }

  flow(name: string, firstNumber: number, operations = this.tape.length): Flow {
    return { name, resting: this.resting, tape: this.tape, firstNumber, operations };
  }

  get nextNumber(): number {
    return this.number + 1;
  }
}

/** Up to 100 coins: beyond 2^31 lots. */
function drawQuantity(random: Random): number {
  return (1 + Math.floor(random() * 100)) * LOT;
}

function drawSide(random: Random): Side {
  return random() < 0.5 ? Side.BUY : Side.SELL;
}

/**
 * A power law of depth: P(farther than d ticks) = (1 + d / 10)^-0.6, the exponent that Bouchaud, Mezard and Potters found
 * (2002). Half of the orders rest within 22 ticks of the middle, a tenth farther than 450, a hundredth than 20 thousand.
 */
function drawNear(random: Random, drawn: Drawn): void {
  drawn.side = drawSide(random);
  const away = Math.min(Math.ceil(10 * ((1 - random()) ** (-1 / 0.6) - 1)) + 1, MIDDLE_TICKS - 1);
  drawn.priceTicks = MIDDLE_TICKS + (drawn.side === Side.BUY ? -away : away);
  drawn.quantityLots = drawQuantity(random);
}

/** Anywhere in 10^7 ticks: nearly every order has a level of its own. */
function drawSparse(random: Random, drawn: Drawn): void {
  drawn.side = drawSide(random);
  const away = 1 + Math.floor(random() * 5_000_000);
  drawn.priceTicks = MIDDLE_TICKS + (drawn.side === Side.BUY ? -away : away);
  drawn.quantityLots = drawQuantity(random);
}

function drawOneLevel(random: Random, drawn: Drawn): void {
  drawn.side = Side.SELL;
  drawn.priceTicks = MIDDLE_TICKS;
  drawn.quantityLots = drawQuantity(random);
}

export interface FlowSize {
  readonly seed: number;
  readonly resting: number;
  readonly commands: number;
  /** Numbers from 1 on without gaps, as a new engine gives them. */
  readonly isFresh?: boolean;
  readonly withoutAmends?: boolean;
}

/** Of 100 orders 15 are IOC, 20 are amended, and all that rest are cancelled, if they are not filled by then (5 % are). */
const TAKING = 0.15;
const AMENDED = 0.2;
const NEW_SHARE = 1 / (1 + AMENDED + 1 - TAKING);
const AMEND_SHARE = AMENDED * NEW_SHARE;

/**
 * Lifetimes are a power law: of ten orders that are cancelled or amended nine are among the newest 10,000, their ages
 * spread evenly over the orders of magnitude, and one is any that rests.
 */
function drawAge(random: Random, resting: number): number {
  if (random() < 0.1) return Math.floor(random() * resting);
  return Math.floor(Math.min(resting, 10_000) ** random()) - 1;
}

function mixed(name: string, size: FlowSize, draw: (r: Random, d: Drawn) => void): Flow {
  const { commands } = size;
  const recorder = new Recorder(size, draw);
  const { random, open } = recorder;
  const firstNumber = recorder.nextNumber;
  while (recorder.tape.length < commands) {
    const dice = random();
    if (dice < NEW_SHARE || open.size === 0) {
      if (random() < TAKING) recorder.take();
      else recorder.rest();
    } else {
      const age = drawAge(random, open.size);
      if (dice >= NEW_SHARE + AMEND_SHARE) recorder.cancel(age);
      else if (size.withoutAmends !== true) recorder.amend(age);
    }
  }
  return recorder.flow(name, firstNumber);
}

/** Flow (a): what an exchange sees. */
export function everyday(size: FlowSize): Flow {
  return mixed('everyday', size, drawNear);
}

/** The same mix over 10^7 ticks of sparse levels. */
export function sparse(size: FlowSize): Flow {
  return mixed('sparse levels, 10^7 ticks', size, drawSparse);
}

/** New orders and as many cancels, each of an order drawn from all that rest with equal chances. */
function churn(name: string, size: FlowSize, draw: (r: Random, d: Drawn) => void): Flow {
  const { commands } = size;
  const recorder = new Recorder(size, draw);
  const { random, open } = recorder;
  const firstNumber = recorder.nextNumber;
  while (recorder.tape.length < commands) {
    if (recorder.tape.length % 2 === 0) recorder.cancel(Math.floor(random() * open.size));
    else recorder.rest();
  }
  return recorder.flow(name, firstNumber);
}

export function uniformCancels(size: FlowSize): Flow {
  return churn('uniformly random cancels', size, drawNear);
}

/** All orders at one price. */
export function oneLevel(size: FlowSize): Flow {
  return churn('one level, random cancels', size, drawOneLevel);
}

/** One order that takes all that rests: ten orders a level. Counted are the orders swept. */
export function sweep(size: Omit<FlowSize, 'commands'>): Flow {
  const { resting } = size;
  let drawnOrders = 0;
  let total = 0;
  const recorder = new Recorder({ ...size, commands: 1 }, (random, drawn) => {
    drawn.side = Side.SELL;
    drawn.priceTicks = MIDDLE_TICKS + Math.floor(drawnOrders++ / 10);
    // A tenth, so that one order for all of it stays below 2^51 lots.
    drawn.quantityLots = drawQuantity(random) / 10;
    total += drawn.quantityLots;
  });
  const firstNumber = recorder.nextNumber;
  const all = total;
  recorder.tape.push(Action.TAKE, Side.BUY, MIDDLE_TICKS + resting, all, firstNumber, 0);
  return recorder.flow('sweep', firstNumber, resting);
}

/**
 * A flash crash: sell orders take level after level, and offers follow the best bid down; then all of it upwards. Bids and
 * offers rest at every 3rd tick. Each step takes one level and rests an order at it on the other side.
 */
export function flashCrash(size: Omit<FlowSize, 'resting'>): Flow {
  const levels = Math.floor(size.commands / 4);
  let rested = 0;
  const recorder = new Recorder({ ...size, resting: levels }, (_random, drawn) => {
    drawn.side = Side.BUY;
    drawn.priceTicks = MIDDLE_TICKS - 3 * rested++;
    drawn.quantityLots = LOT;
  });
  const firstNumber = recorder.nextNumber;
  const { tape } = recorder;
  const step = (side: Side, level: number): void => {
    const price = MIDDLE_TICKS - 3 * level;
    tape.push(Action.TAKE, side, price, LOT, firstNumber + tape.length, 0);
    tape.push(Action.REST, side, price, LOT, firstNumber + tape.length, 0);
  };
  for (let level = 0; level < levels; level++) step(Side.SELL, level);
  for (let level = levels - 1; level >= 0; level--) step(Side.BUY, level);
  return recorder.flow('flash crash and back', firstNumber);
}

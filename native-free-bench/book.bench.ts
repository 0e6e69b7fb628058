// Benchmarks of the domain: commands per second through Engine.apply, events counted, on one thread and in memory.
// Flows are made from the seed beforehand; what is measured is applying them. Each run feeds its flow to a new engine, so
// that runs repeat exactly; growing the engine's tables from nothing is therefore part of every figure.
import {
  Command,
  CommandType,
  DEFAULT_INSTRUMENTS,
  Engine,
  type EngineListener,
  OrderFlag,
  OrderType,
  Side,
  TimeInForce,
} from '#ringbook/domain/index.js';
import { createRandom } from '#ringbook/sim/testing/random.js';
import { type Case, HASH_START, hashWord, type Suite, type SuiteOptions } from './suite.ts';

export function bookSuite(options: SuiteOptions): Suite {
  const commands = options.tiny ? 2_000 : 200_000;
  return {
    name: 'book',
    cases: [
      flow('new and cancel, 500 prices', commands, options.seed, { cancelled: 0.95, taking: 0, range: 500 }),
      flow('new and cancel, 5,000 prices', commands, options.seed, { cancelled: 0.95, taking: 0, range: 5_000 }),
      flow('mix: 15 % IOC, 20 % amended', commands, options.seed, { cancelled: 0.95, taking: 0.15, range: 500 }),
      flow('mix, with idempotency keys', commands, options.seed, {
        cancelled: 0.95,
        taking: 0.15,
        range: 500,
        keys: true,
      }),
      flow('match: every other order takes', commands, options.seed, { cancelled: 0, taking: 0.5, range: 20 }),
    ],
  };
}

interface Mix {
  /** Share of resting orders that their client cancels. */
  readonly cancelled: number;
  /** Share of new orders that are IOC at a crossing price. */
  readonly taking: number;
  /** Prices on each side. */
  readonly range: number;
  readonly keys?: boolean;
}

function flow(name: string, commands: number, seed: number, mix: Mix): Case {
  const tape = record(commands, seed, mix);
  return { name, unit: 'command', operations: commands, resultOf: name, run: () => play(tape) };
}

/** Counts and folds what the engine tells. */
class Tally implements EngineListener {
  hash = HASH_START;
  engine: Engine | undefined;

  onTrade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void {
    // Rows are memory layout, not results: the hash takes numbers only.
    this.hash = hashWord(hashWord(this.hash, tradeNumber ^ (maker === taker ? 1 : 0)), priceTicks ^ quantityLots);
  }

  onOrder(change: number, order: number, restingDeltaLots: number): void {
    const priceTicks = this.engine === undefined ? 0 : this.engine.orders.priceTicks[order];
    this.hash = hashWord(hashWord(this.hash, priceTicks), change ^ restingDeltaLots);
  }

  onRefused(reason: number): void {
    this.hash = hashWord(this.hash, reason);
  }

  onReplayed(): void {
    this.hash = hashWord(this.hash, -1);
  }
}

/** A recorded flow: columns of numbers, so that playing it costs little beside the engine. */
interface Tape {
  readonly length: number;
  readonly type: Uint8Array;
  readonly side: Uint8Array;
  readonly timeInForce: Uint8Array;
  readonly flags: Uint8Array;
  readonly price: Float64Array;
  readonly quantity: Float64Array;
  readonly target: Float64Array;
  readonly client: Uint16Array;
  readonly keys: boolean;
}

const CLIENTS = 1_000;
const CLIENT_BYTES = 8;
const KEY_BYTES = 36;

function play(tape: Tape): number {
  const tally = new Tally();
  const engine = new Engine(DEFAULT_INSTRUMENTS, tally);
  tally.engine = engine;
  const command = new Command();
  command.bytes = clientIds();
  command.clientLength = CLIENT_BYTES;
  command.orderType = OrderType.LIMIT;
  const keyAt = CLIENTS * CLIENT_BYTES;
  const keyView = new DataView(command.bytes.buffer);
  if (tape.keys) {
    command.keyOffset = keyAt;
    command.keyLength = KEY_BYTES;
  }
  for (let i = 0; i < tape.length; i++) {
    command.type = typeOf(tape.type[i]);
    command.side = tape.side[i] === Side.BUY ? Side.BUY : Side.SELL;
    command.timeInForce = tape.timeInForce[i] === TimeInForce.IOC ? TimeInForce.IOC : TimeInForce.GTC;
    command.flags = tape.flags[i];
    command.priceTicks = tape.price[i];
    command.quantityLots = tape.quantity[i];
    command.targetOrder = tape.target[i];
    command.clientOffset = tape.client[i] * CLIENT_BYTES;
    if (tape.keys) keyView.setUint32(keyAt, i);
    engine.apply(i + 1, 1_700_000_000_000_000 + (i >>> 6), command);
  }
  return hashWord(hashWord(tally.hash, engine.openOrders), engine.lastTradeNumber);
}

function typeOf(type: number): CommandType {
  if (type === CommandType.CANCEL_ORDER) return CommandType.CANCEL_ORDER;
  return type === CommandType.AMEND_ORDER ? CommandType.AMEND_ORDER : CommandType.NEW_ORDER;
}

/** All client ids, one after the other, and room for a key behind them. */
function clientIds(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(CLIENTS * CLIENT_BYTES + KEY_BYTES);
  for (let client = 0; client < CLIENTS; client++) {
    const id = `c${client}`.padEnd(CLIENT_BYTES, '.');
    for (let i = 0; i < CLIENT_BYTES; i++) bytes[client * CLIENT_BYTES + i] = id.charCodeAt(i);
  }
  return bytes;
}

/** Invents a flow: orders come in near the middle more often than far from it, and leave in random order. */
function record(length: number, seed: number, mix: Mix): Tape {
  const random = createRandom(seed);
  const tape = emptyTape(length, mix.keys === true);
  const middle = 5_000_000;
  const open: number[] = [];
  for (let i = 0; i < length; i++) {
    const dice = random();
    if (open.length > 200 && dice < mix.cancelled / 2) aim(tape, i, open, random, CommandType.CANCEL_ORDER);
    else if (open.length > 0 && mix.cancelled > 0 && dice > 0.8) aim(tape, i, open, random, CommandType.AMEND_ORDER);
    else {
      const isBuy = random() < 0.5;
      const isTaking = random() < mix.taking;
      // Squared twice: a power law of depth, most orders within a few ticks of the middle.
      const away = 1 + Math.floor(random() ** 4 * mix.range);
      tape.type[i] = CommandType.NEW_ORDER;
      tape.side[i] = isBuy ? Side.BUY : Side.SELL;
      tape.timeInForce[i] = isTaking ? TimeInForce.IOC : TimeInForce.GTC;
      tape.flags[i] = isTaking ? 0 : OrderFlag.POST_ONLY;
      tape.price[i] = middle + (isBuy === isTaking ? away : -away);
      tape.quantity[i] = (1 + Math.floor(random() * 100)) * 1_000_000;
      tape.client[i] = Math.floor(random() * CLIENTS);
      if (!isTaking) open.push(i);
    }
  }
  return tape;
}

/** A cancel (the order is taken from `open`) or an amend of a random order, by its owner. Some are filled by then. */
function aim(tape: Tape, i: number, open: number[], random: () => number, type: CommandType): void {
  const pick = Math.floor(random() * open.length);
  const target = open[pick];
  tape.type[i] = type;
  tape.target[i] = target + 1;
  tape.client[i] = tape.client[target];
  if (type === CommandType.CANCEL_ORDER) {
    open[pick] = open[open.length - 1];
    open.pop();
  } else if (random() < 0.5) tape.quantity[i] = 1_000_000 * (1 + Math.floor(random() * 50));
  else tape.price[i] = tape.price[target] + (tape.side[target] === Side.BUY ? -1 : 1);
}

function emptyTape(length: number, keys: boolean): Tape {
  return {
    length,
    type: new Uint8Array(length),
    side: new Uint8Array(length).fill(Side.BUY),
    timeInForce: new Uint8Array(length).fill(TimeInForce.GTC),
    flags: new Uint8Array(length),
    price: new Float64Array(length),
    quantity: new Float64Array(length),
    target: new Float64Array(length),
    client: new Uint16Array(length),
    keys,
  };
}

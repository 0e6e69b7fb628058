// Benchmarks of the domain as a whole: commands per second through Engine.apply, events counted, on one thread and in
// memory, on the flows of the book (flows/) and on a recorded one. What rests at the start comes in before the clock runs.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  Command,
  CommandType,
  DEFAULT_INSTRUMENTS,
  Engine,
  type EngineListener,
  OrderFlag,
  OrderType,
  OUTLOOK_COMMANDS,
  Side,
  TimeInForce,
} from '#ringbook/domain/index.js';
import { readCommands } from '#ringbook/tools/recorded-flow.js';
import * as flows from './flows/index.ts';
import { Action, CLIENTS, Columns, type Flow } from './flows/index.ts';
import { type Case, HASH_START, hashWord, type Suite, type SuiteOptions } from './suite.ts';

const COMMANDS_FILE = 'btcusd-commands.csv.gz';
const KEY_BYTES = 36;
/** One order may take a whole side. */
const INSTRUMENTS = DEFAULT_INSTRUMENTS.map((instrument) => ({ ...instrument, maxQuantityLots: 2 ** 51 }));
const THOUSAND = 1_000;
const MILLION = 1_000_000;

export function engineSuite(options: SuiteOptions): Suite {
  const { seed, data } = options;
  const scale = options.tiny ? 1 / THOUSAND : 1;
  const commands = (MILLION / 2) * scale;
  const isFresh = true;
  const of = (resting: number) => ({ seed, resting: resting * scale, commands, isFresh });
  const ids = Array.from({ length: CLIENTS }, (_, client) => `c${client}`);
  const cases = [
    play('everyday, 10 thousand resting', flows.everyday(of(10 * THOUSAND)), ids),
    play('everyday, 10 thousand resting, keys on new orders', flows.everyday(of(10 * THOUSAND)), ids, 'new orders'),
    play('everyday, 10 thousand resting, keys on everything', flows.everyday(of(10 * THOUSAND)), ids, 'everything'),
    play('everyday, 1 million resting', flows.everyday(of(MILLION)), ids),
    play('random cancels, 1 million resting', flows.uniformCancels(of(MILLION)), ids),
    play('sparse levels over 10^7 ticks, 10 thousand resting', flows.sparse(of(10 * THOUSAND)), ids),
    play('one level, random cancels, 1 million resting', flows.oneLevel(of(MILLION)), ids),
    play('sweep of 1 million orders', flows.sweep(of(MILLION)), ids),
    play(
      'flash crash through 50 thousand levels and back',
      flows.flashCrash({ seed, commands: 200_000 * scale, isFresh }),
      ids,
    ),
  ];
  const file = join(data ?? '', COMMANDS_FILE);
  if (data !== undefined && existsSync(file)) cases.push(recorded(file));
  else process.stderr.write('engine: the recorded flow is left out: --data names no folder that has it\n');
  return { name: 'engine', cases };
}

/** Counts and folds what the engine tells. Rows are memory layout, not results: the hash takes numbers only. */
class Tally implements EngineListener {
  hash = HASH_START;
  engine: Engine | undefined;

  onTrade(tradeNumber: number, _maker: number, _taker: number, priceTicks: number, quantityLots: number): void {
    this.hash = hashWord(hashWord(this.hash, tradeNumber), priceTicks ^ quantityLots);
  }

  onOrder(change: number, order: number, restingDeltaLots: number): void {
    const number = this.engine === undefined ? 0 : this.engine.orders.number(order);
    this.hash = hashWord(hashWord(this.hash, number), change ^ restingDeltaLots);
  }

  onRefused(reason: number): void {
    this.hash = hashWord(this.hash, reason);
  }

  onReplayed(): void {
    this.hash = hashWord(this.hash, -1);
  }

  onApplied(): void {}

  onObligation(): void {}
}

/** Client ids, one after the other, with room for a key behind them. */
class Texts {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly offsets: number[] = [];
  readonly lengths: number[] = [];
  readonly keyAt: number;

  constructor(ids: readonly string[]) {
    const encoded = ids.map((id) => new TextEncoder().encode(id));
    this.keyAt = encoded.reduce((sum, id) => sum + id.length, 0);
    this.bytes = new Uint8Array(this.keyAt + KEY_BYTES);
    let at = 0;
    for (const id of encoded) {
      this.bytes.set(id, at);
      this.offsets.push(at);
      this.lengths.push(id.length);
      at += id.length;
    }
  }
}

/** What carries an idempotency key: a new order must (RULES.md, 12), a cancel or an amend seldom does. */
type Keyed = 'nothing' | 'new orders' | 'everything';

/** An engine, and the one command that is filled again and again. */
class Player {
  readonly tally = new Tally();
  readonly engine = new Engine(INSTRUMENTS, this.tally);
  private readonly command = new Command();
  private readonly texts: Texts;
  private readonly keys: DataView;
  private readonly newOrderKeyLength: number;
  private readonly otherKeyLength: number;

  constructor(texts: Texts, keyed: Keyed) {
    this.tally.engine = this.engine;
    this.texts = texts;
    this.command.bytes = texts.bytes;
    this.command.keyOffset = texts.keyAt;
    this.keys = new DataView(texts.bytes.buffer);
    this.newOrderKeyLength = keyed === 'nothing' ? 0 : KEY_BYTES;
    this.otherKeyLength = keyed === 'everything' ? KEY_BYTES : 0;
  }

  play(columns: Columns): void {
    const { engine, command, keys } = this;
    for (let at = 0; at < columns.length; at++) {
      if (at % OUTLOOK_COMMANDS === 0) this.lookAhead(columns, at);
      const sequence = engine.sequence + 1;
      this.fill(columns, at);
      if (command.keyLength !== 0) keys.setUint32(this.texts.keyAt, sequence);
      engine.apply(sequence, 1_700_000_000_000_000 + (sequence >>> 6), command);
    }
  }

  /** What the matching thread does with the batch that it has drained (src/wire/look-ahead.ts). */
  private lookAhead(columns: Columns, from: number): void {
    const { outlook } = this.engine;
    const count = Math.min(OUTLOOK_COMMANDS, columns.length - from);
    for (let i = 0; i < count; i++) {
      const action = columns.action[from + i];
      const isNaming = +(action === Action.CANCEL) | +(action === Action.AMEND);
      outlook.targets[i] = columns.number[from + i] * isNaming;
    }
    outlook.look(count);
  }

  private fill(columns: Columns, at: number): void {
    const { command } = this;
    const action = columns.action[at];
    const client = columns.client[at];
    command.type = typeOf(action);
    command.side = columns.side[at] === Side.BUY ? Side.BUY : Side.SELL;
    command.orderType = action === Action.MARKET ? OrderType.MARKET : OrderType.LIMIT;
    command.timeInForce = action === Action.TAKE || action === Action.MARKET ? TimeInForce.IOC : TimeInForce.GTC;
    command.flags = action === Action.POST ? OrderFlag.POST_ONLY : 0;
    command.priceTicks = columns.priceTicks[at];
    command.quantityLots = columns.quantityLots[at];
    command.targetOrder = columns.number[at];
    command.keyLength = command.type === CommandType.NEW_ORDER ? this.newOrderKeyLength : this.otherKeyLength;
    command.clientOffset = this.texts.offsets[client];
    command.clientLength = this.texts.lengths[client];
  }

  hash(): number {
    return hashWord(hashWord(this.tally.hash, this.engine.openOrders), this.engine.lastTradeNumber);
  }
}

function typeOf(action: number): CommandType {
  if (action === Action.CANCEL) return CommandType.CANCEL_ORDER;
  return action === Action.AMEND ? CommandType.AMEND_ORDER : CommandType.NEW_ORDER;
}

function play(name: string, flow: Flow, ids: readonly string[], keyed: Keyed = 'nothing'): Case {
  const texts = new Texts(ids);
  let player: Player | undefined;
  return {
    name,
    unit: 'command',
    operations: flow.operations,
    resultOf: name,
    prepare: () => {
      player = new Player(texts, keyed);
      player.play(flow.resting);
    },
    run: () => {
      if (player === undefined) throw new Error('not prepared');
      player.play(flow.tape);
      return player.hash();
    },
    close: () => {
      player = undefined;
    },
  };
}

/** The recorded flow: every command from the first, on an empty book. */
function recorded(file: string): Case {
  const commands = readCommands(file);
  const tape = new Columns(commands.length);
  const numbers = new Map<string, number>();
  const clients = new Map<string, number>();
  for (const [i, command] of commands.entries()) {
    const client = clients.get(command.client) ?? clients.size;
    clients.set(command.client, client);
    if (command.kind === 'cancel') {
      tape.push(Action.CANCEL, Side.BUY, 0, 0, numbers.get(command.orderId) ?? 0, client);
      continue;
    }
    numbers.set(command.orderId, i + 1);
    const side = command.side === 'B' ? Side.BUY : Side.SELL;
    tape.push(actionOf(command), side, command.priceTicks, command.quantityLots, i + 1, client);
  }
  const flow = { name: 'recorded', resting: new Columns(0), tape, firstNumber: 1, operations: tape.length };
  return play('recorded BTC-USD', flow, [...clients.keys()]);
}

function actionOf(order: { market: boolean; immediate: boolean; postOnly: boolean }): Action {
  if (order.market) return Action.MARKET;
  if (order.immediate) return Action.TAKE;
  return order.postOnly ? Action.POST : Action.REST;
}

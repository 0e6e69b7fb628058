// An engine that is driven by the rows of a flow, one command at a time, with or without idempotency keys. Main thread of
// the benchmark. Allocates nothing once it is made: one command is filled again and again.

import {
  Command,
  CommandType,
  DEFAULT_INSTRUMENTS,
  Engine,
  type EngineListener,
  OrderType,
  Side,
  TimeInForce,
} from '#ringbook/domain/index.js';
import { Action, CLIENTS, type Columns } from './flows/index.ts';
import { HASH_START } from './suite.ts';

/** As long as a UUID. */
const KEY_BYTES = 36;
const CLIENT_BYTES = 4;
const NOVEMBER_2023_US = 1_700_000_000_000_000;

/** Commands that share one batch time. */
const BATCH = 64;

const PRIME = 0x01000193;

/** Folds what the engine tells, so that none of it can be left out. */
class Told implements EngineListener {
  hash = HASH_START | 0;

  onTrade(tradeNumber: number, _maker: number, _taker: number, priceTicks: number, quantityLots: number): void {
    this.fold(tradeNumber ^ priceTicks ^ quantityLots);
  }

  onOrder(change: number, _order: number, restingDeltaLots: number): void {
    this.fold(change ^ restingDeltaLots);
  }

  onRefused(reason: number): void {
    this.fold(reason);
  }

  onReplayed(): void {
    this.fold(-1);
  }

  onApplied(): void {}

  onObligation(): void {}

  private fold(word: number): void {
    this.hash = Math.imul(this.hash ^ word, PRIME);
  }
}

export class EnginePlayer {
  private readonly told = new Told();
  readonly engine = new Engine(DEFAULT_INSTRUMENTS, this.told);
  private readonly command = new Command();
  /** The ids of all clients, one after the other, then the key. */
  private readonly texts = new Uint8Array(CLIENTS * CLIENT_BYTES + KEY_BYTES);
  private readonly key = new DataView(this.texts.buffer, CLIENTS * CLIENT_BYTES);
  /** Batch time of the commands being applied. */
  private timeUs: number;
  private readonly newOrderKeyLength: number;

  /** `isKeyed`: new orders carry keys, each its own, as rule 12 demands of them. `startUs`: before the first batch. */
  constructor(isKeyed: boolean, startUs = NOVEMBER_2023_US) {
    this.timeUs = startUs;
    this.newOrderKeyLength = isKeyed ? KEY_BYTES : 0;
    this.command.bytes = this.texts;
    this.command.clientLength = CLIENT_BYTES;
    this.command.keyOffset = CLIENTS * CLIENT_BYTES;
    const encoder = new TextEncoder();
    for (let client = 0; client < CLIENTS; client++) {
      const id = `c${String(client).padStart(CLIENT_BYTES - 1, '0')}`;
      encoder.encodeInto(id, this.texts.subarray(client * CLIENT_BYTES));
    }
  }

  /** Applies rows `from` to `to` (not included) of the columns, batch by batch, as the matching thread does. */
  play(columns: Columns, from: number, to: number): void {
    for (let at = from; at < to; at += BATCH) this.playBatch(columns, at, Math.min(at + BATCH, to), ++this.timeUs);
  }

  private playBatch(columns: Columns, from: number, to: number, timeUs: number): void {
    const { engine } = this;
    for (let at = from; at < to; at++) {
      const sequence = engine.sequence + 1;
      engine.apply(sequence, timeUs, this.fill(columns, at, sequence));
    }
  }

  /** The row as a command; its key, if it has one, is made of its sequence. One object is filled again and again. */
  fill(columns: Columns, at: number, sequence: number): Command {
    const { command } = this;
    const action = columns.action[at];
    command.type = typeOf(action);
    command.side = columns.side[at] === Side.BUY ? Side.BUY : Side.SELL;
    command.orderType = OrderType.LIMIT;
    command.timeInForce = action === Action.TAKE ? TimeInForce.IOC : TimeInForce.GTC;
    command.priceTicks = columns.priceTicks[at];
    command.quantityLots = columns.quantityLots[at];
    command.targetOrder = columns.number[at];
    command.clientOffset = columns.client[at] * CLIENT_BYTES;
    command.keyLength = command.type === CommandType.NEW_ORDER ? this.newOrderKeyLength : 0;
    if (command.keyLength > 0) this.key.setUint32(0, sequence);
    return command;
  }
}

function typeOf(action: number): CommandType {
  if (action === Action.CANCEL) return CommandType.CANCEL_ORDER;
  return action === Action.AMEND ? CommandType.AMEND_ORDER : CommandType.NEW_ORDER;
}

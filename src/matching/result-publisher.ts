// Listens to the engine while one command is applied and tells the outcome: a reply to the gateway that asked, event
// records to everyone else. Runs on the matching thread; must never wait: room for each reply is promised by the
// gateway's in-flight limit, and the event ring overwrites. Allocates: nothing (but the names of an instrument that changes).

import { assert } from '../assert.ts';
import { CommandType } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import type { Engine } from '../domain/engine.ts';
import { type EngineListener, OrderChange } from '../domain/listener.ts';
import type { CounterBlock } from '../shared-memory/counters.ts';
import type { MessageRing } from '../shared-memory/message-ring.ts';
import type { CommandOrigin } from '../wire/command-codec.ts';
import { CommandResult, commandCounter, MatchingCounter } from '../wire/counters.ts';
import { EventEncoder, type EventSink } from '../wire/event-encoder.ts';
import type { InstrumentDirectoryWriter } from '../wire/instrument-directory.ts';
import { encodeOrder, ORDER_RECORD_BYTES_MAX } from '../wire/order-codec.ts';
import {
  FILL_BYTES,
  FILL_MAKER_CREATED_US,
  FILL_MAKER_ORDER,
  FILL_PRICE_TICKS,
  FILL_QUANTITY_LOTS,
  FILL_TRADE_NUMBER,
  FILLS_MAX,
  REPLY_APPLIED_US,
  REPLY_BYTES_MAX,
  REPLY_DRAINED_US,
  REPLY_DURABLE_US,
  REPLY_FILLS,
  REPLY_FIRST_TRADE,
  REPLY_KIND,
  REPLY_ORDER,
  REPLY_ORDER_BYTES,
  REPLY_REASON,
  REPLY_REQUEST_ID,
  REPLY_RESULT_SEQUENCE,
  REPLY_SEQUENCE,
  REPLY_TRADES_TOTAL,
  REPLY_VALUE,
  ReplyKind,
  ReplyType,
} from '../wire/reply-codec.ts';
import { OWN_GATEWAY } from './own-commands.ts';

/** Where in a reply the fills lie until its order record is complete. */
const FILLS_WHILE_APPLIED = REPLY_ORDER + ORDER_RECORD_BYTES_MAX;

/** Where results go. */
export interface ResultSinks {
  /** By gateway. */
  readonly replyRings: readonly MessageRing[];
  readonly events: EventSink;
  readonly instruments: InstrumentDirectoryWriter;
  /** Blocks of the matching thread: CounterBlockId. */
  readonly counters: CounterBlock;
  readonly reasons: CounterBlock;
  readonly commands: CounterBlock;
  readonly trades: CounterBlock;
}

export class ResultPublisher implements EngineListener {
  readonly #sinks: ResultSinks;
  #engine: Engine | undefined;
  #events: EventEncoder | undefined;
  #type: CommandType = 1;
  #result: CommandResult = CommandResult.ACCEPTED;

  /** The reply under construction: its ring (none for an own command), its first byte, its order's number and what it has so far. */
  #ring: MessageRing | undefined;
  #reply = -1;
  #answeredOrder = 0;
  #kind = 0;
  #reason = 0;
  #orderBytes = 0;
  #fills = 0;
  #resultSequence = 0;
  #firstTrade = 0;
  #tradesTotal = 0;
  #value = 0;
  #drainedUs = 0;
  #durableUs = 0;

  /** Where the batch's replies lie until they are published; as long as the largest batch was. */
  readonly #stagedViews: DataView[] = [];
  readonly #stagedOffsets: number[] = [];
  #staged = 0;

  constructor(sinks: ResultSinks) {
    this.#sinks = sinks;
  }

  /** Silent until attached: recovery replays without telling anyone. */
  attach(engine: Engine): void {
    this.#engine = engine;
    this.#events = new EventEncoder(engine, this.#sinks.events);
  }

  /** Before a batch is applied: when it had left its rings and when it was durable, by the stopwatch, for the latency figures. */
  beginBatch(drainedUs: number, durableUs: number): void {
    this.#drainedUs = drainedUs;
    this.#durableUs = durableUs;
  }

  /** Before Engine.apply. */
  begin(origin: CommandOrigin, command: Command, sequence: number): void {
    this.#type = command.type;
    this.#answeredOrder = answeredOrder(command, sequence);
    this.#result = CommandResult.ACCEPTED;
    this.#kind = 0;
    this.#reason = 0;
    this.#orderBytes = 0;
    this.#fills = 0;
    this.#resultSequence = sequence;
    this.#firstTrade = 0;
    this.#tradesTotal = 0;
    this.#value = 0;
    this.#ring = undefined;
    if (origin.gateway !== OWN_GATEWAY) this.#beginReply(origin, sequence);
  }

  #beginReply(origin: CommandOrigin, sequence: number): void {
    const ring = this.#sinks.replyRings[origin.gateway];
    assert(ring !== undefined, 'the command came from a gateway that exists');
    const offset = ring.claim(ReplyType.COMMAND, REPLY_BYTES_MAX);
    assert(offset >= 0, 'the in-flight limit keeps room for every reply');
    this.#ring = ring;
    this.#reply = offset;
    ring.view.setUint32(offset + REPLY_REQUEST_ID, origin.requestId, true);
    ring.view.setFloat64(offset + REPLY_SEQUENCE, sequence, true);
    ring.view.setFloat64(offset + REPLY_DRAINED_US, this.#drainedUs, true);
    ring.view.setFloat64(offset + REPLY_DURABLE_US, this.#durableUs, true);
  }

  /** After Engine.apply: ends the reply; publishReplies() shows it to its gateway. */
  end(): void {
    assert(this.#kind !== 0, 'every command gets exactly one outcome');
    this.#sinks.commands.add(commandCounter(this.#type, this.#result), 1);
    if (this.#ring !== undefined) this.#endReply(this.#ring);
  }

  #endReply(ring: MessageRing): void {
    const { view } = ring;
    const offset = this.#reply;
    view.setUint16(offset + REPLY_KIND, this.#kind, true);
    view.setUint16(offset + REPLY_REASON, this.#reason, true);
    view.setFloat64(offset + REPLY_RESULT_SEQUENCE, this.#resultSequence, true);
    view.setFloat64(offset + REPLY_FIRST_TRADE, this.#firstTrade, true);
    view.setUint32(offset + REPLY_TRADES_TOTAL, this.#tradesTotal, true);
    view.setUint16(offset + REPLY_FILLS, this.#fills, true);
    view.setUint16(offset + REPLY_ORDER_BYTES, this.#orderBytes, true);
    view.setFloat64(offset + REPLY_VALUE, this.#value, true);
    if (this.#fills > 0) this.#moveFills(ring);
    ring.stage(REPLY_ORDER + this.#orderBytes + this.#fills * FILL_BYTES);
    this.#stagedViews[this.#staged] = view;
    this.#stagedOffsets[this.#staged++] = offset;
    this.#ring = undefined;
  }

  /** To where they belong, behind the order record. */
  #moveFills({ bytes }: MessageRing): void {
    const from = this.#reply + FILLS_WHILE_APPLIED;
    bytes.copyWithin(this.#reply + REPLY_ORDER + this.#orderBytes, from, from + this.#fills * FILL_BYTES);
  }

  /** Why the last command was refused (Reason); 0 when it was not. */
  get refusal(): number {
    return this.#reason;
  }

  /**
   * After the batch, which was applied at `appliedUs` of the stopwatch, and after the sequence it reached is told: who reads
   * upon a reply finds what it says.
   */
  publishReplies(appliedUs: number): void {
    const { replyRings } = this.#sinks;
    for (let i = 0; i < this.#staged; i++) {
      this.#stagedViews[i].setFloat64(this.#stagedOffsets[i] + REPLY_APPLIED_US, appliedUs, true);
    }
    this.#staged = 0;
    for (let k = 0; k < replyRings.length; k++) replyRings[k].publish();
  }

  onTrade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    const { orders } = engine;
    this.#events?.trade(tradeNumber, maker, taker, priceTicks, quantityLots);
    this.#sinks.counters.add(MatchingCounter.TRADES, 1);
    this.#sinks.trades.add(orders.instrument(taker), 1);
    // Stops that the command triggered trade too, after it: those trades are not the asker's.
    if (orders.number(taker) !== this.#answeredOrder) return;
    if (this.#tradesTotal === 0) this.#firstTrade = tradeNumber;
    assert(tradeNumber === this.#firstTrade + this.#tradesTotal, 'the trades of the answered order have no gap');
    this.#tradesTotal++;
    if (this.#ring !== undefined && this.#fills < FILLS_MAX) {
      this.#writeFill(this.#ring, orders, tradeNumber, maker, priceTicks, quantityLots);
    }
  }

  onOrder(change: OrderChange, order: number, restingDeltaLots: number): void {
    this.#events?.order(change, order, restingDeltaLots);
    const engine = this.#engine;
    // The first one that ends its arrival or changes it is the answer: what a stop that follows does to it is not.
    if (engine === undefined || this.#kind !== 0 || !isOutcome(change)) return;
    if (engine.orders.number(order) !== this.#answeredOrder) return;
    if (change === OrderChange.REJECTED) {
      this.#result = CommandResult.REJECTED;
      this.#sinks.reasons.add(engine.orders.reason(order), 1);
    }
    this.#kind = ReplyKind.APPLIED;
    this.#writeOrder(engine.orders, order);
  }

  onRefused(reason: number, order: number): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    this.#result = CommandResult.REFUSED;
    this.#sinks.reasons.add(reason, 1);
    this.#kind = ReplyKind.REFUSED;
    this.#reason = reason;
    if (order >= 0) this.#writeOrder(engine.orders, order);
  }

  onReplayed(result: number): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    const { results } = engine;
    this.#result = CommandResult.REPLAYED;
    this.#kind = ReplyKind.REPLAYED;
    this.#resultSequence = results.sequence(result);
    if (results.isValue(result)) {
      this.#value = results.value(result);
      return;
    }
    this.#firstTrade = results.firstTrade(result);
    this.#tradesTotal = results.tradeCount(result);
    this.#writeOrder(results.orders, result);
  }

  onApplied(value: number): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    this.#kind = ReplyKind.VALUE;
    this.#value = value;
    // Before the event of it is told: who hears of an instrument finds it.
    if (changesInstruments(this.#type)) this.#sinks.instruments.publish(engine.instruments, engine.sequence);
    this.#events?.applied(this.#type, value);
  }

  onObligation(cycle: number, account: number): void {
    this.#events?.obligation(cycle, account);
  }

  /** Behind where the longest order record would end: how long it is, is only known at the end. */
  #writeFill(
    ring: MessageRing,
    orders: Engine['orders'],
    tradeNumber: number,
    maker: number,
    priceTicks: number,
    quantityLots: number,
  ): void {
    const at = this.#reply + FILLS_WHILE_APPLIED + this.#fills * FILL_BYTES;
    ring.view.setFloat64(at + FILL_TRADE_NUMBER, tradeNumber, true);
    ring.view.setFloat64(at + FILL_MAKER_ORDER, orders.number(maker), true);
    ring.view.setFloat64(at + FILL_MAKER_CREATED_US, orders.createdUs(maker), true);
    ring.view.setFloat64(at + FILL_PRICE_TICKS, priceTicks, true);
    ring.view.setFloat64(at + FILL_QUANTITY_LOTS, quantityLots, true);
    this.#fills++;
  }

  #writeOrder(orders: Engine['orders'], row: number): void {
    const ring = this.#ring;
    const engine = this.#engine;
    if (ring === undefined || engine === undefined) return;
    this.#orderBytes = encodeOrder(ring.bytes, ring.view, this.#reply + REPLY_ORDER, orders, row, engine.clients);
  }
}

/** The number of the order that a command places, cancels or amends; 0 when it is about no single one. */
function answeredOrder(command: Command, sequence: number): number {
  switch (command.type) {
    case CommandType.NEW_ORDER:
    case CommandType.REPLACE_ORDER:
      return sequence;
    case CommandType.CANCEL_ORDER:
    case CommandType.AMEND_ORDER:
      return command.targetOrder;
    default:
      return 0;
  }
}

/** Whether a change of the answered order is what came of the command, and nothing on the way to it. */
function isOutcome(change: OrderChange): boolean {
  switch (change) {
    case OrderChange.RESTED:
    case OrderChange.DONE:
    case OrderChange.REJECTED:
    case OrderChange.CANCELLED:
    case OrderChange.AMENDED:
    case OrderChange.STOP_ACCEPTED:
      return true;
    default:
      return false;
  }
}

function changesInstruments(type: CommandType): boolean {
  return type === CommandType.DEFINE_INSTRUMENT || type === CommandType.SET_INSTRUMENT_STATUS;
}

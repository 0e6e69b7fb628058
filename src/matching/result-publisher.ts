// Listens to the engine while one command is applied and tells the outcome: a reply to the gateway that asked, event
// records to everyone else. Runs on the matching thread; must never wait: room for each reply is promised by the
// gateway's in-flight limit, and the event ring overwrites. Allocates: nothing.

import { assert } from '../assert.ts';
import type { CommandType } from '../domain/codes.ts';
import type { Engine } from '../domain/engine.ts';
import { type EngineListener, OrderChange } from '../domain/listener.ts';
import type { CounterBlock } from '../shared-memory/counters.ts';
import type { MessageRing } from '../shared-memory/message-ring.ts';
import type { CommandOrigin } from '../wire/command-codec.ts';
import { CommandResult, commandCounter, MatchingCounter } from '../wire/counters.ts';
import { EventEncoder, type EventSink } from '../wire/event-encoder.ts';
import { encodeOrder, ORDER_CLIENT } from '../wire/order-codec.ts';
import {
  FILL_BYTES,
  FILL_MAKER_CREATED_US,
  FILL_MAKER_ORDER,
  FILL_PRICE_TICKS,
  FILL_QUANTITY_LOTS,
  FILL_TRADE_NUMBER,
  FILLS_MAX,
  REPLY_BYTES_MAX,
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
  ReplyKind,
  ReplyType,
} from '../wire/reply-codec.ts';

export class ResultPublisher implements EngineListener {
  readonly #counters: CounterBlock;
  readonly #reasons: CounterBlock;
  readonly #replyRings: readonly MessageRing[];
  readonly #sink: EventSink;
  #engine: Engine | undefined;
  #events: EventEncoder | undefined;

  /** The reply under construction: its ring, its first byte, its order's number and what it has so far. */
  #ring: MessageRing | undefined;
  #reply = -1;
  #answeredOrder = 0;
  #type: CommandType = 1;
  #result: CommandResult = CommandResult.ACCEPTED;
  #kind = 0;
  #reason = 0;
  #orderBytes = 0;
  #fills = 0;
  #resultSequence = 0;
  #firstTrade = 0;
  #tradesTotal = 0;

  /** `counters` is the matching thread's block, `reasons` the one that counts by reason. */
  constructor(replyRings: readonly MessageRing[], sink: EventSink, counters: CounterBlock, reasons: CounterBlock) {
    this.#counters = counters;
    this.#reasons = reasons;
    this.#replyRings = replyRings;
    this.#sink = sink;
  }

  /** Silent until attached: recovery replays without telling anyone. */
  attach(engine: Engine): void {
    this.#engine = engine;
    this.#events = new EventEncoder(engine, this.#sink);
  }

  /** Before Engine.apply. `answeredOrder` is the number of the order that the command places, cancels or amends. */
  begin(origin: CommandOrigin, type: CommandType, sequence: number, answeredOrder: number): void {
    const ring = this.#replyRings[origin.gateway];
    assert(ring !== undefined, 'the command came from a gateway that exists');
    const offset = ring.claim(ReplyType.COMMAND, REPLY_BYTES_MAX);
    assert(offset >= 0, 'the in-flight limit keeps room for every reply');
    this.#ring = ring;
    this.#reply = offset;
    this.#type = type;
    this.#answeredOrder = answeredOrder;
    this.#result = CommandResult.ACCEPTED;
    this.#kind = 0;
    this.#reason = 0;
    this.#orderBytes = 0;
    this.#fills = 0;
    this.#resultSequence = sequence;
    this.#firstTrade = 0;
    this.#tradesTotal = 0;
    ring.view.setUint32(offset + REPLY_REQUEST_ID, origin.requestId, true);
    ring.view.setFloat64(offset + REPLY_SEQUENCE, sequence, true);
  }

  /** After Engine.apply: ends the reply; publishReplies() shows it to its gateway. */
  end(): void {
    const ring = this.#ring;
    assert(ring !== undefined && this.#kind !== 0, 'every command gets exactly one outcome');
    const { view } = ring;
    const offset = this.#reply;
    view.setUint16(offset + REPLY_KIND, this.#kind, true);
    view.setUint16(offset + REPLY_REASON, this.#reason, true);
    view.setFloat64(offset + REPLY_RESULT_SEQUENCE, this.#resultSequence, true);
    view.setFloat64(offset + REPLY_FIRST_TRADE, this.#firstTrade, true);
    view.setUint32(offset + REPLY_TRADES_TOTAL, this.#tradesTotal, true);
    view.setUint16(offset + REPLY_FILLS, this.#fills, true);
    view.setUint16(offset + REPLY_ORDER_BYTES, this.#orderBytes, true);
    ring.stage(REPLY_ORDER + this.#orderBytes + this.#fills * FILL_BYTES);
    this.#ring = undefined;
    this.#counters.add(commandCounter(this.#type, this.#result), 1);
  }

  /** After the batch, and after the sequence it reached is told: who reads upon a reply finds what it says. */
  publishReplies(): void {
    for (let k = 0; k < this.#replyRings.length; k++) this.#replyRings[k].publish();
  }

  onTrade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void {
    const engine = this.#engine;
    const ring = this.#ring;
    if (engine === undefined || ring === undefined) return;
    this.#events?.trade(tradeNumber, maker, taker, priceTicks, quantityLots);
    this.#counters.add(MatchingCounter.TRADES, 1);
    assert(engine.orders.number[taker] === this.#answeredOrder, 'the answered order is the taker');
    if (this.#tradesTotal++ === 0) this.#firstTrade = tradeNumber;
    if (this.#fills === FILLS_MAX) return;
    // The order record comes first but is only final at the end; its length is known from the client id already.
    const clientBytes = engine.clients.lengthOf(engine.orders.client[taker]);
    const orderBytes = (ORDER_CLIENT + clientBytes + 7) & ~7;
    const at = this.#reply + REPLY_ORDER + orderBytes + this.#fills * FILL_BYTES;
    ring.view.setFloat64(at + FILL_TRADE_NUMBER, tradeNumber, true);
    ring.view.setFloat64(at + FILL_MAKER_ORDER, engine.orders.number[maker], true);
    ring.view.setFloat64(at + FILL_MAKER_CREATED_US, engine.orders.createdUs[maker], true);
    ring.view.setFloat64(at + FILL_PRICE_TICKS, priceTicks, true);
    ring.view.setFloat64(at + FILL_QUANTITY_LOTS, quantityLots, true);
    this.#fills++;
  }

  onOrder(change: OrderChange, order: number, restingDeltaLots: number): void {
    this.#events?.order(change, order, restingDeltaLots);
    const engine = this.#engine;
    if (engine === undefined) return;
    if (change === OrderChange.FILLED || change === OrderChange.LIFTED) return;
    if (engine.orders.number[order] !== this.#answeredOrder) return;
    if (change === OrderChange.REJECTED) {
      this.#result = CommandResult.REJECTED;
      this.#reasons.add(engine.orders.reason[order], 1);
    }
    this.#kind = ReplyKind.APPLIED;
    this.#writeOrder(engine.orders, order);
  }

  onRefused(reason: number, order: number): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    this.#result = CommandResult.REFUSED;
    this.#reasons.add(reason, 1);
    this.#kind = ReplyKind.REFUSED;
    this.#reason = reason;
    if (order >= 0) this.#writeOrder(engine.orders, order);
  }

  onReplayed(result: number): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    this.#result = CommandResult.REPLAYED;
    this.#kind = ReplyKind.REPLAYED;
    this.#resultSequence = engine.results.sequence[result];
    this.#firstTrade = engine.results.firstTrade[result];
    this.#tradesTotal = engine.results.tradeCount[result];
    this.#writeOrder(engine.results, result);
  }

  #writeOrder(orders: Engine['orders'], row: number): void {
    const ring = this.#ring;
    const engine = this.#engine;
    if (ring === undefined || engine === undefined) return;
    this.#orderBytes = encodeOrder(ring.bytes, ring.view, this.#reply + REPLY_ORDER, orders, row, engine.clients);
  }
}

// A plain in-process exchange over the engine: objects in, objects and events out. Pure: no clock, threads or I/O; its
// caller's thread. For referees, experiments and microbenchmarks; the server drives Engine directly and never this.
// Numbers are ticks and lots of the instrument (DEFAULT_INSTRUMENTS: cents and 1e-8 BTC).

import { CommandType, OrderFlag, OrderStatus, OrderType, reasonName, Side, TimeInForce } from './codes.ts';
import { CLIENT_ID_BYTES_MAX, Command, IDEMPOTENCY_KEY_BYTES_MAX } from './command.ts';
import { Engine } from './engine.ts';
import { toBigInt } from './exact.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from './instrument.ts';
import { type EngineListener, OrderChange } from './listener.ts';
import type { OrderColumns } from './order-columns.ts';

export interface NewOrder {
  readonly clientId: string;
  readonly side: 'buy' | 'sell';
  readonly quantityLots: number;
  /** Limit orders only. */
  readonly priceTicks?: number;
  readonly type?: 'limit' | 'market';
  readonly timeInForce?: 'GTC' | 'IOC';
  readonly postOnly?: boolean;
  readonly idempotencyKey?: string;
  /** Name; the first instrument when left out. */
  readonly instrument?: string;
}

export interface Amendment {
  readonly priceTicks?: number;
  /** The new total, executed quantity included. */
  readonly quantityLots?: number;
  readonly clientId?: string;
}

export type OrderStatusName = 'open' | 'partially_filled' | 'filled' | 'cancelled' | 'rejected' | 'expired';

export interface OrderState {
  readonly orderNumber: number;
  readonly clientId: string;
  /** '' when the order named no instrument that exists. */
  readonly instrument: string;
  readonly side: 'buy' | 'sell';
  readonly type: 'limit' | 'market';
  readonly timeInForce: 'GTC' | 'IOC';
  readonly postOnly: boolean;
  readonly priceTicks: number;
  readonly quantityLots: number;
  readonly executedLots: number;
  readonly remainingLots: number;
  /** Sum of price x quantity over all executions, in ticks x lots. */
  readonly notional: bigint;
  readonly status: OrderStatusName;
  /** Name of the reason why it closed or was rejected, '' while it lives or when filled. */
  readonly reason: string;
}

export interface Trade {
  readonly tradeNumber: number;
  readonly makerOrder: number;
  readonly takerOrder: number;
  readonly makerClientId: string;
  readonly takerClientId: string;
  readonly takerSide: 'buy' | 'sell';
  readonly priceTicks: number;
  readonly quantityLots: number;
}

export type OrderChangeName = 'rested' | 'done' | 'rejected' | 'filled' | 'cancelled' | 'amended' | 'lifted';

export type ExchangeEvent =
  | { readonly type: 'trade'; readonly sequence: number; readonly trade: Trade }
  | {
      readonly type: 'order';
      readonly sequence: number;
      readonly change: OrderChangeName;
      readonly order: OrderState;
      /** By how much the resting quantity at the order's price changed. */
      readonly restingDeltaLots: number;
    }
  | { readonly type: 'refused'; readonly sequence: number; readonly reason: string }
  | { readonly type: 'replayed'; readonly sequence: number; readonly originalSequence: number };

export interface Outcome {
  readonly sequence: number;
  /** The order that the command placed, cancelled or amended, after it; undefined when the command was refused. */
  readonly order: OrderState | undefined;
  /** What the command executed, in order. Empty for a replayed key: the trades were told the first time. */
  readonly trades: readonly Trade[];
  /** Why the command was refused and changed nothing; '' when it was not. */
  readonly refused: string;
  /** The idempotency key was known: `order` is the first result. */
  readonly replayed: boolean;
}

export interface ExchangeOptions {
  readonly instruments?: readonly Instrument[];
  /** Called for everything that happens, in order, before the call that caused it returns. */
  readonly onEvent?: (event: ExchangeEvent) => void;
}

export function createExchange(options: ExchangeOptions = {}): Exchange {
  return new Exchange(options);
}

const STATUS_NAMES: ReadonlyMap<number, OrderStatusName> = new Map([
  [OrderStatus.OPEN, 'open'],
  [OrderStatus.PARTIALLY_FILLED, 'partially_filled'],
  [OrderStatus.FILLED, 'filled'],
  [OrderStatus.CANCELLED, 'cancelled'],
  [OrderStatus.REJECTED, 'rejected'],
  [OrderStatus.EXPIRED, 'expired'],
]);

const CHANGE_NAMES: ReadonlyMap<number, OrderChangeName> = new Map([
  [OrderChange.RESTED, 'rested'],
  [OrderChange.DONE, 'done'],
  [OrderChange.REJECTED, 'rejected'],
  [OrderChange.FILLED, 'filled'],
  [OrderChange.CANCELLED, 'cancelled'],
  [OrderChange.AMENDED, 'amended'],
  [OrderChange.LIFTED, 'lifted'],
]);

export class Exchange implements EngineListener {
  /** For reading: levels, snapshots, digest. Apply commands through the exchange only. */
  readonly engine: Engine;
  private readonly onEvent: ((event: ExchangeEvent) => void) | undefined;
  private readonly command = new Command();
  private readonly encoder = new TextEncoder();
  private readonly decoder = new TextDecoder();
  private trades: Trade[] = [];
  private answer: OrderState | undefined;
  private refused = '';
  private replayed = false;

  constructor(options: ExchangeOptions = {}) {
    this.onEvent = options.onEvent;
    this.engine = new Engine(options.instruments ?? DEFAULT_INSTRUMENTS, this);
    // Room for the longest texts at three bytes a character: what does not fit is refused, never cut.
    this.command.bytes = new Uint8Array(CLIENT_ID_BYTES_MAX + IDEMPOTENCY_KEY_BYTES_MAX);
  }

  /** Throws RangeError for what no wire would carry: a fraction, NaN, a negative number, an id of 0 or over 64 bytes. */
  newOrder(order: NewOrder): Outcome {
    const command = this.command;
    command.type = CommandType.NEW_ORDER;
    command.instrument = this.instrumentIndex(order.instrument);
    command.side = order.side === 'buy' ? Side.BUY : Side.SELL;
    command.orderType = order.type === 'market' ? OrderType.MARKET : OrderType.LIMIT;
    command.timeInForce = order.timeInForce === 'IOC' ? TimeInForce.IOC : TimeInForce.GTC;
    command.flags = order.postOnly === true ? OrderFlag.POST_ONLY : 0;
    command.priceTicks = wholeNumber('priceTicks', order.priceTicks ?? 0);
    command.quantityLots = wholeNumber('quantityLots', order.quantityLots);
    command.targetOrder = 0;
    if (order.clientId === '') throw new RangeError('clientId is empty');
    return this.apply(order.clientId, order.idempotencyKey ?? '');
  }

  cancel(orderNumber: number, clientId = ''): Outcome {
    const command = this.command;
    command.type = CommandType.CANCEL_ORDER;
    command.priceTicks = 0;
    command.quantityLots = 0;
    command.targetOrder = wholeNumber('orderNumber', orderNumber);
    return this.apply(clientId, '');
  }

  amend(orderNumber: number, amendment: Amendment): Outcome {
    const command = this.command;
    command.type = CommandType.AMEND_ORDER;
    command.priceTicks = wholeNumber('priceTicks', amendment.priceTicks ?? 0);
    command.quantityLots = wholeNumber('quantityLots', amendment.quantityLots ?? 0);
    command.targetOrder = wholeNumber('orderNumber', orderNumber);
    return this.apply(amendment.clientId ?? '', '');
  }

  /** Best bid in ticks, 0 when there is none. */
  bestBid(instrument?: string): number {
    return this.engine.bestPriceTicks(this.knownInstrument(instrument), Side.BUY);
  }

  /** Best ask in ticks, 0 when there is none. */
  bestAsk(instrument?: string): number {
    return this.engine.bestPriceTicks(this.knownInstrument(instrument), Side.SELL);
  }

  /** Resting lots at a price. */
  depthAt(side: 'buy' | 'sell', priceTicks: number, instrument?: string): number {
    return this.engine.depthAt(this.knownInstrument(instrument), side === 'buy' ? Side.BUY : Side.SELL, priceTicks);
  }

  /** A resting order; undefined when it is closed or unknown: closed orders live on in events only. */
  order(orderNumber: number): OrderState | undefined {
    const row = this.engine.findOrder(orderNumber);
    return row < 0 ? undefined : this.stateOf(this.engine.orders, row);
  }

  // --- EngineListener ------------------------------------------------------------------------------------------------

  onTrade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void {
    const orders = this.engine.orders;
    const trade: Trade = {
      tradeNumber,
      makerOrder: orders.number[maker],
      takerOrder: orders.number[taker],
      makerClientId: this.clientId(orders.client[maker]),
      takerClientId: this.clientId(orders.client[taker]),
      takerSide: orders.side[taker] === Side.BUY ? 'buy' : 'sell',
      priceTicks,
      quantityLots,
    };
    this.trades.push(trade);
    this.onEvent?.({ type: 'trade', sequence: this.engine.sequence, trade });
  }

  onOrder(change: OrderChange, row: number, restingDeltaLots: number): void {
    // A maker's fill is news for listeners only: the outcome is about the command's own order.
    const isMaker = change === OrderChange.FILLED;
    if (isMaker && this.onEvent === undefined) return;
    const order = this.stateOf(this.engine.orders, row);
    if (!isMaker) this.answer = order;
    const changeName = CHANGE_NAMES.get(change) ?? 'done';
    this.onEvent?.({ type: 'order', sequence: this.engine.sequence, change: changeName, order, restingDeltaLots });
  }

  onRefused(reason: number): void {
    this.refused = reasonName(reason);
    this.onEvent?.({ type: 'refused', sequence: this.engine.sequence, reason: this.refused });
  }

  onReplayed(result: number): void {
    const results = this.engine.results;
    this.replayed = true;
    this.answer = this.stateOf(results, result);
    const originalSequence = results.sequence[result];
    this.onEvent?.({ type: 'replayed', sequence: this.engine.sequence, originalSequence });
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  private apply(clientId: string, key: string): Outcome {
    const command = this.command;
    command.clientOffset = 0;
    command.clientLength = this.encode('clientId', clientId, 0, CLIENT_ID_BYTES_MAX);
    command.keyOffset = command.clientLength;
    command.keyLength = this.encode('idempotencyKey', key, command.keyOffset, IDEMPOTENCY_KEY_BYTES_MAX);
    this.trades = [];
    this.answer = undefined;
    this.refused = '';
    this.replayed = false;
    const sequence = this.engine.sequence + 1;
    // No clock here: time is the sequence.
    this.engine.apply(sequence, sequence, command);
    return { sequence, order: this.answer, trades: this.trades, refused: this.refused, replayed: this.replayed };
  }

  private encode(field: string, text: string, offset: number, lengthMax: number): number {
    const target = this.command.bytes.subarray(offset, offset + lengthMax);
    const { read, written } = this.encoder.encodeInto(text, target);
    if (read !== text.length) throw new RangeError(`${field} is longer than ${lengthMax} bytes`);
    return written;
  }

  private instrumentIndex(name: string | undefined): number {
    if (name === undefined) return 0;
    const index = this.engine.instruments.findIndex((instrument) => instrument.name === name);
    // An index beyond the table is how a command says "unknown": the engine rejects the order by that name.
    return index < 0 ? this.engine.instruments.length : index;
  }

  private knownInstrument(name: string | undefined): number {
    const index = this.instrumentIndex(name);
    if (index >= this.engine.instruments.length) throw new RangeError(`no instrument ${name}`);
    return index;
  }

  private clientId(client: number): string {
    return this.decoder.decode(this.engine.clients.bytesOf(client));
  }

  private stateOf(orders: OrderColumns, row: number): OrderState {
    const status = STATUS_NAMES.get(orders.status[row]) ?? 'open';
    const isOpen = status === 'open' || status === 'partially_filled';
    return {
      orderNumber: orders.number[row],
      clientId: this.clientId(orders.client[row]),
      instrument: this.engine.instruments[orders.instrument[row]]?.name ?? '',
      side: orders.side[row] === Side.BUY ? 'buy' : 'sell',
      type: orders.orderType[row] === OrderType.MARKET ? 'market' : 'limit',
      timeInForce: orders.timeInForce[row] === TimeInForce.IOC ? 'IOC' : 'GTC',
      postOnly: (orders.flags[row] & OrderFlag.POST_ONLY) !== 0,
      priceTicks: orders.priceTicks[row],
      quantityLots: orders.quantityLots[row],
      executedLots: orders.executedLots[row],
      remainingLots: isOpen ? orders.quantityLots[row] - orders.executedLots[row] : 0,
      notional: toBigInt(orders.notionalHigh[row], orders.notionalLow[row]),
      status,
      reason: reasonName(orders.reason[row]),
    };
  }
}

function wholeNumber(field: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${field} is not a whole number: ${value}`);
  return value;
}

// For tests: random commands through the real engine into a spool, and beside it what the ledger must then hold, folded
// independently from what the engine told: plain objects, BigInt, no codec. The seed decides everything.

import { CommandType, OrderType, REASONS, Side, TimeInForce } from '../../domain/codes.ts';
import { Command } from '../../domain/command.ts';
import { Engine } from '../../domain/engine.ts';
import { toBigInt } from '../../domain/exact.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from '../../domain/instrument.ts';
import type { EngineListener } from '../../domain/listener.ts';
import { createRandom } from '../../sim/testing/random.ts';
import { EventEncoder, type EventSink } from '../../wire/event-encoder.ts';

export const FLOW_INSTRUMENTS: readonly Instrument[] = [
  ...DEFAULT_INSTRUMENTS,
  {
    name: 'ODD-ÄÖ',
    priceScale: 3,
    quantityScale: 5,
    base: 'ODD',
    quote: 'ÄÖ',
    minPriceTicks: 1,
    maxPriceTicks: 2 ** 48,
    minQuantityLots: 1,
    maxQuantityLots: 2 ** 51,
  },
];

const START_US = 1_780_000_000_123_456;
const CLIENTS = ['alice', 'bob', 'çarşı-ü', 'x', 'a-client-id-of-exactly-sixty-four-bytes-0123456789-0123456789-ab'];

/** Rows as SELECT ... ::text gives them. */
export type ExpectedRow = Readonly<Record<string, string | null>>;
export type ExpectedTrade = ExpectedRow & { readonly trade_number: string; readonly sequence: string };
export type ExpectedOrder = ExpectedRow & { readonly status: string };

/** A spool's writing end. */
export interface FlowSink extends EventSink {
  /** All events of commands up to `sequence` were written. */
  show(sequence: number): void;
}

export class OrderFlow<Sink extends FlowSink = FlowSink> {
  readonly spool: Sink;
  readonly trades: ExpectedTrade[] = [];
  /** By order number, each order's last state. */
  readonly orders = new Map<number, ExpectedOrder>();
  readonly #random: () => number;
  readonly #engine: Engine;
  readonly #command = new Command();
  #timeUs = START_US;

  constructor(spool: Sink, seed: number, random: () => number = createRandom(seed)) {
    this.spool = spool;
    this.#random = random;
    const listener: EngineListener = {
      onTrade: (number, maker, taker, price, quantity) => {
        this.#expectTrade(number, maker, taker, price, quantity);
        encoder.trade(number, maker, taker, price, quantity);
      },
      onOrder: (change, order, delta) => {
        this.#expectOrder(order);
        encoder.order(change, order, delta);
      },
      onRefused: () => {},
      onReplayed: () => {},
    };
    this.#engine = new Engine(FLOW_INSTRUMENTS, listener);
    const encoder = new EventEncoder(this.#engine, spool);
  }

  get sequence(): number {
    return this.#engine.sequence;
  }

  /** Applies `commands` random commands; their events are in the spool on return. */
  run(commands: number): void {
    for (let i = 0; i < commands; i++) {
      this.#timeUs += 1 + this.#below(900);
      this.#choose();
      this.#engine.apply(this.#engine.sequence + 1, this.#timeUs, this.#command);
      this.spool.show(this.#engine.sequence);
    }
  }

  #choose(): void {
    const what = this.#random();
    const command = this.#command;
    command.targetOrder = 1 + this.#below(this.#engine.sequence + 2);
    const client = new TextEncoder().encode(CLIENTS[this.#below(CLIENTS.length)]);
    command.bytes = client;
    command.clientLength = client.length;
    command.instrument = this.#random() < 0.002 ? 9 : this.#below(FLOW_INSTRUMENTS.length);
    command.flags = 0;
    if (what < 0.7) this.#newOrder();
    else if (what < 0.9) this.#changeRecent(CommandType.CANCEL_ORDER);
    else this.#changeRecent(CommandType.AMEND_ORDER);
  }

  #newOrder(): void {
    const command = this.#command;
    command.type = CommandType.NEW_ORDER;
    command.side = this.#random() < 0.5 ? Side.BUY : Side.SELL;
    command.orderType = this.#random() < 0.1 ? OrderType.MARKET : OrderType.LIMIT;
    command.timeInForce = this.#random() < 0.15 ? TimeInForce.IOC : TimeInForce.GTC;
    if (command.timeInForce === TimeInForce.GTC && command.orderType === OrderType.LIMIT) {
      command.flags = this.#random() < 0.2 ? 1 : 0;
    }
    command.priceTicks = command.orderType === OrderType.MARKET ? 0 : this.#price();
    command.quantityLots = this.#quantity();
  }

  /** Cancels and amends mostly hit orders that are young, so that many are still open. */
  #changeRecent(type: typeof CommandType.CANCEL_ORDER | typeof CommandType.AMEND_ORDER): void {
    const command = this.#command;
    command.type = type;
    command.targetOrder = Math.max(1, this.#engine.sequence - this.#below(400));
    command.clientLength = 0;
    command.priceTicks = this.#random() < 0.5 ? 0 : this.#price();
    command.quantityLots = this.#random() < 0.5 ? 0 : this.#quantity();
  }

  #price(): number {
    const spread = this.#random() < 0.02 ? 5_000_000_000 : 40;
    return 7_000_000 + this.#below(spread);
  }

  /** Mostly small; some so large that notional needs two limbs; now and then one that is out of bounds. */
  #quantity(): number {
    const kind = this.#random();
    if (kind < 0.9) return 1 + this.#below(100_000_000);
    return kind < 0.995 ? 1 + this.#below(100_000_000_000_000) : 0;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #expectTrade(number: number, maker: number, taker: number, price: number, quantity: number): void {
    const { orders, sequence, timeUs } = this.#engine;
    const instrument = FLOW_INSTRUMENTS[orders.instrument[taker]];
    if (instrument === undefined) throw new Error('a trade has an instrument');
    const takerBuys = orders.side[taker] === Side.BUY;
    const [buyer, seller] = takerBuys ? [taker, maker] : [maker, taker];
    this.trades.push({
      trade_number: String(number),
      sequence: String(sequence),
      maker_order: String(orders.number[maker]),
      taker_order: String(orders.number[taker]),
      executed_us: String(timeUs),
      maker_created_us: String(orders.createdUs[maker]),
      taker_created_us: String(orders.createdUs[taker]),
      instrument: instrument.name,
      taker_side: takerBuys ? 'buy' : 'sell',
      price: decimal(BigInt(price), instrument.priceScale),
      quantity: decimal(BigInt(quantity), instrument.quantityScale),
      buy_client_id: this.#client(buyer),
      sell_client_id: this.#client(seller),
    });
  }

  #expectOrder(row: number): void {
    const { orders, sequence } = this.#engine;
    const instrument = FLOW_INSTRUMENTS[orders.instrument[row]];
    const priceScale = instrument?.priceScale ?? 0;
    const quantityScale = instrument?.quantityScale ?? 0;
    const market = orders.orderType[row] === OrderType.MARKET;
    this.orders.set(orders.number[row], {
      order_number: String(orders.number[row]),
      sequence: String(sequence),
      created_us: String(orders.createdUs[row]),
      updated_us: String(orders.updatedUs[row]),
      client_id: this.#client(row),
      instrument: instrument?.name ?? 'unknown',
      side: orders.side[row] === Side.BUY ? 'buy' : 'sell',
      type: market ? 'market' : 'limit',
      time_in_force: orders.timeInForce[row] === TimeInForce.IOC ? 'IOC' : 'GTC',
      status: STATUS[orders.status[row]] ?? '?',
      reject_reason: REASONS.get(orders.reason[row])?.name ?? null,
      post_only: String((orders.flags[row] & 1) === 1),
      price: market ? null : decimal(BigInt(orders.priceTicks[row]), priceScale),
      quantity: decimal(BigInt(orders.quantityLots[row]), quantityScale),
      filled_quantity: decimal(BigInt(orders.executedLots[row]), quantityScale),
      notional: decimal(toBigInt(orders.notionalHigh[row], orders.notionalLow[row]), priceScale + quantityScale),
    });
  }

  #client(row: number): string {
    return new TextDecoder().decode(this.#engine.clients.bytesOf(this.#engine.orders.client[row]));
  }
}

const STATUS = ['', 'open', 'partially_filled', 'filled', 'cancelled', 'rejected', 'expired'];

export function isOpen({ status }: ExpectedOrder): boolean {
  return status === 'open' || status === 'partially_filled';
}

function decimal(value: bigint, scale: number): string {
  if (scale === 0) return String(value);
  const digits = String(value).padStart(scale + 1, '0');
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

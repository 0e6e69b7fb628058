// A book of orders, kept from messages of `full`: the levels, held to their checksums, and each level's queue. Owned by one
// subscription. An order stands at the end of its level when it first appears and when it is replenished.

import { ProtocolError } from './errors.ts';
import { LevelBook, type LevelBookView } from './level-book.ts';
import type { DisplayedChange, OrderText, Side } from './messages.ts';

export interface RestingOrder {
  readonly orderId: string;
  readonly side: Side;
  readonly price: string;
  /** What is displayed of it. */
  readonly quantity: string;
}

export interface OrderBookView extends LevelBookView {
  readonly orderCount: number;
  order(orderId: string): RestingOrder | undefined;
  /** The orders at a price, first in line first. */
  queue(side: Side, price: string): RestingOrder[];
}

interface Row {
  readonly orderId: string;
  readonly side: Side;
  readonly price: string;
  readonly ticks: number;
  lots: number;
}

export class OrderBook extends LevelBook implements OrderBookView {
  readonly #orders = new Map<string, Row>();
  /** By price, in line: a Map keeps the order in which entries came. */
  readonly #queues = { buy: new Map<number, Map<string, Row>>(), sell: new Map<number, Map<string, Row>>() };

  get orderCount(): number {
    return this.#orders.size;
  }

  order(orderId: string): RestingOrder | undefined {
    const row = this.#orders.get(orderId);
    return row === undefined ? undefined : this.#resting(row);
  }

  queue(side: Side, price: string): RestingOrder[] {
    const queue = this.#queues[side].get(this.priceTicks(price));
    return queue === undefined ? [] : Array.from(queue.values(), (row) => this.#resting(row));
  }

  override clear(): void {
    super.clear();
    this.#orders.clear();
    this.#queues.buy.clear();
    this.#queues.sell.clear();
  }

  /** An order of a snapshot: the next in line. */
  rest([orderId, side, price, quantity]: OrderText): void {
    this.#appear(orderId, side, price, this.quantityLots(quantity));
  }

  /** What a command did to an order. ProtocolError when the order cannot have been like that. */
  apply({ change, order_id, side, price, delta }: DisplayedChange): void {
    const lots = this.quantityLots(delta);
    const row = this.#orders.get(order_id);
    if (row === undefined) {
      this.#appear(order_id, side, price, lots);
      return;
    }
    if (row.side !== side || row.price !== price) throw new ProtocolError(`order ${order_id} is not at ${price}`);
    this.add(side, row.ticks, lots);
    row.lots += lots;
    if (row.lots < 0) throw new ProtocolError(`order ${order_id} has less than nothing`);
    if (row.lots === 0 || change === 'replenished') this.#leave(row);
    if (row.lots > 0 && change === 'replenished') this.#enter(row);
  }

  #appear(orderId: string, side: Side, price: string, lots: number): void {
    const ticks = this.priceTicks(price);
    if (lots <= 0) throw new ProtocolError(`order ${orderId} is not in the book`);
    this.add(side, ticks, lots);
    this.#enter({ orderId, side, price, ticks, lots });
  }

  #enter(row: Row): void {
    const queues = this.#queues[row.side];
    const queue = queues.get(row.ticks) ?? new Map<string, Row>();
    queues.set(row.ticks, queue);
    queue.set(row.orderId, row);
    this.#orders.set(row.orderId, row);
  }

  #leave(row: Row): void {
    const queues = this.#queues[row.side];
    const queue = queues.get(row.ticks);
    queue?.delete(row.orderId);
    if (queue?.size === 0) queues.delete(row.ticks);
    this.#orders.delete(row.orderId);
  }

  #resting({ orderId, side, price, lots }: Row): RestingOrder {
    return { orderId, side, price, quantity: this.quantityText(lots) };
  }
}

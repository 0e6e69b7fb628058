// What recorded commands must lead to, from the recorded files alone: prices decide what rests or is rejected, the recorded fills say
// who traded. A tool's process; pure. No engine of ours takes part, so that ours can be judged by it. Throws FlowError where the
// files contradict each other.

import { BookPrices } from './price-counts.ts';
import { FlowError, type RecordedCommand, type RecordedFill, type RecordedOrder } from './recorded-flow.ts';

export interface ExpectedOrder {
  readonly placed: RecordedOrder;
  status: 'open' | 'partially_filled' | 'filled' | 'cancelled' | 'rejected';
  filledLots: number;
  /** 0 unless it rests. */
  remainingLots: number;
}

export interface ExpectedOutcome {
  /** By recorded order id, in the order of placing. */
  readonly orders: ReadonlyMap<string, ExpectedOrder>;
  readonly fills: readonly RecordedFill[];
  /** Sequences of the cancels that find their order open, and of those that find it closed. */
  readonly cancelled: ReadonlySet<number>;
  readonly foundClosed: ReadonlySet<number>;
}

/** `fills` may go on beyond the last command. */
export function expectedOutcome(commands: readonly RecordedCommand[], fills: readonly RecordedFill[]): ExpectedOutcome {
  const last = commands.at(-1)?.seq ?? 0;
  const recorded = new RecordedBook(fills.filter(({ takerSeq }) => takerSeq <= last));
  for (const command of commands) {
    if (command.kind === 'order') recorded.place(command);
    else recorded.cancel(command.orderId, command.seq);
  }
  return recorded;
}

class RecordedBook implements ExpectedOutcome {
  readonly orders = new Map<string, ExpectedOrder>();
  readonly fills: readonly RecordedFill[];
  readonly cancelled = new Set<number>();
  readonly foundClosed = new Set<number>();
  readonly #prices = new BookPrices();
  readonly #fillsOf = new Map<number, RecordedFill[]>();

  constructor(fills: readonly RecordedFill[]) {
    this.fills = fills;
    for (const fill of fills) {
      const known = this.#fillsOf.get(fill.takerSeq);
      if (known === undefined) this.#fillsOf.set(fill.takerSeq, [fill]);
      else known.push(fill);
    }
  }

  place(placed: RecordedOrder): void {
    if (this.orders.has(placed.orderId))
      throw new FlowError(`seq ${placed.seq}: order ${placed.orderId} is there twice`);
    const fills = this.#fillsOf.get(placed.seq) ?? [];
    const order: ExpectedOrder = { placed, status: 'open', filledLots: 0, remainingLots: placed.quantityLots };
    this.orders.set(placed.orderId, order);
    const crosses = !placed.market && this.#prices.crosses(placed.side, placed.priceTicks);
    if (!placed.market && crosses === (fills.length === 0) && !(crosses && placed.postOnly)) {
      throw new FlowError(
        `seq ${placed.seq}: ${crosses ? 'crosses the book without a fill' : 'fills without crossing'}`,
      );
    }
    if (crosses && placed.postOnly) {
      close(order, 'rejected');
      return;
    }
    for (const fill of fills) this.#fill(order, fill);
    if (order.remainingLots === 0) return;
    if (placed.immediate) close(order, 'cancelled');
    else this.#prices[placed.side].add(placed.priceTicks);
  }

  cancel(orderId: string, seq: number): void {
    const order = this.orders.get(orderId);
    if (order === undefined) throw new FlowError(`seq ${seq}: cancels an order that was never placed`);
    if (order.remainingLots === 0) {
      this.foundClosed.add(seq);
      return;
    }
    this.#prices[order.placed.side].remove(order.placed.priceTicks);
    close(order, 'cancelled');
    this.cancelled.add(seq);
  }

  #fill(taker: ExpectedOrder, { takerSeq, makerOrderId, priceTicks, quantityLots }: RecordedFill): void {
    const maker = this.orders.get(makerOrderId);
    if (maker === undefined || maker.remainingLots < quantityLots || maker.placed.priceTicks !== priceTicks) {
      throw new FlowError(`seq ${takerSeq}: order ${makerOrderId} cannot make this fill`);
    }
    if (taker.remainingLots < quantityLots) throw new FlowError(`seq ${takerSeq}: fills more than its quantity`);
    execute(taker, quantityLots);
    execute(maker, quantityLots);
    if (maker.remainingLots === 0) this.#prices[maker.placed.side].remove(maker.placed.priceTicks);
  }
}

function execute(order: ExpectedOrder, lots: number): void {
  order.filledLots += lots;
  order.remainingLots -= lots;
  order.status = order.remainingLots === 0 ? 'filled' : 'partially_filled';
}

function close(order: ExpectedOrder, status: 'cancelled' | 'rejected'): void {
  order.status = status;
  order.remainingLots = 0;
}

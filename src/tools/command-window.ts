// Which recorded commands may be under way at the same time so that the outcome is exactly that of sending them one by one. A tool's
// process; pure. Owns a picture of the book made from replies only. Must never let two commands race whose order could matter.
//
// Between connections the server promises no order, so commands that are under way together may be executed in any order. A command
// whose reply has come is executed before any that is sent afterwards, on whatever connection. Therefore it is enough that any two
// commands under way at once COMMUTE: executed either way round they leave the same book, with the same queue at every price, and
// the same replies. Every order of execution can then be turned into the recorded one by swapping neighbours.
//
// Commands are admitted in recorded order, each as one of four kinds, and sent when the one admitted command they depend on is
// answered. Two pictures of the prices are kept: POSSIBLE has every order that may rest whatever was executed so far (admitted ones
// included, until the reply says that they are gone); CERTAIN has those that surely rest (placed and answered, no cancel admitted).
//
//   rest     A limit order that does not reach any POSSIBLE price of the other side: it cannot trade, and since it is possible
//            itself from now on, nothing admitted later reaches it either. It goes to the end of the queue at its price. Two of
//            them commute unless they join the same queue, so each waits for the last one admitted at its price and side.
//   reject   A post-only order that reaches a CERTAIN price: some order that rests in every order of execution makes it cross, so
//            it is rejected and changes nothing. A cancel that would leave it without such a witness is not admitted meanwhile.
//   cancel   Takes one order out of the middle of a queue, which commutes with joining the end of it and with taking out another.
//            It waits for what was last admitted about its own order (whose id is not known before the reply anyway).
//   alone    Everything else: it may trade, or its fate is not certain. It waits until nothing is under way, and nothing else is
//            admitted until it is answered. Then both pictures are equal and exact again.
//
// So no two commands that trade are ever under way together, and trades happen in recorded order. Sequences, ids and times differ
// between runs; who trades with whom, at what price, for how much, and what is left do not. With a size of 1 all this is moot.

import { assert } from '../assert.ts';
import { BookPrices } from './price-counts.ts';
import type { RecordedCancel, RecordedCommand, RecordedOrder, RecordedSide } from './recorded-flow.ts';

/** What a reply says that matters here. */
export interface CommandResult {
  /** What rests of the order that was placed; 0 for a cancel. */
  readonly restingLots: number;
  readonly fills: readonly { readonly makerOrderId: string; readonly quantityLots: number }[];
}

/** An admitted command. */
export interface Admitted {
  readonly command: RecordedCommand;
  readonly kind: 'rest' | 'reject' | 'cancel' | 'alone';
  /** Those that wait for its reply. */
  readonly followers: Admitted[];
}

interface PossibleOrder {
  readonly side: RecordedSide;
  readonly priceTicks: number;
  restingLots: number;
  certain: boolean;
  cancelling: boolean;
}

export class CommandWindow {
  readonly #size: number;
  readonly #possible = new BookPrices();
  readonly #certain = new BookPrices();
  /** Prices of the admitted rejects. */
  readonly #rejects = new BookPrices();
  readonly #orders = new Map<string, PossibleOrder>();
  /** The command last admitted about an order, and the order last admitted to a queue, while unanswered. */
  readonly #lastOfOrder = new Map<string, Admitted>();
  readonly #lastInQueue = new Map<string, Admitted>();
  readonly #ready: Admitted[] = [];
  #admitted = 0;
  #alone = false;

  constructor(size: number) {
    assert(Number.isInteger(size) && size > 0, 'a window admits at least one command');
    this.#size = size;
  }

  /** Admits the next command of the recording. False: not before another reply. */
  admit(command: RecordedCommand): boolean {
    if (this.#alone || this.#admitted >= this.#size) return false;
    return command.kind === 'cancel' ? this.#admitCancel(command) : this.#admitOrder(command);
  }

  /** An admitted command to be sent now, once. */
  takeReady(): Admitted | undefined {
    return this.#ready.shift();
  }

  /** Its reply has come. */
  finish(admitted: Admitted, { restingLots, fills }: CommandResult): void {
    const { command, kind } = admitted;
    this.#admitted--;
    if (this.#lastOfOrder.get(command.orderId) === admitted) this.#lastOfOrder.delete(command.orderId);
    for (const { makerOrderId, quantityLots } of fills) this.#reduce(makerOrderId, quantityLots);
    if (command.kind === 'cancel') {
      this.#drop(command.orderId);
    } else {
      if (kind === 'reject') this.#rejects[command.side].remove(command.priceTicks);
      if (kind === 'alone') this.#alone = false;
      const queue = queueOf(command);
      if (this.#lastInQueue.get(queue) === admitted) this.#lastInQueue.delete(queue);
      this.#settle(command, restingLots);
    }
    this.#ready.push(...admitted.followers);
  }

  #admitOrder(order: RecordedOrder): boolean {
    const { side, priceTicks, quantityLots } = order;
    if (!order.immediate && !this.#possible.crosses(side, priceTicks)) {
      const queue = queueOf(order);
      this.#hold(order.orderId, { side, priceTicks, restingLots: quantityLots, certain: false, cancelling: false });
      this.#lastInQueue.set(queue, this.#enter(order, 'rest', this.#lastInQueue.get(queue)));
    } else if (order.postOnly && this.#certain.crosses(side, priceTicks)) {
      this.#rejects[side].add(priceTicks);
      this.#enter(order, 'reject', undefined);
    } else {
      if (this.#admitted > 0) return false;
      this.#alone = true;
      this.#enter(order, 'alone', undefined);
    }
    return true;
  }

  #admitCancel(cancel: RecordedCancel): boolean {
    const order = this.#orders.get(cancel.orderId);
    if (order?.certain === true) {
      this.#certain[order.side].remove(order.priceTicks);
      if (!this.#rejectsAreCertain()) {
        this.#certain[order.side].add(order.priceTicks);
        return false;
      }
      order.certain = false;
    }
    if (order !== undefined) order.cancelling = true;
    this.#enter(cancel, 'cancel', this.#lastOfOrder.get(cancel.orderId));
    return true;
  }

  #enter(command: RecordedCommand, kind: Admitted['kind'], after: Admitted | undefined): Admitted {
    const admitted: Admitted = { command, kind, followers: [] };
    this.#lastOfOrder.set(command.orderId, admitted);
    this.#admitted++;
    if (after === undefined) this.#ready.push(admitted);
    else after.followers.push(admitted);
    return admitted;
  }

  /** Whether even the one that is hardest to cross, of each side, crosses for certain. */
  #rejectsAreCertain(): boolean {
    const sell = this.#rejects.S.highest;
    const buy = this.#rejects.B.lowest;
    return (
      (sell === undefined || this.#certain.crosses('S', sell)) && (buy === undefined || this.#certain.crosses('B', buy))
    );
  }

  #settle({ orderId, side, priceTicks }: RecordedOrder, restingLots: number): void {
    if (restingLots === 0) {
      this.#drop(orderId);
      return;
    }
    const known = this.#orders.get(orderId);
    const order = known ?? { side, priceTicks, restingLots, certain: false, cancelling: false };
    if (known === undefined) this.#hold(orderId, order);
    order.restingLots = restingLots;
    if (order.cancelling) return;
    order.certain = true;
    this.#certain[side].add(priceTicks);
  }

  #hold(orderId: string, order: PossibleOrder): void {
    this.#orders.set(orderId, order);
    this.#possible[order.side].add(order.priceTicks);
  }

  #reduce(orderId: string, lots: number): void {
    const order = this.#orders.get(orderId);
    if (order === undefined) return;
    order.restingLots -= lots;
    if (order.restingLots <= 0) this.#drop(orderId);
  }

  #drop(orderId: string): void {
    const order = this.#orders.get(orderId);
    if (order === undefined) return;
    this.#orders.delete(orderId);
    this.#possible[order.side].remove(order.priceTicks);
    if (order.certain) this.#certain[order.side].remove(order.priceTicks);
  }
}

function queueOf({ side, priceTicks }: RecordedOrder): string {
  return side + priceTicks;
}

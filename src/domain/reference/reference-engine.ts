// The oracle: the same rules as engine.ts, written to be obviously right and kept for ever. Pure; tests and tools only.
// Plain arrays in price-time order, Maps, BigInt for all that adds up. Shares nothing with the fast engine but the
// numbers and words of the domain, so that a mistake in one is not a mistake in both. Slow, and must stay slow and plain.
// The protected methods are the rules one by one; tests break them on purpose to prove that the fuzzer would notice.
//
// This file: commands about one order, and idempotency. Below it, each a layer of the same object: reference-venue.ts (many
// orders, the venue), reference-checks.ts (what is asked first), reference-matching.ts (how an order comes in),
// reference-clearing.ts (who owns what), reference-state.ts.

import { CommandType, OrderFlag, OrderStatus, Side, TimeInForce } from '../codes.ts';
import { OrderChange } from '../listener.ts';
import { Reason } from '../reasons.ts';
import { isByAmount } from './reference-clearing.ts';
import { fingerprintOf, mayCarryKey } from './reference-fingerprint.ts';
import { has, isWaiting, remainingOf } from './reference-state.ts';
import type {
  ReferenceAnswer,
  ReferenceCommand,
  ReferenceDryRun,
  ReferenceEvent,
  ReferenceOrder,
} from './reference-types.ts';
import { ReferenceVenue } from './reference-venue.ts';

export class ReferenceEngine extends ReferenceVenue {
  /** Applies one command and returns what happened. Orders in events are copies of that moment. */
  apply(timeUs: number, command: ReferenceCommand): ReferenceEvent[] {
    this.sequence++;
    this.begin(timeUs);
    if (this.isTooManyClients(command)) {
      this.refuse(Reason.CLIENTS_FULL);
      return this.events;
    }
    const key =
      mayCarryKey(command) && command.client !== '' && command.key !== '' ? `${command.client}\n${command.key}` : '';
    const known = key === '' ? undefined : this.keys.get(key);
    if (known === undefined) {
      const answer = this.carryOut(command);
      if (key !== '' && this.isKept(answer)) this.store(key, command, answer);
    } else if (!this.isSame(known.fingerprint, fingerprintOf(command))) {
      this.refuse(Reason.KEY_REUSED);
    } else if ('refused' in known.answer) {
      this.refuseAgain(known.answer.refused, command);
    } else {
      this.events.push({ kind: 'replayed', sequence: known.sequence, answer: known.answer });
    }
    return this.events;
  }

  /** What a new order or a replacement would do now; changes nothing. Stops that its trades would trigger are not followed. */
  dryRun(timeUs: number, command: ReferenceCommand): ReferenceDryRun {
    const copy = this.copy();
    copy.sequence++;
    copy.begin(timeUs);
    copy.triggerStops = () => {};
    if (copy.isTooManyClients(command)) copy.refuse(Reason.CLIENTS_FULL);
    else copy.carryOut(command);
    const fills = copy.events.flatMap((event) =>
      event.kind === 'trade' ? { price: event.price, quantity: event.quantity, maker: event.maker.number } : [],
    );
    const last = copy.events[copy.events.length - 1];
    if (last.kind === 'refused') return { reason: last.reason, fills, executed: 0, remaining: 0 };
    if (last.kind !== 'order') throw new Error('a dry run of what is no order');
    const { order } = last;
    return {
      reason: order.reason,
      fills,
      executed: order.executed,
      remaining: copy.live.has(order.number) ? remainingOf(order) : 0,
    };
  }

  /** Nobody gets a number when all are given. */
  protected isTooManyClients(command: ReferenceCommand): boolean {
    if (!mayCarryKey(command) || command.client === '' || this.clients.includes(command.client)) return false;
    return this.clients.length >= this.limits.clientsMax;
  }

  private begin(timeUs: number): void {
    this.timeUs = timeUs;
    this.events = [];
    this.tradesBefore = this.lastTrade;
    for (const market of this.markets) {
      market.bandReference = market.lastPrice === 0 ? market.instrument.referencePriceTicks : market.lastPrice;
    }
  }

  protected carryOut(command: ReferenceCommand): ReferenceAnswer {
    switch (command.type) {
      case CommandType.NEW_ORDER:
        return this.newOrder(command);
      case CommandType.CANCEL_ORDER:
        return this.onTarget(command, (order) => this.cancelByClient(order));
      case CommandType.AMEND_ORDER:
        return this.onTarget(command, (order) => this.amend(order, command));
      case CommandType.REPLACE_ORDER:
        return this.onTarget(command, (order) => this.replace(order, command));
      case CommandType.MASS_CANCEL:
        return this.massCancel(command);
      case CommandType.EXPIRE_ORDERS:
        return this.expire();
      case CommandType.DEFINE_INSTRUMENT:
        return this.define(command.definition);
      case CommandType.SET_INSTRUMENT_STATUS:
        return this.setStatus(command);
      case CommandType.SET_KILL_SWITCH:
        this.killSwitch = command.value === 1;
        return this.applied(0);
      case CommandType.SET_CLIENT_LIMITS:
        return this.setLimits(command);
      case CommandType.ADJUST_BALANCE:
        return this.adjustBalance(command);
      case CommandType.SET_RISK_MODE:
        return this.setRiskMode(command);
      case CommandType.CLOSE_SETTLEMENT:
        return this.closeSettlement();
    }
  }

  // --- one order ---

  private newOrder(command: ReferenceCommand): ReferenceAnswer {
    const order = this.orderOf(command, command.client);
    this.intern(order.client);
    const reason = this.whyRejected(order);
    if (reason === Reason.NONE) return this.takeIn(order);
    this.close(order, OrderStatus.REJECTED, reason);
    this.tell(OrderChange.REJECTED, order, 0);
    return this.resultOf(order);
  }

  /** The order a command asks for, before anything happened to it. What its flags and terms do not mean is not read. */
  private orderOf(command: ReferenceCommand, client: string): ReferenceOrder {
    const isTimed = command.timeInForce === TimeInForce.GTT;
    return {
      number: this.sequence,
      client,
      instrument: command.instrument,
      side: command.side === Side.SELL ? Side.SELL : Side.BUY,
      orderType: command.orderType,
      timeInForce: command.timeInForce,
      selfTrade: command.selfTrade,
      stopPrice: has(command, OrderFlag.STOP) ? command.stopPrice : 0,
      display: command.display,
      expiresUs: isTimed ? command.expiresUs : 0,
      createdUs: this.timeUs,
      updatedUs: this.timeUs,
      flags: command.flags,
      price: command.price,
      quantity: command.quantity,
      executed: 0,
      prevented: 0,
      open: 0,
      notional: 0n,
      amountLeft: isByAmount(command) ? command.amount : 0n,
      status: OrderStatus.OPEN,
      reason: Reason.NONE,
    };
  }

  /** An accepted order comes in; its result is what its own arrival made of it, before stops follow. */
  private takeIn(order: ReferenceOrder): ReferenceAnswer {
    order.price = this.priceOnArrival(order);
    order.flags &= ~OrderFlag.SLIPPAGE;
    this.openAccount(order.client, order.instrument);
    this.arrive(order);
    const result = this.resultOf(order);
    this.triggerStops(this.marketOf(order));
    return result;
  }

  private resultOf(order: ReferenceOrder): ReferenceAnswer {
    const tradeCount = this.lastTrade - this.tradesBefore;
    const firstTrade = tradeCount === 0 ? 0 : this.tradesBefore + 1;
    return { order: { ...order }, sequence: this.sequence, firstTrade, tradeCount };
  }

  /** Rule 11. */
  private onTarget(command: ReferenceCommand, act: (order: ReferenceOrder) => ReferenceAnswer): ReferenceAnswer {
    const order = this.live.get(command.target);
    if (order === undefined) {
      const wasIssued = command.target >= 1 && command.target < this.sequence;
      return this.refuse(wasIssued ? Reason.ORDER_CLOSED : Reason.ORDER_UNKNOWN);
    }
    return this.mayTouch(command, order) ? act(order) : this.refuse(Reason.NOT_OWNER);
  }

  protected mayTouch(command: ReferenceCommand, order: ReferenceOrder): boolean {
    return command.client === '' || command.client === order.client;
  }

  private cancelByClient(order: ReferenceOrder): ReferenceAnswer {
    this.cancelLive(order, Reason.CANCELLED_BY_CLIENT);
    return this.resultOf(order);
  }

  /** Rules 2, 3 and 4. */
  private amend(order: ReferenceOrder, command: ReferenceCommand): ReferenceAnswer {
    const price = command.price === 0 ? order.price : command.price;
    const quantity = command.quantity === 0 ? order.quantity : command.quantity;
    const amended = { ...order, price, quantity };
    const reason = this.whyNotAmended(order, command, amended);
    if (reason !== Reason.NONE) return this.refuse(reason, order);
    if (this.isAlreadyDone(amended)) return this.closeAmended(order);
    if (isWaiting(order) || this.keepsPlace(order, amended)) return this.amendInPlace(order, price, quantity);
    this.lift(order);
    order.price = price;
    order.quantity = quantity;
    order.updatedUs = this.timeUs;
    return this.takeIn(order);
  }

  /** A waiting stop stands in no queue, so whatever is amended of it is amended in place. */
  private amendInPlace(order: ReferenceOrder, price: number, quantity: number): ReferenceAnswer {
    order.price = price;
    order.quantity = quantity;
    this.showAtMostWhatRemains(order, OrderChange.AMENDED);
    return this.resultOf(order);
  }

  /** Rule 3: filled, or cancelled when nothing was executed. */
  private closeAmended(order: ReferenceOrder): ReferenceAnswer {
    this.lift(order);
    order.quantity = order.executed + order.prevented;
    if (order.executed > 0) this.close(order, OrderStatus.FILLED, Reason.NONE);
    else this.close(order, OrderStatus.CANCELLED, Reason.CANCELLED_BY_CLIENT);
    this.tell(OrderChange.DONE, order, 0);
    return this.resultOf(order);
  }

  private lift(order: ReferenceOrder): void {
    const { open } = order;
    this.leave(order);
    order.open = 0;
    this.tell(OrderChange.LIFTED, order, -open);
  }

  /** Both or neither: the old order goes only when the new one may come. */
  private replace(target: ReferenceOrder, command: ReferenceCommand): ReferenceAnswer {
    const order = this.orderOf(command, target.client);
    const reason = this.whyNotReplaced(target, order);
    if (reason !== Reason.NONE) return this.refuse(reason, target);
    this.cancelLive(target, Reason.REPLACED);
    return this.takeIn(order);
  }

  protected whyNotReplaced(target: ReferenceOrder, order: ReferenceOrder): Reason {
    if (order.instrument !== target.instrument || order.side !== target.side) return Reason.REPLACE_INVALID;
    return this.without(target, () => this.whyRejected(order));
  }

  // --- answers [12] ---

  protected isSame(first: string, second: string): boolean {
    return first === second;
  }

  /** Results and refusals alike. */
  protected isKept(_answer: ReferenceAnswer): boolean {
    return true;
  }

  /** A refusal stands, whatever has changed since. */
  protected refuseAgain(reason: Reason, _command: ReferenceCommand): void {
    this.refuse(reason);
  }

  /** The client becomes known with its first answer, and the oldest key makes room. */
  private store(key: string, command: ReferenceCommand, answer: ReferenceAnswer): void {
    this.intern(command.client);
    const { sequence, timeUs } = this;
    this.keys.set(key, { fingerprint: fingerprintOf(command), sequence, timeUs, answer });
    if (this.keys.size <= this.limits.keysMax) return;
    for (const oldest of this.keys.keys()) {
      this.keys.delete(oldest);
      return;
    }
  }
}

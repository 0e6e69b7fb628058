// Invents the next step: hostile but realistic, and aimed at where the rules change, which it knows from the reference
// engine's state. Pure; the same seed invents the same. One per episode.

import {
  COMMAND_FLAGS,
  CommandType,
  OrderFlag,
  OrderType,
  RiskMode,
  SelfTrade,
  Side,
  TimeInForce,
} from '../../domain/codes.ts';
import type { ReferenceEngine } from '../../domain/reference/reference-engine.ts';
import type { ReferenceOrder } from '../../domain/reference/reference-types.ts';
import type { Random } from '../testing/random.ts';
import { FUZZ_INSTRUMENTS } from './instruments.ts';
import type { Profile } from './profiles.ts';
import { type FuzzStep, NEVER_ISSUED, step } from './steps.ts';
import { type Fields, VenueInventor } from './venue-inventor.ts';

const TIMES_IN_FORCE = [TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTT] as const;
const PREVENTIONS = [
  ...[SelfTrade.DECREMENT, SelfTrade.CANCEL_OLDEST, SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_BOTH],
  SelfTrade.NONE,
];

/** What is decided about an order after it is drawn. */
interface Terms {
  readonly instrument: number;
  readonly side: Side;
  flags: number;
  quantity: number;
  price: number;
  stopPrice: number;
  amount: bigint;
}

export class StepInventor extends VenueInventor {
  private readonly steps: FuzzStep[] = [];
  /** Keyed steps that were made to be refused, each with the situation it was made for. */
  private readonly doomed: { readonly step: FuzzStep; readonly situation: string }[] = [];

  constructor(random: Random, reference: ReferenceEngine, profile: Profile) {
    super(random, reference, profile);
    if (profile.hasBalances) this.planOpening();
  }

  /** `id` is the sequence that the step will have. */
  next(id: number): FuzzStep {
    // Batches share a time: it stands still more often than it moves.
    if (this.chance(150)) this.timeUs += 1 + this.random.below(1_000);
    const fields = this.plannedFor(id) ?? this.invent(id);
    const invented = step(fields, id, this.timeUs, this.isTried(fields));
    this.steps.push(invented);
    return invented;
  }

  private isTried({ type }: Fields): boolean {
    return (type === CommandType.NEW_ORDER || type === CommandType.REPLACE_ORDER) && this.chance(40);
  }

  private plannedFor(id: number): Fields | undefined {
    const place = this.planned.findIndex((plan) => plan.id <= id);
    return place < 0 ? undefined : this.planned.splice(place, 1)[0].fields;
  }

  private planOpening(): void {
    this.planned.push({ id: 0, fields: { type: CommandType.SET_RISK_MODE, value: RiskMode.BALANCES } });
    for (const client of this.profile.clients) {
      for (let currency = 0; currency < this.reference.currencies.length; currency++) {
        if (this.chance(900)) this.planned.push({ id: 0, fields: this.deposit(client, currency, 20n) });
      }
    }
  }

  private invent(id: number): Fields {
    const { commands, liveMax } = this.profile;
    if (id > 1 && this.chance(60)) return this.again(id);
    if (this.chance(30)) return this.refusable(id);
    if (this.doomed.length > 0 && this.chance(30)) return this.refusedAgain(id);
    if (this.chance(commands.massCancel)) return this.massCancel();
    if (this.chance(commands.expire)) return this.expire();
    if (this.chance(commands.venue)) return this.keyed(this.venue(id));
    if (this.chance(commands.limits)) return this.limits();
    if (this.chance(commands.balance)) return this.balance();
    if (this.chance(commands.settlement)) return this.keyed({ type: CommandType.CLOSE_SETTLEMENT });
    const isCrowded = this.reference.live.size > liveMax;
    if (this.chance(isCrowded ? 300 : commands.cancel)) return this.aimed(CommandType.CANCEL_ORDER, {});
    if (this.chance(commands.amend)) return this.amend();
    if (this.chance(commands.replace)) return this.replace();
    if (isCrowded && this.chance(300)) return this.aimed(CommandType.CANCEL_ORDER, {});
    return this.newOrder(id);
  }

  // --- new orders ---

  private newOrder(id: number): Fields {
    const client = this.awaitedClient(id) ?? this.anyClient();
    const index = this.chance(8) ? FUZZ_INSTRUMENTS.length + this.random.below(4) : this.anyInstrument();
    const side = this.chance(500) ? Side.BUY : Side.SELL;
    return this.order(index, side, CommandType.NEW_ORDER, client, 0);
  }

  /** What a new order and a replacement have in common. */
  private order(index: number, side: Side, type: CommandType, client: string, target: number): Fields {
    const { orders } = this.profile;
    const isStop = this.chance(orders.stop);
    const isMarket = this.chance(orders.market);
    const timeInForce = this.timeInForce(isMarket);
    const quantity = this.quantity(index);
    const flags =
      (this.chance(isMarket || isStop ? 20 : orders.postOnly) ? OrderFlag.POST_ONLY : 0) |
      (isStop ? OrderFlag.STOP : 0);
    const rests = !isMarket && (timeInForce === TimeInForce.GTC || timeInForce === TimeInForce.GTT);
    const terms = {
      type,
      client,
      target,
      key: this.key(),
      instrument: index,
      side,
      selfTrade: this.chance(orders.selfTrade) ? this.random.pick(PREVENTIONS) : SelfTrade.NONE,
      timeInForce,
      expiresUs: this.expiry(timeInForce),
      stopPrice: isStop ? this.stopPrice(index) : 0,
      display: this.chance(rests ? orders.iceberg : 15) ? this.display(index, quantity) : 0,
      orderType: isMarket ? OrderType.MARKET : OrderType.LIMIT,
      flags,
      quantity,
      price: isMarket ? 0 : this.price(index, side),
      amount: 0n,
    };
    if (isMarket) this.limitMarketOrder(terms);
    if (this.chance(8)) this.mixFlags(terms);
    return terms;
  }

  /** Any flags together: most make no sense. */
  private mixFlags(terms: Terms): void {
    terms.flags = this.random.below(COMMAND_FLAGS + 1);
    terms.amount = BigInt(1 + terms.quantity * this.random.below(20));
    terms.stopPrice = this.stopPrice(terms.instrument);
    if ((terms.flags & OrderFlag.QUOTE_AMOUNT) !== 0) terms.quantity = 0;
  }

  /** A slippage, a protection price or none of it; by quantity or by amount. */
  private limitMarketOrder(terms: Terms): void {
    const { instrument, side } = terms;
    const isStop = (terms.flags & OrderFlag.STOP) !== 0;
    const dice = this.random.below(10);
    if (dice < (isStop ? 1 : 2)) {
      terms.flags |= OrderFlag.SLIPPAGE;
      terms.price = this.chance(900) ? this.random.below(6) : this.price(instrument, side);
      return;
    }
    if (dice < (isStop ? 8 : 5)) terms.price = this.price(instrument, side);
    if (!this.chance(isStop ? 30 : 300)) return;
    const amount = BigInt(terms.quantity) * BigInt(this.middle(instrument)) + BigInt(1 + this.random.below(200));
    terms.flags |= OrderFlag.QUOTE_AMOUNT;
    terms.amount = this.amount(amount);
    terms.quantity = 0;
  }

  private amount(amount: bigint): bigint {
    const dice = this.random.below(20);
    if (dice === 0) return 1n;
    if (dice === 1) return BigInt(1 + this.random.below(100));
    return dice === 2 ? amount * 3n : amount;
  }

  private timeInForce(isMarket: boolean): TimeInForce {
    const { ioc, fok, gtt } = this.profile.orders;
    if (isMarket && this.chance(500)) return this.random.pick(TIMES_IN_FORCE);
    if (this.chance(ioc)) return TimeInForce.IOC;
    if (this.chance(fok)) return TimeInForce.FOK;
    return this.chance(gtt) ? TimeInForce.GTT : TimeInForce.GTC;
  }

  private expiry(timeInForce: TimeInForce): number {
    if (timeInForce !== TimeInForce.GTT) return 0;
    return this.timeUs - 1 + this.random.below(this.chance(100) ? 3 : 6_000);
  }

  /** Who has asked to cancel this step's order before there was one: it is theirs, mostly. */
  private awaitedClient(id: number): string | undefined {
    const client = this.doomed.find((one) => one.step.target === id)?.step.client;
    return client === '' || this.chance(250) ? undefined : client;
  }

  // --- about one order ---

  private amend(order = this.liveOrder()): Fields {
    const index = order?.instrument ?? this.anyInstrument();
    let price = this.chance(500) ? 0 : this.price(index, order?.side ?? Side.BUY);
    if (order !== undefined && this.chance(160)) price = order.price;
    const quantity = this.chance(330) ? 0 : this.amendedQuantity(order, index);
    return this.aimed(CommandType.AMEND_ORDER, { price, quantity }, order);
  }

  /** Around what the order has executed and what it is in total, where the rules change. */
  private amendedQuantity(order: ReferenceOrder | undefined, index: number): number {
    if (order === undefined || (this.chance(330) && order.display === 0)) return this.quantity(index);
    const lot = this.instrument(index).quantityIncrementLots;
    const done = order.executed + order.prevented;
    if (this.chance(330)) return Math.floor((done + order.quantity) / 2 / lot) * lot;
    const around = this.chance(500) ? done : order.quantity;
    return Math.max(0, around + lot * (this.random.below(5) - 2));
  }

  private replace(order = this.liveOrder()): Fields {
    const index = order === undefined || this.chance(15) ? this.anyInstrument() : order.instrument;
    const other = order?.side === Side.BUY ? Side.SELL : Side.BUY;
    const side = order === undefined || this.chance(15) ? other : order.side;
    return this.order(index, side, CommandType.REPLACE_ORDER, this.asker(order), this.target(order));
  }

  private aimed(type: CommandType, fields: Fields, order = this.liveOrder()): Fields {
    return { ...fields, type, client: this.asker(order), key: this.key(), target: this.target(order) };
  }

  /** Mostly the owner or nobody in particular, sometimes somebody else. */
  private asker(order: ReferenceOrder | undefined): string {
    const dice = this.random.below(20);
    if (dice < 12) return order?.client ?? 'ann';
    return dice < 16 ? '' : dice < 18 ? this.anyClient() : 'nobody';
  }

  /** Mostly a live order, sometimes any earlier command (closed, or no order at all), sometimes nothing. */
  private target(order: ReferenceOrder | undefined): number {
    const dice = this.random.below(40);
    if (dice === 0 || order === undefined) return this.chance(500) ? NEVER_ISSUED : 0;
    if (dice < 4 && this.steps.length > 0) return 1 + this.random.below(this.steps.length);
    return order.number;
  }

  private liveOrder(): ReferenceOrder | undefined {
    const { live } = this.reference;
    if (live.size === 0) return undefined;
    let place = this.random.below(live.size);
    for (const order of live.values()) {
      if (place-- === 0) return order;
    }
    return undefined;
  }

  // --- keys ---

  /** An earlier step's key: with the same command, or with one field changed. */
  private again(id: number): Fields {
    const earlier = this.earlier(id);
    const key = earlier.key === '' ? `k${id % 50}` : earlier.key;
    const client = earlier.client === '' ? 'ann' : earlier.client;
    const same = { ...earlier, key };
    switch (this.random.below(18)) {
      case 0:
        return { ...same, price: earlier.price + 1 };
      case 1:
        return (earlier.flags & OrderFlag.QUOTE_AMOUNT) === 0 ? { ...same, quantity: earlier.quantity + 1 } : same;
      case 2:
        return { ...same, client: this.anyClient() };
      case 3:
        return { ...same, side: earlier.side === Side.BUY ? Side.SELL : Side.BUY };
      case 4:
        return { ...this.newOrder(id), client, key };
      case 5:
        return { ...same, flags: earlier.flags ^ OrderFlag.POST_ONLY };
      case 6:
        return { ...same, selfTrade: this.random.pick(PREVENTIONS) };
      case 7:
        return { ...same, ...(earlier.display === 0 ? {} : { display: earlier.display + 1 }) };
      case 8:
        return { ...same, ...this.otherAmounts(earlier) };
      case 9:
        return { ...same, ...(earlier.stopPrice === 0 ? {} : { stopPrice: earlier.stopPrice + 1 }) };
      case 10:
        return { ...same, ...(earlier.expiresUs === 0 ? {} : { expiresUs: earlier.expiresUs + 1 }) };
      default:
        return same;
    }
  }

  private otherAmounts(earlier: FuzzStep): Fields {
    const limits = { maxOpenOrders: earlier.maxOpenOrders + 1, maxPosition: earlier.maxPosition + 1 };
    if (earlier.type === CommandType.SET_CLIENT_LIMITS) return limits;
    return earlier.amount === 0n ? {} : { amount: earlier.amount + 1n };
  }

  /** Mostly a step with a key that is still held, sometimes any or a forgotten one. */
  private earlier(id: number): FuzzStep {
    const reach = Math.min(id - 1, this.chance(250) ? 600 : 80);
    let found = this.steps[id - 2];
    for (let tries = 0; tries < 4; tries++) {
      found = this.steps[id - 2 - this.random.below(reach)];
      if (found.key !== '' && found.client !== '') break;
    }
    return found;
  }

  /** A command about an order with a key of its own, made to be refused now and perhaps not later. */
  private refusable(id: number): Fields {
    const order = this.liveOrder();
    const key = `refused ${id}`;
    const base = { ...this.aimed(CommandType.CANCEL_ORDER, {}, order), key };
    const dice = this.random.below(4);
    let fields: Fields;
    if (order === undefined || dice === 0) {
      fields = { ...base, client: this.anyClient(), target: id + 1 + this.random.below(60) };
    } else if (dice === 1) {
      const client = this.chance(500) ? this.anyClient() : `nobody ${id}`;
      fields = { ...base, client, target: order.number };
    } else if (dice === 2) {
      const { client, number } = order;
      fields = { ...base, type: CommandType.AMEND_ORDER, client, target: number };
    } else {
      fields = { ...base, ...this.crossingAmend(order) };
    }
    this.doomed.push({ step: step(fields), situation: this.situationOf(fields.target ?? 0) });
    return fields;
  }

  /** What amends a post-only order into the opposite side; the given one when there is none such. */
  private crossingAmend(otherwise: ReferenceOrder): Fields {
    const postOnly = [...this.reference.live.values()].filter((other) => (other.flags & OrderFlag.POST_ONLY) !== 0);
    const order = postOnly.length === 0 ? otherwise : this.random.pick(postOnly);
    const price = this.bestAgainst(order) ?? order.price;
    return { type: CommandType.AMEND_ORDER, client: order.client, target: order.number, price, quantity: 0 };
  }

  /** A step that was refused, mostly after its order's situation has changed; sometimes for another order. */
  private refusedAgain(id: number): Fields {
    const { doomed } = this;
    let choice = this.random.pick(doomed);
    for (let tries = 0; tries < 8; tries++) {
      choice = doomed[doomed.length - 1 - this.random.below(Math.min(doomed.length, 12))];
      if (this.situationOf(choice.step.target) !== choice.situation) break;
    }
    return this.chance(120) ? { ...choice.step, target: this.random.below(id) } : choice.step;
  }

  /** What a cancel or amend of this order is judged by. */
  private situationOf(target: number): string {
    const order = this.reference.live.get(target);
    if (order === undefined) return '';
    return `${order.price} ${order.quantity} ${order.executed} ${this.bestAgainst(order)}`;
  }

  private bestAgainst({ instrument, side }: ReferenceOrder): number | undefined {
    const { bids, asks } = this.reference.markets[instrument];
    return (side === Side.BUY ? asks : bids)[0]?.price;
  }
}

// The simulated clients: invent orders, cancels and amendments around one price, remember which orders they have, and say some
// things twice. Pure but for its seed; owns one Command.

import { CommandType, OrderFlag, OrderType, Side, TimeInForce } from '../../domain/codes.ts';
import { Command } from '../../domain/command.ts';
import { beginCommand } from '../../wire/plain-command.ts';
import { setTexts } from '../testing/commands.ts';
import type { Random } from '../testing/random.ts';

const PRICES = 24;
const LOWEST_PRICE = 7_000_000;
const ORDERS_REMEMBERED = 48;

export class Workload {
  readonly #random: Random;
  readonly #command = new Command();
  /** Numbers of orders that were acknowledged, whatever has become of them. */
  readonly #orders: { readonly number: number; readonly client: string }[] = [];
  readonly #clients: number;
  readonly #keyEvery: number;
  #keys = 0;

  /** One order, cancel or amendment in `keyEvery` has an idempotency key. */
  constructor(random: Random, keyEvery: number) {
    this.#random = random;
    this.#keyEvery = keyEvery;
    this.#clients = 2 + random.below(6);
  }

  /** The client of this order will want to change or cancel it. */
  learn(number: number, client: string): void {
    const place = this.#orders.length < ORDERS_REMEMBERED ? this.#orders.length : this.#random.below(ORDERS_REMEMBERED);
    this.#orders[place] = { number, client };
  }

  /** The next command; borrowed until the next call. `nowUs` is the exchange's time. */
  next(nowUs: number): Command {
    const kind = this.#random.below(100);
    if (kind < 1) return this.#massCancel();
    if (kind < 40 && this.#orders.length > 0) return this.#change(kind < 25);
    return this.#order(nowUs);
  }

  #order(nowUs: number): Command {
    const random = this.#random;
    const command = this.#begin(CommandType.NEW_ORDER);
    const isMarket = random.below(12) === 0;
    command.orderType = isMarket ? OrderType.MARKET : OrderType.LIMIT;
    command.side = random.below(2) === 0 ? Side.BUY : Side.SELL;
    command.timeInForce = isMarket || random.below(10) === 0 ? TimeInForce.IOC : TimeInForce.GTC;
    command.priceTicks = isMarket ? 0 : LOWEST_PRICE + random.below(PRICES);
    command.quantityLots = 1 + random.below(400);
    if (command.timeInForce === TimeInForce.GTC) this.#restingTerms(command, nowUs);
    setTexts(command, this.#client(), random.below(this.#keyEvery) === 0 ? this.#key() : '');
    return command;
  }

  #restingTerms(command: Command, nowUs: number): void {
    const random = this.#random;
    switch (random.below(12)) {
      case 0:
        command.displayLots = 1 + random.below(command.quantityLots);
        break;
      case 1:
        command.flags = OrderFlag.STOP;
        command.stopPriceTicks = LOWEST_PRICE + random.below(PRICES);
        break;
      case 2:
        command.flags = OrderFlag.POST_ONLY;
        break;
      case 3:
        command.timeInForce = TimeInForce.GTT;
        command.expiresUs = nowUs + 1_000 + random.below(2_000_000);
        break;
    }
  }

  #change(cancels: boolean): Command {
    const random = this.#random;
    const command = this.#begin(cancels ? CommandType.CANCEL_ORDER : CommandType.AMEND_ORDER);
    const { number, client } = random.pick(this.#orders);
    command.targetOrder = number;
    if (!cancels) {
      command.priceTicks = random.below(2) === 0 ? 0 : LOWEST_PRICE + random.below(PRICES);
      command.quantityLots = 1 + random.below(400);
    }
    setTexts(command, client, random.below(this.#keyEvery) === 0 ? this.#key() : '');
    return command;
  }

  #massCancel(): Command {
    const command = this.#begin(CommandType.MASS_CANCEL);
    command.side = 0;
    setTexts(command, this.#client(), '');
    return command;
  }

  #begin(type: CommandType): Command {
    const command = this.#command;
    beginCommand(command, type);
    command.displayLots = 0;
    command.stopPriceTicks = 0;
    command.expiresUs = 0;
    return command;
  }

  #client(): string {
    return `client-${this.#random.below(this.#clients)}`;
  }

  /** A new one, or at times one that some client has used for something else. */
  #key(): string {
    const used = this.#keys > 0 && this.#random.below(200) === 0;
    return `key-${used ? this.#random.below(this.#keys) : this.#keys++}`;
  }
}

// For tests: random commands of every kind that leaves rows, mostly such as are carried out. The seed decides everything.

import {
  ALL_INSTRUMENTS,
  BOTH_SIDES,
  CommandType,
  InstrumentStatus,
  OrderFlag,
  OrderType,
  SelfTrade,
  Side,
  TimeInForce,
} from '../../domain/codes.ts';
import { Command } from '../../domain/command.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from '../../domain/instrument.ts';
import type { ExpectedOrder } from './expected-ledger.ts';

const BTC_USD: Instrument = { ...DEFAULT_INSTRUMENTS[0], makerFeeMillionths: -33, takerFeeMillionths: 250 };

/** What the engine begins with. BTC is the base of one and the quote of the other. */
export const FLOW_INSTRUMENTS: readonly Instrument[] = [
  BTC_USD,
  {
    ...BTC_USD,
    ...{ name: 'ODD/BTC.X', base: 'ODD', quote: 'BTC', priceScale: 3, quantityScale: 5 },
    ...{ maxPriceTicks: 2 ** 46 - 1, maxQuantityLots: 2 ** 50, makerFeeMillionths: 0, takerFeeMillionths: 0 },
  },
];

/** Comes by command, in the middle of the flow; has no decimals at all. */
const LATE: Instrument = { ...BTC_USD, name: 'LATE', base: 'LATE', quote: 'ODD', priceScale: 0, quantityScale: 0 };
/** May be named before it is there: orders for no instrument leave rows too. */
const LATE_INDEX = 2;
const NO_INSTRUMENT = 9;

const CLIENTS = ['alice', 'bob', 'çarşı-ü', 'x', 'a-client-id-of-exactly-sixty-four-bytes-0123456789-0123456789-ab'];
const NAMES: readonly string[] = [...FLOW_INSTRUMENTS, LATE].map(({ name }) => name);
const MIDDLE_TICKS = 7_000_000;
/** An iceberg is shown in at most as many parts: each of them is a trade. */
const SHOWN_MAX = 20;

export class CommandMix {
  readonly command = new Command();
  readonly #random: () => number;
  readonly #orders: ReadonlyMap<number, ExpectedOrder>;

  /** `orders`: those placed so far, by number. */
  constructor(random: () => number, orders: ReadonlyMap<number, ExpectedOrder>) {
    this.#random = random;
    this.#orders = orders;
  }

  /** Fills `command` with the next one, behind `sequence`, at about `timeUs`. */
  choose(sequence: number, timeUs: number): void {
    const what = this.#random();
    const command = this.command;
    const recent = Math.max(1, sequence - this.#below(400));
    this.#client(CLIENTS[this.#below(CLIENTS.length)]);
    command.instrument = this.#random() < 0.002 ? NO_INSTRUMENT : this.#below(LATE_INDEX + 1);
    command.targetOrder = recent;
    command.flags = 0;
    if (what < 0.68) this.#placeOrder(CommandType.NEW_ORDER, timeUs);
    else if (what < 0.73) this.#replaceOrder(timeUs);
    else if (what < 0.87) this.#changeOrder(CommandType.CANCEL_ORDER);
    else if (what < 0.985) this.#changeOrder(CommandType.AMEND_ORDER);
    else if (what < 0.988) this.#massCancel();
    else if (what < 0.993) command.type = CommandType.CLOSE_SETTLEMENT;
    else if (what < 0.996) this.#setStatus();
    else if (what < 0.999) this.#define();
    else this.#setKillSwitch();
  }

  #client(id: string): void {
    const bytes = new TextEncoder().encode(id);
    this.command.bytes = bytes;
    this.command.clientLength = bytes.length;
  }

  #placeOrder(type: typeof CommandType.NEW_ORDER | typeof CommandType.REPLACE_ORDER, timeUs: number): void {
    const command = this.command;
    command.type = type;
    command.side = this.#chance(0.5) ? Side.BUY : Side.SELL;
    command.orderType = this.#chance(0.15) ? OrderType.MARKET : OrderType.LIMIT;
    command.timeInForce = TimeInForce.GTC;
    command.selfTrade = this.#chance(0.5) ? SelfTrade.DECREMENT : this.#pick(Object.values(SelfTrade));
    command.quantityLots = this.#quantity();
    command.displayLots = 0;
    command.stopPriceTicks = 0;
    command.expiresUs = 0;
    command.amountHigh = 0;
    command.amountLow = 0;
    if (command.orderType === OrderType.MARKET) this.#market();
    else this.#limit(timeUs);
    if (this.#chance(0.15)) this.#stop();
  }

  #market(): void {
    const command = this.command;
    command.timeInForce = this.#chance(0.2) ? TimeInForce.FOK : TimeInForce.IOC;
    const kind = this.#below(4);
    command.priceTicks = kind === 0 ? this.#price() : 0;
    if (kind === 1) {
      command.flags |= OrderFlag.SLIPPAGE;
      command.priceTicks = this.#below(10);
    }
    if (kind === 2) {
      command.flags |= OrderFlag.QUOTE_AMOUNT;
      command.quantityLots = 0;
      command.amountHigh = this.#below(3);
      command.amountLow = this.#below(2 ** 48);
    }
  }

  #limit(timeUs: number): void {
    const command = this.command;
    command.priceTicks = this.#price();
    if (this.#chance(0.25)) command.timeInForce = this.#pick(Object.values(TimeInForce));
    if (command.timeInForce === TimeInForce.GTT) command.expiresUs = timeUs + 1 + this.#below(200_000);
    const mayRest = command.timeInForce === TimeInForce.GTC || command.timeInForce === TimeInForce.GTT;
    if (mayRest && this.#chance(0.15)) command.flags |= OrderFlag.POST_ONLY;
    if (mayRest && this.#chance(0.2))
      command.displayLots = Math.ceil(command.quantityLots / (1 + this.#below(SHOWN_MAX)));
  }

  /** Not all shapes go together with a stop price: some of these are rejected. */
  #stop(): void {
    this.command.flags |= OrderFlag.STOP;
    this.command.stopPriceTicks = this.#price();
  }

  /** A recent order; mostly by its owner, for its instrument and side, or it would only be refused. */
  #replaceOrder(timeUs: number): void {
    const command = this.command;
    this.#placeOrder(CommandType.REPLACE_ORDER, timeUs);
    const target = this.#orders.get(command.targetOrder);
    if (target === undefined || this.#chance(0.1)) return;
    this.#client(target.client_id);
    command.side = target.side === 'buy' ? Side.BUY : Side.SELL;
    command.instrument = Math.max(0, NAMES.indexOf(target.instrument ?? ''));
  }

  /** Cancels and amends mostly hit orders that are young, so that many are still open. */
  #changeOrder(type: typeof CommandType.CANCEL_ORDER | typeof CommandType.AMEND_ORDER): void {
    const command = this.command;
    command.type = type;
    command.clientLength = 0;
    command.priceTicks = this.#chance(0.5) ? 0 : this.#price();
    const shown = this.#orders.get(command.targetOrder)?.display_quantity?.replace('.', '');
    const quantity = shown === undefined ? this.#quantity() : this.#below(SHOWN_MAX * Number(shown));
    command.quantityLots = this.#chance(0.5) ? 0 : quantity;
  }

  #massCancel(): void {
    const command = this.command;
    command.type = CommandType.MASS_CANCEL;
    command.side = this.#pick([BOTH_SIDES, Side.BUY, Side.SELL]);
    if (this.#chance(0.3)) command.instrument = ALL_INSTRUMENTS;
  }

  #setStatus(): void {
    this.command.type = CommandType.SET_INSTRUMENT_STATUS;
    this.command.value = this.#chance(0.6) ? InstrumentStatus.OPEN : this.#pick(Object.values(InstrumentStatus));
  }

  /** The late one, or other terms for one that is there. */
  #define(): void {
    const command = this.command;
    command.type = CommandType.DEFINE_INSTRUMENT;
    const definition = command.definition.set(this.#pick([...FLOW_INSTRUMENTS, LATE, LATE]));
    definition.makerFeeMillionths = this.#below(1_000) - 500;
    definition.takerFeeMillionths = 500 + this.#below(1_000);
    if (this.#chance(0.5)) definition.priceBandBps = 2_000;
    if (this.#chance(0.5)) definition.referencePriceTicks = MIDDLE_TICKS;
  }

  #setKillSwitch(): void {
    this.command.type = CommandType.SET_KILL_SWITCH;
    this.command.value = this.#chance(0.2) ? 1 : 0;
  }

  #price(): number {
    return MIDDLE_TICKS + this.#below(this.#chance(0.02) ? 5_000_000_000 : 40);
  }

  /** Mostly small; some so large that notional needs two limbs; now and then one that is out of bounds. */
  #quantity(): number {
    const kind = this.#random();
    if (kind < 0.9) return 1 + this.#below(100_000_000);
    return kind < 0.995 ? 1 + this.#below(100_000_000_000_000) : 0;
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)];
  }

  #chance(part: number): boolean {
    return this.#random() < part;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

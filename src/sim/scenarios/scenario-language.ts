// The lines that scenarios are written in, as commands. Pure; tests only. The scenarios show them all.

import {
  ALL_INSTRUMENTS,
  BOTH_SIDES,
  CommandType,
  InstrumentStatus,
  OrderFlag,
  OrderType,
  RiskMode,
  SelfTrade,
  Side,
  TimeInForce,
} from '../../domain/codes.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { FIRST_TIME_US, type FuzzStep, step } from '../domain-fuzz/steps.ts';

/** What scenarios trade: whole prices and quantities. */
export const SCENARIO_INSTRUMENT: Instrument = {
  ...{ name: 'ABC-USD', base: 'ABC', quote: 'USD', priceScale: 0, quantityScale: 0 },
  ...{ minPriceTicks: 1, maxPriceTicks: 1_000_000, minQuantityLots: 1, maxQuantityLots: 1_000_000 },
  ...{ priceIncrementTicks: 1, quantityIncrementLots: 1, priceBandBps: 0, referencePriceTicks: 0 },
  ...{ makerFeeMillionths: 0, takerFeeMillionths: 0, status: InstrumentStatus.OPEN },
};
/** Units of one whole ABC or USD. */
export const UNIT = 10n ** 14n;

const SECOND_US = 1_000_000;
const CURRENCIES = [SCENARIO_INSTRUMENT.base, SCENARIO_INSTRUMENT.quote];
const PREVENTIONS: Readonly<Record<string, SelfTrade>> = {
  ...{ none: SelfTrade.NONE, dc: SelfTrade.DECREMENT, co: SelfTrade.CANCEL_OLDEST },
  ...{ cn: SelfTrade.CANCEL_NEWEST, cb: SelfTrade.CANCEL_BOTH },
};
const STATUSES: Readonly<Record<string, InstrumentStatus>> = {
  ...{ open: InstrumentStatus.OPEN, 'post-only': InstrumentStatus.POST_ONLY, halted: InstrumentStatus.HALTED },
  ...{ 'cancel-only': InstrumentStatus.CANCEL_ONLY, delisted: InstrumentStatus.DELISTED },
};

type Fields = { -readonly [Name in keyof FuzzStep]?: FuzzStep[Name] };

/** Words that are taken from the front one by one. */
class Words {
  private readonly words: string[];
  private readonly line: string;

  constructor(line: string) {
    this.line = line;
    this.words = line.split(/\s+/);
  }

  get isEmpty(): boolean {
    return this.words.length === 0;
  }

  next(): string {
    return this.words.shift() ?? this.fail('something is missing');
  }

  number(): number {
    const word = this.next();
    const number = Number(word.replace(/^#/, ''));
    return Number.isSafeInteger(number) ? number : this.fail(`${word} is no number`);
  }

  one<T>(choices: Readonly<Record<string, T>>): T {
    const word = this.next();
    return choices[word] ?? this.fail(`${word} is none of ${Object.keys(choices)}`);
  }

  fail(why: string): never {
    throw new Error(`${why}: ${this.line}`);
  }
}

/** Turns lines into commands, one after the other: it knows the time and the instrument. */
export class ScenarioReader {
  private timeUs = FIRST_TIME_US;
  private definition = SCENARIO_INSTRUMENT;

  /** The command of a line, undefined for one that only lets time pass. */
  read(line: string): FuzzStep | undefined {
    const words = new Words(line);
    const first = words.next();
    if (first === 'wait') {
      this.timeUs += words.number() * SECOND_US;
      return undefined;
    }
    const fields = this.venueFields(first, words) ?? { ...this.clientFields(words), client: first };
    while (!words.isEmpty) {
      const word = words.next();
      if (word !== 'key') words.fail(`${word} is not understood`);
      fields.key = words.next();
    }
    return step({ ...fields, timeUs: this.timeUs });
  }

  // --- the venue ---

  private venueFields(first: string, words: Words): Fields | undefined {
    switch (first) {
      case 'expire':
        return { type: CommandType.EXPIRE_ORDERS };
      case 'settle':
        return { type: CommandType.CLOSE_SETTLEMENT };
      case 'status':
        return { type: CommandType.SET_INSTRUMENT_STATUS, value: words.one(STATUSES) };
      case 'kill':
        return { type: CommandType.SET_KILL_SWITCH, value: words.one({ on: 1, off: 0 }) };
      case 'balances':
        return { type: CommandType.SET_RISK_MODE, value: words.one({ on: RiskMode.BALANCES, off: RiskMode.OFF }) };
      case 'deposit':
        return this.adjustment(words, UNIT);
      case 'withdraw':
        return this.adjustment(words, -UNIT);
      case 'limits':
        return this.limits(words);
      case 'define':
        return { type: CommandType.DEFINE_INSTRUMENT, definition: this.redefined(words) };
      default:
        return undefined;
    }
  }

  private adjustment(words: Words, unit: bigint): Fields {
    const client = words.next();
    const currency = CURRENCIES.indexOf(words.next());
    return { type: CommandType.ADJUST_BALANCE, client, currency, amount: BigInt(words.number()) * unit };
  }

  private limits(words: Words): Fields {
    const fields: Fields = { type: CommandType.SET_CLIENT_LIMITS, client: words.next() };
    while (!words.isEmpty) {
      const name = words.next();
      if (name === 'orders') fields.maxOpenOrders = words.number();
      else if (name === 'quantity') fields.maxOrderQuantity = words.number();
      else if (name === 'notional') fields.maxOrderNotional = BigInt(words.number());
      else if (name === 'position') fields.maxPosition = words.number();
      else words.fail(`no limit ${name}`);
    }
    return fields;
  }

  private redefined(words: Words): Instrument {
    const names: Readonly<Record<string, keyof Instrument>> = {
      ...{ tick: 'priceIncrementTicks', lot: 'quantityIncrementLots', band: 'priceBandBps' },
      ...{ reference: 'referencePriceTicks', 'maker-fee': 'makerFeeMillionths', 'taker-fee': 'takerFeeMillionths' },
    };
    while (!words.isEmpty) {
      const name = words.one(names);
      this.definition = { ...this.definition, [name]: words.number() };
    }
    return this.definition;
  }

  // --- orders ---

  private clientFields(words: Words): Fields {
    const verb = words.next();
    switch (verb) {
      case 'buy':
      case 'sell':
        return { type: CommandType.NEW_ORDER, ...this.order(verb, words) };
      case 'cancels':
        return this.massCancel(words);
      case 'cancel':
        return { type: CommandType.CANCEL_ORDER, target: words.number() };
      case 'amend':
        return this.amend(words);
      case 'replace': {
        const target = words.number();
        return { type: CommandType.REPLACE_ORDER, target, ...this.order(words.next(), words) };
      }
      default:
        return words.fail(`${verb} is not understood`);
    }
  }

  private massCancel(words: Words): Fields {
    const side = words.one<Side | 0>({ everything: BOTH_SIDES, buys: Side.BUY, sells: Side.SELL });
    return { type: CommandType.MASS_CANCEL, instrument: ALL_INSTRUMENTS, side };
  }

  private amend(words: Words): Fields {
    const fields: Fields = { type: CommandType.AMEND_ORDER, target: words.number() };
    while (!words.isEmpty) {
      const name = words.next();
      if (name === 'price') fields.price = words.number();
      else if (name === 'quantity') fields.quantity = words.number();
      else words.fail(`no ${name} can be amended`);
    }
    return fields;
  }

  /** `5 @ 101` or `5 market` or `amount 500 market`, and then what else it is. */
  private order(verb: string, words: Words): Fields {
    const fields: Fields = { side: verb === 'buy' ? Side.BUY : Side.SELL, flags: 0 };
    const quantity = words.next();
    if (quantity === 'amount') {
      fields.flags = OrderFlag.QUOTE_AMOUNT;
      fields.amount = BigInt(words.number());
    } else {
      fields.quantity = Number(quantity);
    }
    if (words.next() === '@') fields.price = words.number();
    else fields.orderType = OrderType.MARKET;
    while (!words.isEmpty) this.addTerm(fields, words);
    return fields;
  }

  private addTerm(fields: Fields, words: Words): void {
    const term = words.next();
    const flag = (bit: number): void => {
      fields.flags = (fields.flags ?? 0) | bit;
    };
    if (term === 'ioc') fields.timeInForce = TimeInForce.IOC;
    else if (term === 'fok') fields.timeInForce = TimeInForce.FOK;
    else if (term === 'post-only') flag(OrderFlag.POST_ONLY);
    else if (term === 'show') fields.display = words.number();
    else if (term === 'prevent') fields.selfTrade = words.one(PREVENTIONS);
    else if (term === 'protect') fields.price = words.number();
    else if (term === 'key') fields.key = words.next();
    else if (term === 'slippage') {
      flag(OrderFlag.SLIPPAGE);
      fields.price = words.number();
    } else if (term === 'stop') {
      flag(OrderFlag.STOP);
      fields.stopPrice = words.number();
    } else if (term === 'until') {
      fields.timeInForce = TimeInForce.GTT;
      fields.expiresUs = FIRST_TIME_US + words.number() * SECOND_US;
    } else words.fail(`${term} is not understood`);
  }
}

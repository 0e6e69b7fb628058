// A plain in-process exchange over the engine: objects in, objects and events out. Pure: no clock, threads or I/O; its
// caller's thread. For referees, experiments and microbenchmarks; the server drives Engine directly and never this.
// Numbers are ticks and lots of the instrument (DEFAULT_INSTRUMENTS: cents and 1e-8 BTC).

import type { OrderRows } from './book/order-rows.ts';
import { toBigInt } from './clearing/exact.ts';
import { ALL_INSTRUMENTS, BOTH_SIDES, CommandType, isLive, OrderFlag, OrderType, RiskMode, Side } from './codes.ts';
import { CLIENT_ID_BYTES_MAX, Command, IDEMPOTENCY_KEY_BYTES_MAX } from './command.ts';
import { Engine } from './engine.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from './instrument.ts';
import { type EngineListener, OrderChange } from './listener.ts';
import {
  INSTRUMENT_STATUSES,
  ORDER_CHANGE_NAMES,
  ORDER_STATUS_NAMES,
  SELF_TRADE_NAMES,
  SELF_TRADES,
  TIME_IN_FORCE_NAMES,
  TIMES_IN_FORCE,
} from './plain-names.ts';
import type {
  Amendment,
  Balance,
  ClientLimits,
  DryRunOutcome,
  ExchangeEvent,
  ExchangeOptions,
  InstrumentStatusName,
  MassCancel,
  NewOrder,
  Obligation,
  OrderState,
  Outcome,
  Position,
  SideName,
  Trade,
} from './plain-objects.ts';
import { reasonName } from './reasons.ts';
import { DryRun } from './rules/dry-run.ts';

export function createExchange(options: ExchangeOptions = {}): Exchange {
  return new Exchange(options);
}

export class Exchange implements EngineListener {
  /** For reading: levels, waiting stops, accounts. Apply commands through the exchange only. */
  readonly engine: Engine;
  private readonly onEvent: ((event: ExchangeEvent) => void) | undefined;
  private readonly command = new Command();
  private readonly report = new DryRun();
  private readonly encoder = new TextEncoder();
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** Number of the order that the command is about. */
  private answered = 0;
  private answer: OrderState | undefined;
  private trades: Trade[] = [];
  private obligations: Obligation[] = [];
  private value = 0;
  private refused = '';
  private replayed = false;

  constructor(options: ExchangeOptions = {}) {
    this.onEvent = options.onEvent;
    this.engine =
      options.snapshot === undefined
        ? new Engine(options.instruments ?? DEFAULT_INSTRUMENTS, this)
        : Engine.fromSnapshot(options.snapshot, this);
    // Room for the longest texts at three bytes a character: what does not fit is refused, never cut.
    this.command.bytes = new Uint8Array(CLIENT_ID_BYTES_MAX + IDEMPOTENCY_KEY_BYTES_MAX);
  }

  // --- orders --------------------------------------------------------------------------------------------------------

  /** Throws RangeError for what no wire would carry: a fraction, NaN, a negative number, an id of 0 or over 64 bytes. */
  newOrder(order: NewOrder): Outcome {
    this.setOrder(CommandType.NEW_ORDER, order);
    return this.apply(order.clientId, order.idempotencyKey);
  }

  /** Cancels an order and places another in its stead, or does neither. */
  replace(orderNumber: number, order: NewOrder): Outcome {
    this.setOrder(CommandType.REPLACE_ORDER, order);
    this.command.targetOrder = wholeNumber('orderNumber', orderNumber);
    return this.apply(order.clientId, order.idempotencyKey);
  }

  cancel(orderNumber: number, clientId = '', idempotencyKey = ''): Outcome {
    this.command.type = CommandType.CANCEL_ORDER;
    this.command.targetOrder = wholeNumber('orderNumber', orderNumber);
    return this.apply(clientId, idempotencyKey);
  }

  amend(orderNumber: number, amendment: Amendment): Outcome {
    const { command } = this;
    command.type = CommandType.AMEND_ORDER;
    command.targetOrder = wholeNumber('orderNumber', orderNumber);
    command.priceTicks = wholeNumber('priceTicks', amendment.priceTicks ?? 0);
    command.quantityLots = wholeNumber('quantityLots', amendment.quantityLots ?? 0);
    return this.apply(amendment.clientId);
  }

  /** `value` of the outcome is how many were cancelled. */
  massCancel(which: MassCancel = {}): Outcome {
    const { command } = this;
    command.type = CommandType.MASS_CANCEL;
    command.instrument = which.instrument === undefined ? ALL_INSTRUMENTS : this.instrumentIndex(which.instrument);
    command.side = which.side === undefined ? BOTH_SIDES : sideOf(which.side);
    return this.apply(which.clientId);
  }

  /** Ends every order whose time has come at `timeUs`, which is the time from then on. */
  expire(timeUs: number): Outcome {
    this.command.type = CommandType.EXPIRE_ORDERS;
    return this.apply('', '', wholeNumber('timeUs', timeUs));
  }

  /** What a new order would do now; changes nothing. Stops that its trades would trigger are not followed. */
  dryRun(order: NewOrder): DryRunOutcome {
    this.setOrder(CommandType.NEW_ORDER, order);
    this.setTexts(order.clientId, '');
    const { report } = this;
    this.engine.dryRun(this.timeAfter(this.engine.sequence + 1), this.command, report);
    const fills = report.makerOrders.map((makerOrder, i) => {
      return { priceTicks: report.priceTicks[i], quantityLots: report.quantityLots[i], makerOrder };
    });
    const { executedLots, remainingLots } = report;
    return { reason: reasonName(report.reason), fills, executedLots, remainingLots };
  }

  // --- the venue -----------------------------------------------------------------------------------------------------

  /** Adds an instrument or changes the one of that name; `value` of the outcome is its index. */
  defineInstrument(definition: Instrument): Outcome {
    this.command.type = CommandType.DEFINE_INSTRUMENT;
    this.command.definition.set(definition);
    return this.apply();
  }

  setInstrumentStatus(instrument: string, status: InstrumentStatusName): Outcome {
    this.command.type = CommandType.SET_INSTRUMENT_STATUS;
    this.command.instrument = this.instrumentIndex(instrument);
    this.command.value = INSTRUMENT_STATUSES[status];
    return this.apply();
  }

  setKillSwitch(isOn: boolean): Outcome {
    this.command.type = CommandType.SET_KILL_SWITCH;
    this.command.value = isOn ? 1 : 0;
    return this.apply();
  }

  /** Replaces all limits that the client has in the instrument. */
  setClientLimits(limits: ClientLimits): Outcome {
    const { command } = this;
    command.type = CommandType.SET_CLIENT_LIMITS;
    command.instrument = this.instrumentIndex(limits.instrument);
    command.maxOpenOrders = wholeNumber('maxOpenOrders', limits.maxOpenOrders ?? 0);
    command.maxOrderLots = wholeNumber('maxOrderLots', limits.maxOrderLots ?? 0);
    command.maxPositionLots = wholeNumber('maxPositionLots', limits.maxPositionLots ?? 0);
    const notional = limits.maxOrderNotional ?? 0n;
    command.maxOrderNotionalHigh = highOf('maxOrderNotional', notional);
    command.maxOrderNotionalLow = lowOf(notional);
    return this.apply(named(limits.clientId));
  }

  /** Balances with holds, on or off. */
  setRiskMode(mode: 'off' | 'balances'): Outcome {
    this.command.type = CommandType.SET_RISK_MODE;
    this.command.value = mode === 'balances' ? RiskMode.BALANCES : RiskMode.OFF;
    return this.apply();
  }

  /** `amount` in units of 10^-14 of the currency. */
  deposit(clientId: string, currency: string, amount: bigint): Outcome {
    const { command } = this;
    const index = this.engine.instruments.currencyOf(currency);
    command.type = CommandType.ADJUST_BALANCE;
    // An index beyond the table is how a command says "unknown".
    command.currency = index < 0 ? this.engine.instruments.currencies.length : index;
    command.amountHigh = highOf('amount', amount);
    command.amountLow = lowOf(amount);
    return this.apply(named(clientId));
  }

  withdraw(clientId: string, currency: string, amount: bigint): Outcome {
    return this.deposit(clientId, currency, -amount);
  }

  /** `obligations` of the outcome are what the cycle's trades come to; `value` is the number of the cycle closed. */
  closeSettlement(): Outcome {
    this.command.type = CommandType.CLOSE_SETTLEMENT;
    return this.apply();
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  /** Best bid in ticks, 0 when there is none. */
  bestBid(instrument?: string): number {
    return this.engine.bestPriceTicks(this.knownInstrument(instrument), Side.BUY);
  }

  /** Best ask in ticks, 0 when there is none. */
  bestAsk(instrument?: string): number {
    return this.engine.bestPriceTicks(this.knownInstrument(instrument), Side.SELL);
  }

  /** Displayed lots at a price. */
  depthAt(side: SideName, priceTicks: number, instrument?: string): number {
    return this.engine.depthAt(this.knownInstrument(instrument), sideOf(side), priceTicks);
  }

  /** A live order; undefined when it is closed or unknown: closed orders live on in events only. */
  order(orderNumber: number): OrderState | undefined {
    const row = this.engine.findOrder(orderNumber);
    return row < 0 ? undefined : this.stateOf(this.engine.orders, row);
  }

  /** All zeros for a client that was never seen in the instrument. */
  position(clientId: string, instrument?: string): Position {
    const { accounts } = this.engine;
    const client = this.clientNumber(clientId);
    const account = client < 0 ? -1 : accounts.find(client, this.knownInstrument(instrument));
    if (account < 0) {
      const nothing = { netLots: 0, cost: 0n, realised: 0n, fees: 0n };
      return { ...nothing, openBuyLots: 0, openSellLots: 0, openOrders: 0 };
    }
    return {
      netLots: accounts.netLots(account),
      cost: toBigInt(accounts.costHigh(account), accounts.costLow(account)),
      realised: toBigInt(accounts.realisedHigh(account), accounts.realisedLow(account)),
      fees: toBigInt(accounts.feesHigh(account), accounts.feesLow(account)),
      openBuyLots: accounts.openBuyLots(account),
      openSellLots: accounts.openSellLots(account),
      openOrders: accounts.openOrders(account),
    };
  }

  /** Zeros for a client that never had any of the currency. */
  balance(clientId: string, currency: string): Balance {
    const { balances, instruments } = this.engine;
    const client = this.clientNumber(clientId);
    const index = instruments.currencyOf(currency);
    if (index < 0) throw new RangeError(`no currency ${currency}`);
    const row = client < 0 ? -1 : balances.find(client, index);
    if (row < 0) return { total: 0n, held: 0n };
    const total = toBigInt(balances.balanceHigh(row), balances.balanceLow(row));
    return { total, held: toBigInt(balances.heldHigh(row), balances.heldLow(row)) };
  }

  /** 16 hex digits over the whole state. */
  digest(): string {
    return this.engine.digest();
  }

  /** The whole state: `createExchange({ snapshot })` continues from it. */
  snapshot(): Uint8Array {
    return this.engine.writeSnapshot();
  }

  // --- EngineListener ------------------------------------------------------------------------------------------------

  onTrade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void {
    const { orders, tradeFees } = this.engine;
    const trade: Trade = {
      tradeNumber,
      makerOrder: orders.number(maker),
      takerOrder: orders.number(taker),
      makerClientId: this.clientId(orders.client(maker)),
      takerClientId: this.clientId(orders.client(taker)),
      takerSide: sideName(orders.side(taker)),
      priceTicks,
      quantityLots,
      makerFee: toBigInt(tradeFees[0], tradeFees[1]),
      takerFee: toBigInt(tradeFees[2], tradeFees[3]),
    };
    this.trades.push(trade);
    this.onEvent?.({ type: 'trade', sequence: this.engine.sequence, trade });
  }

  onOrder(change: OrderChange, row: number, restingDeltaLots: number): void {
    const { orders } = this.engine;
    // Other orders, and what later happens to the command's own as a maker, are news for listeners only.
    const isAnswer = orders.number(row) === this.answered && change !== OrderChange.FILLED;
    if (!isAnswer && this.onEvent === undefined) return;
    const order = this.stateOf(orders, row);
    if (isAnswer) this.answer = order;
    const { sequence } = this.engine;
    this.onEvent?.({ type: 'order', sequence, change: ORDER_CHANGE_NAMES(change), order, restingDeltaLots });
  }

  onRefused(reason: number): void {
    this.refused = reasonName(reason);
    this.onEvent?.({ type: 'refused', sequence: this.engine.sequence, reason: this.refused });
  }

  onReplayed(result: number): void {
    const { results } = this.engine;
    this.replayed = true;
    if (results.isValue(result)) this.value = results.value(result);
    else this.answer = this.stateOf(results.orders, result);
    const originalSequence = results.sequence(result);
    this.onEvent?.({ type: 'replayed', sequence: this.engine.sequence, originalSequence });
  }

  onApplied(value: number): void {
    this.value = value;
    this.onEvent?.({ type: 'applied', sequence: this.engine.sequence, value });
  }

  onObligation(cycle: number, account: number): void {
    const { accounts, instruments } = this.engine;
    const obligation: Obligation = {
      cycle,
      clientId: this.clientId(accounts.clientOf(account)),
      instrument: instruments.get(accounts.instrumentOf(account)).name,
      baseLots: accounts.cycleNetLots(account),
      quoteAmount: toBigInt(accounts.cycleQuoteHigh(account), accounts.cycleQuoteLow(account)),
    };
    this.obligations.push(obligation);
    this.onEvent?.({ type: 'obligation', sequence: this.engine.sequence, obligation });
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  private setOrder(type: CommandType, order: NewOrder): void {
    const { command } = this;
    named(order.clientId);
    command.type = type;
    command.instrument = this.instrumentIndex(order.instrument);
    command.side = sideOf(order.side);
    command.orderType = order.type === 'market' ? OrderType.MARKET : OrderType.LIMIT;
    command.timeInForce = TIMES_IN_FORCE[order.timeInForce ?? 'GTC'];
    command.selfTrade = SELF_TRADES[order.selfTrade ?? 'none'];
    command.flags = flagsOf(order);
    command.priceTicks = wholeNumber('priceTicks', order.slippageTicks ?? order.priceTicks ?? 0);
    command.quantityLots = wholeNumber('quantityLots', order.quantityLots ?? 0);
    command.displayLots = wholeNumber('displayLots', order.displayLots ?? 0);
    command.stopPriceTicks = wholeNumber('stopPriceTicks', order.stopPriceTicks ?? 0);
    command.expiresUs = wholeNumber('expiresUs', order.expiresUs ?? 0);
    const amount = order.quoteAmount ?? 0n;
    if (amount < 0n) throw new RangeError(`quoteAmount is negative: ${amount}`);
    command.amountHigh = highOf('quoteAmount', amount);
    command.amountLow = lowOf(amount);
    command.targetOrder = 0;
  }

  private apply(clientId = '', key = '', timeUs = 0): Outcome {
    this.setTexts(clientId, key);
    const { command, engine } = this;
    const sequence = engine.sequence + 1;
    const placesOrder = command.type === CommandType.NEW_ORDER || command.type === CommandType.REPLACE_ORDER;
    this.answered = placesOrder ? sequence : command.targetOrder;
    this.answer = undefined;
    this.trades = [];
    this.obligations = [];
    this.value = 0;
    this.refused = '';
    this.replayed = false;
    engine.apply(sequence, Math.max(timeUs, this.timeAfter(sequence)), command);
    const { answer: order, trades, obligations, value, refused, replayed } = this;
    return { sequence, order, trades, obligations, value, refused, replayed };
  }

  /** No clock here: time is the sequence, until `expire` says that it is later. */
  private timeAfter(sequence: number): number {
    return Math.max(sequence, this.engine.timeUs);
  }

  private setTexts(clientId: string, key: string): void {
    const { command } = this;
    command.clientOffset = 0;
    command.clientLength = this.encode('clientId', clientId, 0, CLIENT_ID_BYTES_MAX);
    command.keyOffset = command.clientLength;
    command.keyLength = this.encode('idempotencyKey', key, command.keyOffset, IDEMPOTENCY_KEY_BYTES_MAX);
  }

  private encode(field: string, text: string, offset: number, lengthMax: number): number {
    const target = this.command.bytes.subarray(offset, offset + lengthMax);
    const { read, written } = this.encoder.encodeInto(text, target);
    if (read !== text.length) throw new RangeError(`${field} is longer than ${lengthMax} bytes`);
    return written;
  }

  private instrumentIndex(name: string | undefined): number {
    if (name === undefined) return 0;
    const index = this.engine.instruments.find(name);
    // An index beyond the table is how a command says "unknown": the engine rejects or refuses it by that name.
    return index < 0 ? this.engine.instruments.count : index;
  }

  private knownInstrument(name: string | undefined): number {
    const index = this.instrumentIndex(name);
    if (index >= this.engine.instruments.count) throw new RangeError(`no instrument ${name}`);
    return index;
  }

  private clientId(client: number): string {
    return this.decoder.decode(this.engine.clients.bytesOf(client));
  }

  /** -1 for a client that was never seen. */
  private clientNumber(clientId: string): number {
    const bytes = this.encoder.encode(clientId);
    return this.engine.clients.find(bytes, 0, bytes.length);
  }

  private stateOf(orders: OrderRows, row: number): OrderState {
    const { instruments } = this.engine;
    const instrument = orders.instrument(row);
    const flags = orders.flags(row);
    return {
      orderNumber: orders.number(row),
      clientId: this.clientId(orders.client(row)),
      instrument: instrument < instruments.count ? instruments.get(instrument).name : '',
      side: sideName(orders.side(row)),
      type: orders.orderType(row) === OrderType.MARKET ? 'market' : 'limit',
      timeInForce: TIME_IN_FORCE_NAMES(orders.timeInForce(row)),
      selfTrade: SELF_TRADE_NAMES(orders.selfTrade(row)),
      postOnly: (flags & OrderFlag.POST_ONLY) !== 0,
      priceTicks: orders.priceTicks(row),
      quantityLots: orders.quantityLots(row),
      executedLots: orders.executedLots(row),
      preventedLots: orders.preventedLots(row),
      remainingLots: isLive(orders.status(row)) ? orders.remainingLots(row) : 0,
      openLots: orders.openLots(row),
      displayLots: orders.displayLots(row),
      stopPriceTicks: orders.stopPriceTicks(row),
      triggered: (flags & OrderFlag.TRIGGERED) !== 0,
      expiresUs: orders.expiresUs(row),
      createdUs: orders.createdUs(row),
      updatedUs: orders.updatedUs(row),
      notional: toBigInt(orders.notionalHigh(row), orders.notionalLow(row)),
      status: ORDER_STATUS_NAMES(orders.status(row)),
      reason: reasonName(orders.reason(row)),
    };
  }
}

function flagsOf(order: NewOrder): number {
  return (
    (order.postOnly === true ? OrderFlag.POST_ONLY : 0) |
    (order.stopPriceTicks === undefined ? 0 : OrderFlag.STOP) |
    (order.quoteAmount === undefined ? 0 : OrderFlag.QUOTE_AMOUNT) |
    (order.slippageTicks === undefined ? 0 : OrderFlag.SLIPPAGE)
  );
}

function sideOf(name: SideName): Side {
  return name === 'buy' ? Side.BUY : Side.SELL;
}

function sideName(side: Side): SideName {
  return side === Side.BUY ? 'buy' : 'sell';
}

function named(clientId: string): string {
  if (clientId === '') throw new RangeError('clientId is empty');
  return clientId;
}

function wholeNumber(field: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${field} is not a whole number: ${value}`);
  return value;
}

/** The limbs of an amount (clearing/exact.ts). */
function highOf(field: string, amount: bigint): number {
  const high = Number(amount >> 48n);
  if (!Number.isSafeInteger(high)) throw new RangeError(`${field} is beyond 2^101: ${amount}`);
  return high;
}

function lowOf(amount: bigint): number {
  return Number(BigInt.asUintN(48, amount));
}

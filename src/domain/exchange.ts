// A plain in-process exchange over the engine: objects in, objects and events out. Pure: no clock, threads or I/O; its
// caller's thread. For referees, experiments and microbenchmarks; the server drives Engine directly and never this.
// Numbers are ticks and lots of the instrument (DEFAULT_INSTRUMENTS: cents and 1e-8 BTC).

import { ALL_INSTRUMENTS, BOTH_SIDES, CommandType, RiskMode, Side } from './codes.ts';
import { Engine } from './engine.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from './instrument.ts';
import { type EngineListener, OrderChange } from './listener.ts';
import { named, PlainCommand, sideOf, wholeNumber } from './plain-command.ts';
import { INSTRUMENT_STATUSES, ORDER_CHANGE_NAMES } from './plain-names.ts';
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
import { PlainViews } from './plain-views.ts';
import { reasonName } from './reasons.ts';
import { DryRun } from './rules/dry-run.ts';

export function createExchange(options: ExchangeOptions = {}): Exchange {
  return new Exchange(options);
}

export class Exchange implements EngineListener {
  /** For reading: levels, waiting stops, accounts. Apply commands through the exchange only. */
  readonly engine: Engine;
  private readonly onEvent: ((event: ExchangeEvent) => void) | undefined;
  private readonly views: PlainViews;
  private readonly plain = new PlainCommand();
  private readonly command = this.plain.command;
  private readonly report = new DryRun();
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
    this.views = new PlainViews(this.engine);
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
    this.plain.setTexts(order.clientId, '');
    const { report } = this;
    this.engine.dryRun(this.timeAfter(this.engine.sequence + 1), this.command, report);
    const fills = report.makerOrders.map((makerOrder, i) => {
      return { priceTicks: report.priceTicks[i], quantityLots: report.quantityLots[i], makerOrder };
    });
    const { isTooLarge, executedLots, remainingLots } = report;
    return { isTooLarge, reason: reasonName(report.reason), fills, executedLots, remainingLots };
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
    this.plain.setLimits(limits);
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
    this.plain.setAmount('amount', amount);
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
    return row < 0 ? undefined : this.views.order(this.engine.orders, row);
  }

  /** All zeros for a client that was never seen in the instrument. */
  position(clientId: string, instrument?: string): Position {
    const client = this.views.clientNumber(clientId);
    return this.views.position(client < 0 ? -1 : this.engine.accounts.find(client, this.knownInstrument(instrument)));
  }

  /** Zeros for a client that never had any of the currency. */
  balance(clientId: string, currency: string): Balance {
    return this.views.balance(clientId, currency);
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
    const trade = this.views.trade(tradeNumber, maker, taker, priceTicks, quantityLots);
    this.trades.push(trade);
    this.onEvent?.({ type: 'trade', sequence: this.engine.sequence, trade });
  }

  onOrder(change: OrderChange, row: number, restingDeltaLots: number): void {
    const { orders } = this.engine;
    // Other orders, and what later happens to the command's own as a maker, are news for listeners only.
    const isAnswer = orders.number(row) === this.answered && change !== OrderChange.FILLED;
    if (!isAnswer && this.onEvent === undefined) return;
    const order = this.views.order(orders, row);
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
    else this.answer = this.views.order(results.orders, result);
    const originalSequence = results.sequence(result);
    this.onEvent?.({ type: 'replayed', sequence: this.engine.sequence, originalSequence });
  }

  onApplied(value: number): void {
    this.value = value;
    this.onEvent?.({ type: 'applied', sequence: this.engine.sequence, value });
  }

  onObligation(cycle: number, account: number): void {
    const obligation = this.views.obligation(cycle, account);
    this.obligations.push(obligation);
    this.onEvent?.({ type: 'obligation', sequence: this.engine.sequence, obligation });
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  private setOrder(type: CommandType, order: NewOrder): void {
    this.plain.setOrder(type, this.instrumentIndex(order.instrument), order);
  }

  private apply(clientId = '', key = '', timeUs = 0): Outcome {
    this.plain.setTexts(clientId, key);
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
}

// The matching and clearing engine: a pure function of sequenced commands, narrated to a listener. Runs on the matching
// thread, and again, as its own instance, wherever the journal is replayed. Owns all state that decides the future. Must
// never read a clock, draw a random number, do I/O or depend on the order of anything hashed: time and sequence arrive with
// the command. The rules are those of RULES.md (numbers in brackets); each has its file in rules/, and this file only
// sends every command to the one that carries it out.

import { assert } from '../assert.ts';
import type { BookSide, GoOn } from './book/order-book.ts';
import type { OrderRows } from './book/order-rows.ts';
import type { Accounts } from './clearing/accounts.ts';
import type { Balances } from './clearing/balances.ts';
import { CommandType, type RiskMode, type Side } from './codes.ts';
import { Command } from './command.ts';
import { Counter, EngineState } from './engine-state.ts';
import type { ClientTable } from './idempotency/client-table.ts';
import type { HashSecret } from './idempotency/half-sip-hash.ts';
import type { ResultRows } from './idempotency/result-rows.ts';
import type { Instrument } from './instrument.ts';
import type { InstrumentTable } from './instrument-table.ts';
import type { EngineListener } from './listener.ts';
import { Outlook } from './outlook.ts';
import { Reason } from './reasons.ts';
import { Amendment } from './rules/amendment.ts';
import { Arrival } from './rules/arrival.ts';
import { ArrivalChecks } from './rules/arrival-checks.ts';
import { BulkCancel } from './rules/bulk-cancel.ts';
import { Desk } from './rules/desk.ts';
import type { DryRun } from './rules/dry-run.ts';
import { Execution } from './rules/execution.ts';
import { Funds } from './rules/funds.ts';
import { LiveOrders } from './rules/live-orders.ts';
import { Matcher } from './rules/matcher.ts';
import { hasKey, Memory, namesClient } from './rules/memory.ts';
import { OrderEntry } from './rules/order-entry.ts';
import { Prevention } from './rules/prevention.ts';
import { Rehearsal } from './rules/rehearsal.ts';
import { Target } from './rules/target.ts';
import { Venue } from './rules/venue.ts';
import { Walk } from './rules/walk.ts';
import { assertWellFormed, isWellFormed } from './rules/well-formed.ts';
import {
  type ByteSink,
  type ByteSource,
  readSnapshot,
  sourceOf,
  streamSnapshot,
  writeSnapshot,
} from './snapshot/snapshot.ts';

// Local, since V8 folds constants of a module's own but not imported ones.
const NONE = Reason.NONE;
const { NEW_ORDER, CANCEL_ORDER, AMEND_ORDER } = CommandType;
const { SEQUENCE, TIME_US, TRADE, RISK_MODE } = Counter;

const NO_ORDER = -1;

/** The rules this engine applies: written into every frame of a journal, and the only ones it replays (RULES.md). */
export const RULES_VERSION = 2;

export class Engine {
  /** Orders by row. A row named in a listener call is valid until that call returns. */
  readonly orders: OrderRows;
  /** First results of idempotency keys by row; a row named by onReplayed is valid until it returns. */
  readonly results: ResultRows;
  readonly clients: ClientTable;
  readonly instruments: InstrumentTable;
  readonly accounts: Accounts;
  readonly balances: Balances;
  /** Of the trade being told, in ticks x lots: maker fee high and low limb, taker fee high and low limb. */
  readonly tradeFees: Float64Array;
  /** Told what comes, it makes `apply` wait less for memory; nothing depends on it. */
  readonly outlook: Outlook;
  private readonly state: EngineState;
  private readonly counters: Float64Array;
  private readonly desk: Desk;
  private readonly memory: Memory;
  private readonly entry: OrderEntry;
  private readonly target: Target;
  private readonly bulk: BulkCancel;
  private readonly venue: Venue;
  private readonly rehearsal: Rehearsal;

  /** `genesis` is the table of instruments before any command. `state` is for restoring, and for options. */
  constructor(genesis: readonly Instrument[], listener: EngineListener, state = new EngineState(genesis)) {
    this.state = state;
    this.outlook = new Outlook(state);
    this.orders = state.orders;
    this.results = state.keys.results;
    this.clients = state.clients;
    this.instruments = state.instruments;
    this.accounts = state.accounts;
    this.balances = state.balances;
    this.counters = state.counters;
    this.desk = new Desk(state, listener);
    this.tradeFees = this.desk.tradeFees;
    this.memory = new Memory(this.desk);
    const funds = new Funds(this.desk);
    const walk = new Walk(this.desk);
    const checks = new ArrivalChecks(this.desk, funds, walk);
    const live = new LiveOrders(this.desk, funds);
    const execution = new Execution(this.desk, live, funds);
    const matcher = new Matcher(this.desk, execution, new Prevention(this.desk, live));
    const arrival = new Arrival(this.desk, live, matcher, walk);
    this.entry = new OrderEntry(this.desk, live, checks, matcher, arrival, this.memory);
    const amendment = new Amendment(this.desk, live, funds, checks, arrival, this.memory);
    this.target = new Target(this.desk, live, this.entry, amendment, this.memory);
    this.bulk = new BulkCancel(this.desk, live, this.memory);
    this.venue = new Venue(this.desk, this.memory);
    this.rehearsal = new Rehearsal(this.desk, checks);
  }

  /**
   * Applies the next command and narrates what it did. Borrows the command until return. `timeUs` is the batch time,
   * microseconds since the epoch. Refusals and rejections are narrated, never thrown; a Fault is a bug of the caller
   * or ours. Allocates: nothing, except when tables grow and for a settlement.
   */
  apply(sequence: number, timeUs: number, command: Command): void {
    assert(sequence === this.counters[SEQUENCE] + 1, 'engine: sequences have no gap');
    assert(timeUs >= this.counters[TIME_US], 'engine: time does not run backwards');
    assertWellFormed(command);
    this.desk.begin(sequence, timeUs, command);
    if (this.isTooManyClients(command)) {
      this.desk.listener.onRefused(Reason.CLIENTS_FULL, NO_ORDER);
      return;
    }
    if (hasKey(command) && this.memory.answerAgain(command)) return;
    switch (command.type) {
      case NEW_ORDER:
        this.entry.enter(command);
        break;
      case CANCEL_ORDER:
      case AMEND_ORDER:
      case CommandType.REPLACE_ORDER:
        this.target.apply(command);
        break;
      default:
        this.applyToVenue(command);
    }
  }

  /**
   * Takes the next command without carrying it out: it is refused, and remembered so under its key. For one that `apply` faulted
   * on, in an engine that has not tried it, once an operator has ruled it out. One that is not well formed is not remembered:
   * no snapshot could hold it.
   */
  skip(sequence: number, timeUs: number, command: Command): void {
    assert(sequence === this.counters[SEQUENCE] + 1, 'engine: sequences have no gap');
    const isSound = isWellFormed(command);
    this.desk.begin(sequence, timeUs, isSound ? command : new Command());
    if (isSound && hasKey(command) && this.memory.answerAgain(command)) return;
    if (!isSound || this.isTooManyClients(command)) this.desk.listener.onRefused(Reason.COMMAND_SKIPPED, NO_ORDER);
    else this.memory.refuse(command, Reason.COMMAND_SKIPPED, NO_ORDER);
  }

  /** True when the command names a client without a number and all numbers are given (RULES.md, Room in the engine). */
  private isTooManyClients(command: Command): boolean {
    if (this.desk.client >= 0 || this.clients.count < this.state.capacity.clientsMax) return false;
    return namesClient(command);
  }

  private applyToVenue(command: Command): void {
    switch (command.type) {
      case CommandType.MASS_CANCEL:
        this.bulk.cancelMany(command);
        break;
      case CommandType.EXPIRE_ORDERS:
        this.bulk.expire(command);
        break;
      case CommandType.DEFINE_INSTRUMENT:
        this.venue.defineInstrument(command);
        break;
      case CommandType.SET_INSTRUMENT_STATUS:
        this.venue.setInstrumentStatus(command);
        break;
      case CommandType.SET_KILL_SWITCH:
        this.venue.setKillSwitch(command);
        break;
      case CommandType.SET_CLIENT_LIMITS:
        this.venue.setClientLimits(command);
        break;
      case CommandType.ADJUST_BALANCE:
        this.venue.adjustBalance(command);
        break;
      case CommandType.SET_RISK_MODE:
        this.venue.setRiskMode(command);
        break;
      default:
        this.venue.closeSettlement(command);
    }
  }

  /**
   * Fills `report` with what a new order or a replacement would do if it were the next command, at batch time `timeUs`.
   * Changes nothing. Stops that its trades would trigger are not followed. Idempotency keys are not looked at. An order
   * that would meet more than DRY_RUN_ORDERS_MAX others is not followed to its end: the report says that it is too large.
   */
  dryRun(timeUs: number, command: Command, report: DryRun): void {
    assertWellFormed(command);
    report.clear();
    const isReplacement = command.type === CommandType.REPLACE_ORDER;
    assert(isReplacement || command.type === NEW_ORDER, 'engine: a dry run is of an order');
    this.desk.consider(timeUs, command);
    if (this.isTooManyClients(command)) {
      report.reason = Reason.CLIENTS_FULL;
    } else if (!isReplacement) {
      this.rehearsal.run(command, this.desk.expectedClient, NO_ORDER, report);
    } else {
      const target = this.state.live.get(command.targetOrder);
      report.reason =
        this.target.objection(command, target, this.sequence + 1) || this.entry.objectionToKind(command, target);
      if (report.reason === NONE) this.rehearsal.run(command, this.orders.client(target), target, report);
    }
  }

  /** Sequence of the last command, 0 at the start. */
  get sequence(): number {
    return this.counters[SEQUENCE];
  }

  /** Batch time of the last command. */
  get timeUs(): number {
    return this.counters[TIME_US];
  }

  get lastTradeNumber(): number {
    return this.counters[TRADE];
  }

  /** Live orders, waiting stops included. */
  get openOrders(): number {
    return this.state.live.size;
  }

  get idempotencyKeys(): number {
    return this.state.keys.size;
  }

  /** Batch time of the command that brought the oldest key still held; 0 when there is none. */
  get oldestKeyUs(): number {
    return this.state.keys.oldestUs();
  }

  /** When the first order ends by itself, microseconds since the epoch; 0 when none does. */
  get nextExpiryUs(): number {
    return this.state.expiries.earliestUs();
  }

  get killSwitch(): boolean {
    return this.desk.isKillSwitchOn;
  }

  get riskMode(): RiskMode {
    return this.counters[RISK_MODE] as RiskMode;
  }

  /** The last settlement cycle that was closed, 0 when none was. */
  get settlementCycle(): number {
    return this.counters[Counter.SETTLEMENT_CYCLE];
  }

  /** The row of a live order, -1 when the number is not live. Valid until the next apply. */
  findOrder(orderNumber: number): number {
    return this.state.live.get(orderNumber);
  }

  /** Best price in ticks, 0 when that side is empty. */
  bestPriceTicks(instrument: number, side: Side): number {
    return this.bookSide(instrument, side).bestPriceTicks();
  }

  /** Displayed lots at a price. */
  depthAt(instrument: number, side: Side, priceTicks: number): number {
    return this.bookSide(instrument, side).depthAt(priceTicks);
  }

  /** Visits levels, best first, with what they display and the row of their first order, until `visit` returns false. It must not apply commands. */
  forEachLevel(
    instrument: number,
    side: Side,
    visit: (priceTicks: number, quantityLots: number, orders: number, first: number) => GoOn,
  ): void {
    this.bookSide(instrument, side).forEachLevel(visit);
  }

  /** Visits resting orders in price-time order until `visit` returns false. The visitor must not apply commands. */
  forEachOrder(instrument: number, side: Side, visit: (row: number) => GoOn): void {
    this.bookSide(instrument, side).forEachOrder(visit);
  }

  /** Visits waiting stops in the order they would be triggered, until `visit` returns false. */
  forEachStop(instrument: number, side: Side, visit: (row: number) => GoOn): void {
    this.instruments.stopsOf(instrument).forEach(side, visit);
  }

  /** The whole state as canonical bytes (snapshot.ts): equal states give equal bytes. Cost grows with the state. */
  writeSnapshot(): Uint8Array {
    return writeSnapshot(this.state);
  }

  /** The same bytes piece by piece, each borrowed until `sink` returns. Returns the digest. */
  streamSnapshot(sink: ByteSink): string {
    return streamSnapshot(this.state, sink);
  }

  /** An engine that continues from a snapshot, with a secret of its own. Throws SnapshotError for damage. */
  static fromSnapshot(bytes: Uint8Array, listener: EngineListener, hashSecret?: HashSecret): Engine {
    return Engine.fromSource(sourceOf(bytes), listener, hashSecret);
  }

  /** The same from bytes that come piece by piece. Throws also what the source throws. */
  static fromSource(source: ByteSource, listener: EngineListener, hashSecret?: HashSecret): Engine {
    return new Engine([], listener, readSnapshot(source, hashSecret));
  }

  /** 16 hex digits over the canonical state: the checksum at the end of its snapshot. Cost grows with the state. */
  digest(): string {
    return streamSnapshot(this.state, () => {});
  }

  private bookSide(instrument: number, side: Side): BookSide {
    return this.instruments.bookOf(instrument).side(side);
  }
}

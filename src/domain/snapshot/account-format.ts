// Accounts and balances in a snapshot, in order of client, then instrument or currency. What live orders make of them
// (open orders and lots, holds) is not stored: it follows from the orders. Pure.

import { type Accounts, POSITION_LOTS_MAX } from '../clearing/accounts.ts';
import { Amount } from '../clearing/amount.ts';
import type { Balances } from '../clearing/balances.ts';
import { LIMB } from '../clearing/exact.ts';
import type { EngineState } from '../engine-state.ts';
import { type ByteReader, type ByteWriter, SnapshotError } from './byte-stream.ts';
import { Cell, type Field, field, RecordFormat } from './record-format.ts';

const { COUNT, SIGNED } = Cell;

/** The limits being read: the last field sets them all. */
const limits = {
  maxOpenOrders: 0,
  maxOrderLots: 0,
  maxOrderNotionalHigh: 0,
  maxOrderNotionalLow: 0,
  maxPositionLots: 0,
};
/** The amount being read: its low limb sets both. */
const scratch = new Amount();

/** Two fields: the limbs of a signed amount. */
function amount<Table>(
  what: string,
  high: Field<Table>['get'],
  low: Field<Table>['get'],
  set: (table: Table, row: number, value: Amount) => void,
): [Field<Table>, Field<Table>] {
  return [
    field(what, SIGNED, high, (_table, _row, value) => (scratch.high = value)),
    field(what, COUNT, low, (table, row, value) => set(table, row, scratch.set(scratch.high, value)), LIMB - 1),
  ];
}

const ACCOUNT = new RecordFormat<Accounts>([
  field(
    'position',
    SIGNED,
    (t, a) => t.netLots(a),
    (t, a, v) => t.setNetLots(a, v),
    POSITION_LOTS_MAX,
  ),
  field(
    'settled position',
    SIGNED,
    (t, a) => t.netAtSettlement(a),
    (t, a, v) => t.setNetAtSettlement(a, v),
  ),
  ...amount<Accounts>(
    'cost',
    (t, a) => t.costHigh(a),
    (t, a) => t.costLow(a),
    (t, a, v) => t.setCost(a, v),
  ),
  ...amount<Accounts>(
    'realised profit',
    (t, a) => t.realisedHigh(a),
    (t, a) => t.realisedLow(a),
    (t, a, v) => t.setRealised(a, v),
  ),
  ...amount<Accounts>(
    'fees',
    (t, a) => t.feesHigh(a),
    (t, a) => t.feesLow(a),
    (t, a, v) => t.setFees(a, v),
  ),
  ...amount<Accounts>(
    'cycle amount',
    (t, a) => t.cycleQuoteHigh(a),
    (t, a) => t.cycleQuoteLow(a),
    (t, a, v) => t.setCycleQuote(a, v),
  ),
  field(
    'open orders limit',
    COUNT,
    (t, a) => t.maxOpenOrders(a),
    (_t, _a, v) => (limits.maxOpenOrders = v),
  ),
  field(
    'quantity limit',
    COUNT,
    (t, a) => t.maxOrderLots(a),
    (_t, _a, v) => (limits.maxOrderLots = v),
  ),
  field(
    'position limit',
    COUNT,
    (t, a) => t.maxPositionLots(a),
    (_t, _a, v) => (limits.maxPositionLots = v),
  ),
  field(
    'notional limit',
    COUNT,
    (t, a) => t.maxOrderNotionalHigh(a),
    (_t, _a, v) => (limits.maxOrderNotionalHigh = v),
  ),
  field('notional limit', COUNT, (t, a) => t.maxOrderNotionalLow(a), setLimits, LIMB - 1),
]);

function setLimits(accounts: Accounts, account: number, maxOrderNotionalLow: number): void {
  limits.maxOrderNotionalLow = maxOrderNotionalLow;
  if (Object.values(limits).some((limit) => limit !== 0)) accounts.setLimits(account, limits);
}

const BALANCE = new RecordFormat<Balances>(
  amount<Balances>(
    'balance',
    (t, b) => t.balanceHigh(b),
    (t, b) => t.balanceLow(b),
    (t, b, v) => t.setBalance(b, v),
  ),
);

/** Client and column (instrument or currency) come first. */
const PLACE_BYTES = 6;
export const ACCOUNT_BYTES = PLACE_BYTES + ACCOUNT.bytes;

/** All of them, also those with nothing in them: they have a place, and places are limited. */
export function writeAccounts(writer: ByteWriter, { accounts }: EngineState): void {
  accounts.forEach((account) => {
    writer.u32(accounts.clientOf(account));
    writer.u16(accounts.instrumentOf(account));
    ACCOUNT.write(writer, accounts, account);
  });
}

export function readAccounts(reader: ByteReader, state: EngineState, count: number): void {
  const place = new Place('account', state.clients.count, state.instruments.count);
  for (let i = 0; i < count; i++) {
    place.read(reader);
    ACCOUNT.read(reader, state.accounts, state.accounts.open(place.client, place.column));
  }
}

/** All of them, also those of 0. */
export function writeBalances(writer: ByteWriter, { balances }: EngineState): void {
  balances.forEach((balance) => {
    writer.u32(balances.clientOf(balance));
    writer.u16(balances.currencyOf(balance));
    BALANCE.write(writer, balances, balance);
  });
}

export function readBalances(reader: ByteReader, state: EngineState, count: number): void {
  const { balances } = state;
  const place = new Place('balance', state.clients.count, state.instruments.currencies.length);
  for (let i = 0; i < count; i++) {
    place.read(reader);
    const balance = balances.open(place.client, place.column);
    BALANCE.read(reader, balances, balance);
    if (balances.balanceHigh(balance) < 0) throw new SnapshotError('snapshot: a balance below 0');
  }
}

/** Whose record it is, and of what: checked to be known, and to come after the one before. */
class Place {
  client = 0;
  column = 0;
  private readonly what: string;
  private readonly clients: number;
  private readonly columns: number;
  private before = -1;

  constructor(what: string, clients: number, columns: number) {
    this.what = what;
    this.clients = clients;
    this.columns = columns;
  }

  read(reader: ByteReader): void {
    this.client = reader.u32();
    this.column = reader.u16();
    const rank = this.client * this.columns + this.column;
    if (this.client >= this.clients || this.column >= this.columns || rank <= this.before) {
      throw new SnapshotError(`snapshot: ${this.what} ${this.column} of client ${this.client} is out of place`);
    }
    this.before = rank;
  }
}

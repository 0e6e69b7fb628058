// The beginning of a snapshot. Pure.
//
//   magic "RINGBKSN", u32 version, u32 0; then the fields of HEADER

import { ACCOUNTS_MAX, CLIENTS_MAX, OPEN_ORDERS_MAX } from '../capacity.ts';
import { RiskMode } from '../codes.ts';
import { COUNTERS, Counter, type EngineOptions } from '../engine-state.ts';
import { INSTRUMENTS_MAX } from '../instrument.ts';
import { type ByteReader, type ByteWriter, SnapshotError } from './byte-stream.ts';
import { Cell, type Field, field, RecordFormat } from './record-format.ts';

/** "RINGBKSN" as two little-endian words. */
const MAGIC_LOW = 0x474e4952;
const MAGIC_HIGH = 0x4e534b42;
const VERSION = 4;
const PROLOGUE_BYTES = 16;
const { COUNT } = Cell;

/** What a snapshot says of itself, and how much of everything there is. */
export class Header {
  readonly counters = new Float64Array(COUNTERS);
  keysMax = 0;
  clientsMax = 0;
  accountsMax = 0;
  openOrdersMax = 0;
  instruments = 0;
  clients = 0;
  accounts = 0;
  balances = 0;
  orders = 0;
  keys = 0;

  /** The engine's, as far as they are state. */
  options(): EngineOptions {
    const { keysMax, clientsMax, accountsMax, openOrdersMax } = this;
    return { idempotencyKeysMax: keysMax, clientsMax, accountsMax, openOrdersMax };
  }
}

const HEADER = new RecordFormat<Header>([
  counter('sequence', Counter.SEQUENCE),
  counter('time', Counter.TIME_US),
  counter('trade number', Counter.TRADE),
  counter('kill switch', Counter.KILL_SWITCH, 1),
  counter('risk mode', Counter.RISK_MODE, RiskMode.BALANCES),
  counter('settlement cycle', Counter.SETTLEMENT_CYCLE),
  field(
    'idempotency key limit',
    COUNT,
    (h) => h.keysMax,
    (h, _, v) => (h.keysMax = v),
  ),
  field(
    'client limit',
    COUNT,
    (h) => h.clientsMax,
    (h, _, v) => (h.clientsMax = v),
    CLIENTS_MAX,
  ),
  field(
    'account limit',
    COUNT,
    (h) => h.accountsMax,
    (h, _, v) => (h.accountsMax = v),
    ACCOUNTS_MAX,
  ),
  field(
    'live order limit',
    COUNT,
    (h) => h.openOrdersMax,
    (h, _, v) => (h.openOrdersMax = v),
    OPEN_ORDERS_MAX,
  ),
  field(
    'number of instruments',
    COUNT,
    (h) => h.instruments,
    (h, _, v) => (h.instruments = v),
    INSTRUMENTS_MAX,
  ),
  field(
    'number of clients',
    COUNT,
    (h) => h.clients,
    (h, _, v) => (h.clients = v),
  ),
  field(
    'number of accounts',
    COUNT,
    (h) => h.accounts,
    (h, _, v) => (h.accounts = v),
  ),
  field(
    'number of balances',
    COUNT,
    (h) => h.balances,
    (h, _, v) => (h.balances = v),
  ),
  field(
    'number of orders',
    COUNT,
    (h) => h.orders,
    (h, _, v) => (h.orders = v),
  ),
  field(
    'number of keys',
    COUNT,
    (h) => h.keys,
    (h, _, v) => (h.keys = v),
  ),
]);

function counter(what: string, cell: number, max = Number.MAX_SAFE_INTEGER): Field<Header> {
  return field(
    what,
    COUNT,
    (h) => h.counters[cell],
    (h, _, v) => (h.counters[cell] = v),
    max,
  );
}

export const HEADER_BYTES = PROLOGUE_BYTES + HEADER.bytes;

/** Writes the header, with which a snapshot begins. */
export function writeHeader(writer: ByteWriter, header: Header): void {
  writer.u32(MAGIC_LOW);
  writer.u32(MAGIC_HIGH);
  writer.u32(VERSION);
  writer.u32(0);
  HEADER.write(writer, header, 0);
}

/** Throws SnapshotError for what is no snapshot of this version. */
export function readHeader(reader: ByteReader): Header {
  if (reader.u32() !== MAGIC_LOW || reader.u32() !== MAGIC_HIGH) {
    throw new SnapshotError('not an engine snapshot: wrong magic');
  }
  const version = reader.u32();
  if (version !== VERSION) throw new SnapshotError(`snapshot version is ${version}, this engine reads ${VERSION}`);
  if (reader.u32() !== 0) throw new SnapshotError('snapshot: something stands where nothing belongs');
  const header = new Header();
  HEADER.read(reader, header, 0);
  const { keys, keysMax, orders } = header;
  if (!Number.isInteger(Math.log2(keysMax)) || keys > keysMax) {
    throw new SnapshotError(`snapshot has ${keys} keys at a limit of ${keysMax}`);
  }
  if (header.clients > header.clientsMax || header.accounts > header.accountsMax || orders > header.openOrdersMax) {
    throw new SnapshotError('snapshot has more clients, accounts or orders than its limits allow');
  }
  // Before room is made for them: each takes a byte at least.
  if (orders + keys > reader.left()) {
    throw new SnapshotError(`snapshot ends early: it should have ${orders} orders and ${keys} keys`);
  }
  return header;
}

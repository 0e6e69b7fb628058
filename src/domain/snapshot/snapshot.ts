// The engine's state as bytes, and back. Pure; owns nothing. The form is canonical: everything stands in an order that
// follows from the state, so that equal states give equal bytes whatever their memory looks like.
// Must never leave out what decides the future, nor let in what does not (row numbers, free lists, table sizes), nor
// store what follows from the rest (totals of levels, open quantities, holds, currencies).
//
// Little endian, version 3:
//   header       (header-format.ts)
//   instruments  (instrument-format.ts) by index
//   clients      each a byte for the length, then the bytes; by number
//   accounts     (account-format.ts) by client, then instrument
//   balances     (account-format.ts) by client, then currency
//   orders       (live-orders.ts, order-format.ts) by instrument, in the order in which they trade
//   keys         (key-format.ts) oldest first
//   zeros        up to a multiple of 8
//   checksum     16 hex digits of stateHash over all bytes before, as ASCII: the state's digest

import { Fault } from '../../assert.ts';
import { CLIENT_ID_BYTES_MAX } from '../command.ts';
import { EngineState } from '../engine-state.ts';
import { FIXED_HASH_SECRET, type HashSecret } from '../idempotency/half-sip-hash.ts';
import { INSTRUMENTS_MAX } from '../instrument.ts';
import {
  ACCOUNT_BYTES,
  BALANCE_BYTES,
  readAccounts,
  readBalances,
  writeAccounts,
  writeBalances,
} from './account-format.ts';
import { ByteReader, ByteWriter, SnapshotError } from './byte-stream.ts';
import { HEADER_BYTES, Header, readHeader, writeHeader } from './header-format.ts';
import { INSTRUMENT_BYTES, readInstruments, writeInstruments } from './instrument-format.ts';
import { KEY_BYTES_MAX, readKeys, writeKeys } from './key-format.ts';
import { readLiveOrders, writeLiveOrders } from './live-orders.ts';
import { ORDER_BYTES_MAX } from './order-format.ts';
import { stateHash } from './state-hash.ts';

export { SnapshotError } from './byte-stream.ts';

const CHECKSUM_BYTES = 16;

/** The state's canonical bytes. Allocates them; cost grows with the state. */
export function writeSnapshot(state: EngineState): Uint8Array {
  const writer = new ByteWriter(mostBytes(state));
  const header = new Header();
  header.counters.set(state.counters);
  header.keysMax = state.keys.keysMax;
  header.clientsMax = state.capacity.clientsMax;
  header.accountsMax = state.capacity.accountsMax;
  header.openOrdersMax = state.capacity.openOrdersMax;
  header.instruments = state.instruments.count;
  header.clients = state.clients.count;
  header.orders = state.live.size;
  header.keys = state.keys.size;
  writer.offset = HEADER_BYTES;
  writeInstruments(writer, state);
  writeClients(writer, state);
  header.accounts = state.accounts.count;
  header.balances = state.balances.count;
  writeAccounts(writer, state);
  writeBalances(writer, state);
  writeLiveOrders(writer, state);
  writeKeys(writer, state);
  writer.align(8);
  const end = writer.offset;
  header.length = end + CHECKSUM_BYTES;
  writeHeader(writer, header);
  writer.offset = end;
  writer.text(stateHash(writer.view, end), CHECKSUM_BYTES);
  return writer.bytes.subarray(0, header.length);
}

/** The digest that stands at the end of a snapshot. */
export function digestOfSnapshot(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(bytes.length - CHECKSUM_BYTES));
}

/**
 * The state of a snapshot; its tables hash with `hashSecret`, as no snapshot tells. Throws SnapshotError, saying what is
 * wrong, for bytes that are not a whole one of ours.
 */
export function readSnapshot(bytes: Uint8Array, hashSecret: HashSecret = FIXED_HASH_SECRET): EngineState {
  const reader = new ByteReader(bytes, bytes.length - CHECKSUM_BYTES);
  const header = readHeader(reader, bytes.length);
  const checksum = stateHash(reader.view, bytes.length - CHECKSUM_BYTES);
  if (checksum !== digestOfSnapshot(bytes)) {
    throw new SnapshotError(
      `snapshot is damaged: its checksum is ${digestOfSnapshot(bytes)}, its bytes give ${checksum}`,
    );
  }
  try {
    return readState(reader, header, hashSecret);
  } catch (error) {
    // Here only the bytes can bring a table to stop on something.
    if (error instanceof Fault) throw new SnapshotError(`snapshot cannot be: ${error.message}`);
    throw error;
  }
}

function readState(reader: ByteReader, header: Header, hashSecret: HashSecret): EngineState {
  const listed = readInstruments(reader, header.instruments);
  const state = new EngineState(
    listed.map(({ definition }) => definition),
    { ...header.options(), hashSecret },
  );
  for (const [i, { lastPriceTicks }] of listed.entries()) state.instruments.setLastPriceTicks(i, lastPriceTicks);
  state.counters.set(header.counters);
  readClients(reader, state, header.clients);
  readAccounts(reader, state, header.accounts);
  readBalances(reader, state, header.balances);
  readLiveOrders(reader, state, header.orders);
  readKeys(reader, state, header.keys);
  reader.align(8);
  if (reader.left() !== 0) throw new SnapshotError(`snapshot has ${reader.left()} bytes too many`);
  return state;
}

/** At least as long as the snapshot will be. */
function mostBytes({ clients, accounts, balances, live, keys }: EngineState): number {
  return (
    HEADER_BYTES +
    INSTRUMENTS_MAX * INSTRUMENT_BYTES +
    clients.count * (1 + CLIENT_ID_BYTES_MAX) +
    accounts.count * ACCOUNT_BYTES +
    balances.count * BALANCE_BYTES +
    live.size * ORDER_BYTES_MAX +
    keys.size * KEY_BYTES_MAX +
    8 +
    CHECKSUM_BYTES
  );
}

function writeClients(writer: ByteWriter, { clients }: EngineState): void {
  for (let client = 0; client < clients.count; client++) {
    writer.u8(clients.lengthOf(client));
    writer.offset += clients.copyTo(client, writer.bytes, writer.offset);
  }
}

function readClients(reader: ByteReader, { clients }: EngineState, count: number): void {
  for (let client = 0; client < count; client++) {
    const length = reader.u8();
    const start = reader.skip(length);
    if (length < 1 || length > CLIENT_ID_BYTES_MAX) throw new SnapshotError(`snapshot: client ${client} has a bad id`);
    if (clients.intern(reader.bytes, start, length) !== client) {
      throw new SnapshotError(`snapshot: client ${client} appears twice`);
    }
  }
}

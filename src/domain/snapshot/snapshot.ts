// The engine's state as bytes, and back. Pure; owns nothing. The form is canonical: everything stands in an order that
// follows from the state, so that equal states give equal bytes whatever their memory looks like.
// Must never leave out what decides the future, nor let in what does not (row numbers, free lists, table sizes), nor
// store what follows from the rest (totals of levels, open quantities, holds, currencies).
//
// Little endian, version 4:
//   header       (header-format.ts)
//   instruments  (instrument-format.ts) by index
//   clients      each a byte for the length, then the bytes; by number
//   accounts     (account-format.ts) by client, then instrument
//   balances     (account-format.ts) by client, then currency
//   orders       (live-orders.ts, order-format.ts) by instrument, in the order in which they trade
//   keys         (key-format.ts) oldest first
//   zeros        up to a multiple of 8
//   checksum     16 hex digits of the StateHash of all bytes before, as ASCII: the state's digest

import { Fault } from '../../assert.ts';
import { CLIENT_ID_BYTES_MAX } from '../command.ts';
import { EngineState } from '../engine-state.ts';
import { FIXED_HASH_SECRET, type HashSecret } from '../idempotency/half-sip-hash.ts';
import { readAccounts, readBalances, writeAccounts, writeBalances } from './account-format.ts';
import { ByteReader, type ByteSink, type ByteSource, ByteWriter, SnapshotError } from './byte-stream.ts';
import { Header, readHeader, writeHeader } from './header-format.ts';
import { readInstruments, writeInstruments } from './instrument-format.ts';
import { readKeys, writeKeys } from './key-format.ts';
import { readLiveOrders, writeLiveOrders } from './live-orders.ts';

export { type ByteSink, type ByteSource, SnapshotError } from './byte-stream.ts';

/** Hands the state's canonical bytes to `sink`, piece by piece, and returns the state's digest. Cost grows with the state. */
export function streamSnapshot(state: EngineState, sink: ByteSink): string {
  const writer = new ByteWriter(sink);
  writeHeader(writer, headerOf(state));
  writeInstruments(writer, state);
  writeClients(writer, state);
  writeAccounts(writer, state);
  writeBalances(writer, state);
  writeLiveOrders(writer, state);
  writeKeys(writer, state);
  return writer.end();
}

/** The same bytes at once. Allocates them. */
export function writeSnapshot(state: EngineState): Uint8Array {
  const pieces: Uint8Array[] = [];
  streamSnapshot(state, (bytes) => void pieces.push(bytes.slice()));
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/**
 * The state of a snapshot; its tables hash with `hashSecret`, as no snapshot tells. Throws SnapshotError, saying what is
 * wrong, for bytes that are not a whole one of ours, and whatever the source throws.
 */
export function readSnapshot(source: ByteSource, hashSecret: HashSecret = FIXED_HASH_SECRET): EngineState {
  const reader = new ByteReader(source);
  const header = readHeader(reader);
  try {
    return readState(reader, header, hashSecret);
  } catch (error) {
    // Here only the bytes can bring a table to stop on something.
    if (error instanceof Fault) throw new SnapshotError(`snapshot cannot be: ${error.message}`);
    throw error;
  }
}

/** Bytes that are all there. Borrows them. */
export function sourceOf(bytes: Uint8Array): ByteSource {
  let offset = 0;
  return {
    length: bytes.length,
    read: (target, from, to) => {
      target.set(bytes.subarray(offset, offset + to - from), from);
      offset += to - from;
    },
  };
}

function headerOf(state: EngineState): Header {
  const header = new Header();
  header.counters.set(state.counters);
  header.keysMax = state.keys.keysMax;
  header.clientsMax = state.capacity.clientsMax;
  header.accountsMax = state.capacity.accountsMax;
  header.openOrdersMax = state.capacity.openOrdersMax;
  header.instruments = state.instruments.count;
  header.clients = state.clients.count;
  header.accounts = state.accounts.count;
  header.balances = state.balances.count;
  header.orders = state.live.size;
  header.keys = state.keys.size;
  return header;
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
  reader.end();
  return state;
}

function writeClients(writer: ByteWriter, { clients }: EngineState): void {
  for (let client = 0; client < clients.count; client++) {
    const length = clients.lengthOf(client);
    writer.u8(length);
    clients.copyTo(client, writer.bytes, writer.take(length));
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

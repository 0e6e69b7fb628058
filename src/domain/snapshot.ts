// The engine's state as bytes, and back. Pure; owns nothing. The form is canonical: instruments, clients by number,
// orders in price-time order, keys oldest first, so that equal states give equal bytes whatever their memory looks like.
// Must never leave out what decides the future, nor let in what does not (row numbers, free lists, table sizes).
//
// Little endian, version 1:
//   header    96 bytes, offsets in Header below
//   instruments, each 36 bytes + names; clients, each length byte + bytes; zeros up to a multiple of 8
//   orders    80 bytes each (writeOrder): per instrument bids then asks, best price first, first in queue first
//   keys      120 bytes each (writeKey), then the keys' bytes one after the other; zeros up to a multiple of 8. A key
//             whose command was refused has an order of status 0 (ResultColumns)
//   checksum  16 hex digits of stateHash over all bytes before, as ASCII: the state's digest

import { assert } from '../assert.ts';
import { ByteReader, ByteWriter, SnapshotError } from './byte-stream.ts';
import { isLive, Side } from './codes.ts';
import { CLIENT_ID_BYTES_MAX, IDEMPOTENCY_KEY_BYTES_MAX } from './command.ts';
import { Counter, EngineState } from './engine-state.ts';
import { LIMB } from './exact.ts';
import type { Instrument } from './instrument.ts';
import type { OrderColumns } from './order-columns.ts';
import { stateHash } from './state-hash.ts';

export { SnapshotError } from './byte-stream.ts';

/** "RINGBKSN" as two little-endian words. */
const MAGIC_LOW = 0x474e4952;
const MAGIC_HIGH = 0x4e534b42;
const VERSION = 1;

const HEADER_BYTES = 96;
const ORDER_BYTES = 80;
const KEY_BYTES = 120;
const CHECKSUM_BYTES = 16;

/** The state's canonical bytes. Allocates them; cost grows with the state. */
export function writeSnapshot(state: EngineState): Uint8Array {
  const writer = new ByteWriter(sizeOf(state));
  writeHeader(writer, state);
  for (const instrument of state.instruments) writeInstrument(writer, instrument);
  writeClients(writer, state);
  writer.align(8);
  for (const book of state.books) {
    for (const side of [book.bids, book.asks]) side.forEachOrder((row) => writeOrder(writer, state.pool.orders, row));
  }
  writeKeys(writer, state);
  writer.align(8);
  const checksum = stateHash(writer.view, writer.offset);
  for (let i = 0; i < CHECKSUM_BYTES; i++) writer.u8(checksum.charCodeAt(i));
  assert(writer.offset === writer.bytes.length, 'snapshot: as long as computed');
  return writer.bytes;
}

/** The digest that stands at the end of a snapshot. */
export function digestOfSnapshot(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(bytes.length - CHECKSUM_BYTES));
}

/** The state of a snapshot. Throws SnapshotError, saying what is wrong, for bytes that are not a whole one of ours. */
export function readSnapshot(bytes: Uint8Array, instruments: readonly Instrument[]): EngineState {
  const reader = new ByteReader(bytes, bytes.length - CHECKSUM_BYTES);
  const header = readHeader(reader, bytes.length);
  const checksum = stateHash(reader.view, bytes.length - CHECKSUM_BYTES);
  if (checksum !== digestOfSnapshot(bytes)) {
    throw new SnapshotError(
      `snapshot is damaged: its checksum is ${digestOfSnapshot(bytes)}, its bytes give ${checksum}`,
    );
  }
  if (header.instruments !== instruments.length) {
    throw new SnapshotError(`snapshot has ${header.instruments} instruments, the configuration ${instruments.length}`);
  }
  const state = new EngineState(instruments, header.idempotencyKeysMax);
  state.counters[Counter.SEQUENCE] = header.sequence;
  state.counters[Counter.TIME_US] = header.timeUs;
  state.counters[Counter.TRADE] = header.tradeNumber;
  for (const instrument of instruments) readInstrument(reader, instrument);
  readClients(reader, state, header.clients);
  reader.align(8);
  for (let i = 0; i < header.orders; i++) readRestingOrder(reader, state);
  readKeys(reader, state, header.keys);
  reader.align(8);
  if (reader.left() !== 0) throw new SnapshotError(`snapshot has ${reader.left()} bytes too many`);
  return state;
}

function sizeOf(state: EngineState): number {
  let size = HEADER_BYTES;
  for (const instrument of state.instruments) size += 36 + namesOf(instrument).length;
  for (let client = 0; client < state.clients.count; client++) size += 1 + state.clients.lengthOf(client);
  size = roundUp(size) + state.live.size * ORDER_BYTES + state.keys.size * KEY_BYTES;
  for (let age = 0; age < state.keys.size; age++) size += state.keys.keyLengthOf(state.keys.rowAt(age));
  return roundUp(size) + CHECKSUM_BYTES;
}

function roundUp(size: number): number {
  return Math.ceil(size / 8) * 8;
}

interface Header {
  readonly instruments: number;
  readonly sequence: number;
  readonly timeUs: number;
  readonly tradeNumber: number;
  readonly idempotencyKeysMax: number;
  readonly clients: number;
  readonly orders: number;
  readonly keys: number;
}

function writeHeader(writer: ByteWriter, state: EngineState): void {
  writer.u32(MAGIC_LOW);
  writer.u32(MAGIC_HIGH);
  writer.u32(VERSION);
  writer.u32(state.instruments.length);
  writer.f64(writer.bytes.length);
  writer.f64(state.counters[Counter.SEQUENCE]);
  writer.f64(state.counters[Counter.TIME_US]);
  writer.f64(state.counters[Counter.TRADE]);
  writer.f64(state.keys.keysMax);
  writer.f64(state.clients.count);
  writer.f64(state.live.size);
  writer.f64(state.keys.size);
  writer.f64(0); // reserved
  writer.f64(0);
}

function readHeader(reader: ByteReader, totalBytes: number): Header {
  if (totalBytes < HEADER_BYTES + CHECKSUM_BYTES) {
    throw new SnapshotError(`snapshot is too short: ${totalBytes} bytes`);
  }
  if (reader.u32() !== MAGIC_LOW || reader.u32() !== MAGIC_HIGH) {
    throw new SnapshotError('not an engine snapshot: wrong magic');
  }
  const version = reader.u32();
  if (version !== VERSION) throw new SnapshotError(`snapshot version is ${version}, this engine reads ${VERSION}`);
  const instruments = reader.u32();
  const length = reader.f64();
  if (length !== totalBytes) throw new SnapshotError(`snapshot says ${length} bytes, has ${totalBytes}`);
  const header = {
    instruments,
    sequence: reader.count('sequence'),
    timeUs: reader.count('time'),
    tradeNumber: reader.count('trade number'),
    idempotencyKeysMax: reader.count('idempotency key limit'),
    clients: reader.count('number of clients'),
    orders: reader.count('number of orders'),
    keys: reader.count('number of keys'),
  };
  reader.skip(16);
  if (!Number.isInteger(Math.log2(header.idempotencyKeysMax)) || header.keys > header.idempotencyKeysMax) {
    throw new SnapshotError(`snapshot has ${header.keys} keys at a limit of ${header.idempotencyKeysMax}`);
  }
  return header;
}

/** The three names as one piece of text, each closed by a zero character. */
function namesOf(instrument: Instrument): Uint8Array {
  return new TextEncoder().encode(`${instrument.name}\0${instrument.base}\0${instrument.quote}\0`);
}

function writeInstrument(writer: ByteWriter, instrument: Instrument): void {
  const names = namesOf(instrument);
  writer.u8(instrument.priceScale);
  writer.u8(instrument.quantityScale);
  writer.u16(names.length);
  writer.f64(instrument.minPriceTicks);
  writer.f64(instrument.maxPriceTicks);
  writer.f64(instrument.minQuantityLots);
  writer.f64(instrument.maxQuantityLots);
  writer.raw(names);
}

/** Instruments are configuration: a snapshot only proves that it was made under the same one. */
function readInstrument(reader: ByteReader, instrument: Instrument): void {
  const expected = new ByteWriter(36 + namesOf(instrument).length);
  writeInstrument(expected, instrument);
  for (const byte of expected.bytes) {
    if (reader.u8() !== byte) {
      throw new SnapshotError(`snapshot was made with another definition of instrument ${instrument.name}`);
    }
  }
}

function writeClients(writer: ByteWriter, state: EngineState): void {
  for (let client = 0; client < state.clients.count; client++) {
    writer.u8(state.clients.lengthOf(client));
    writer.raw(state.clients.bytesOf(client));
  }
}

function readClients(reader: ByteReader, state: EngineState, count: number): void {
  for (let client = 0; client < count; client++) {
    const length = reader.u8();
    if (length < 1 || length > CLIENT_ID_BYTES_MAX) throw new SnapshotError(`snapshot: client ${client} has a bad id`);
    const start = reader.skip(length);
    if (state.clients.intern(reader.bytes, start, length) !== client) {
      throw new SnapshotError(`snapshot: client ${client} appears twice`);
    }
  }
}

function writeOrder(writer: ByteWriter, orders: OrderColumns, row: number): void {
  writer.f64(orders.number[row]);
  writer.f64(orders.createdUs[row]);
  writer.f64(orders.updatedUs[row]);
  writer.f64(orders.priceTicks[row]);
  writer.f64(orders.quantityLots[row]);
  writer.f64(orders.executedLots[row]);
  writer.f64(orders.notionalHigh[row]);
  writer.f64(orders.notionalLow[row]);
  writer.u32(orders.client[row]);
  writer.u16(orders.instrument[row]);
  writer.u16(orders.reason[row]);
  writer.u8(orders.side[row]);
  writer.u8(orders.orderType[row]);
  writer.u8(orders.timeInForce[row]);
  writer.u8(orders.flags[row]);
  writer.u8(orders.status[row]);
  writer.u8(0);
  writer.u16(0);
}

function readOrder(reader: ByteReader, orders: OrderColumns, row: number): void {
  orders.number[row] = reader.count('order number');
  orders.createdUs[row] = reader.count('order creation time');
  orders.updatedUs[row] = reader.count('order update time');
  orders.priceTicks[row] = reader.count('order price');
  orders.quantityLots[row] = reader.count('order quantity');
  orders.executedLots[row] = reader.count('executed quantity');
  orders.notionalHigh[row] = reader.count('notional');
  orders.notionalLow[row] = reader.count('notional');
  orders.client[row] = reader.u32();
  orders.instrument[row] = reader.u16();
  orders.reason[row] = reader.u16();
  orders.side[row] = reader.u8();
  orders.orderType[row] = reader.u8();
  orders.timeInForce[row] = reader.u8();
  orders.flags[row] = reader.u8();
  orders.status[row] = reader.u8();
  reader.skip(3);
  if (orders.notionalLow[row] >= LIMB) throw new SnapshotError('snapshot: a notional beyond its limb');
}

/** Orders arrive in price-time order, so that each goes to the end of its queue. */
function readRestingOrder(reader: ByteReader, state: EngineState): void {
  const orders = state.pool.orders;
  const row = state.pool.take();
  readOrder(reader, orders, row);
  const number = orders.number[row];
  const side = orders.side[row];
  const rests =
    number >= 1 &&
    number <= state.counters[Counter.SEQUENCE] &&
    isLive(orders.status[row]) &&
    (side === Side.BUY || side === Side.SELL) &&
    orders.priceTicks[row] >= 1 &&
    orders.executedLots[row] < orders.quantityLots[row] &&
    orders.client[row] < state.clients.count &&
    orders.instrument[row] < state.instruments.length;
  if (!rests || state.live.get(number) >= 0) throw new SnapshotError(`snapshot: order ${number} cannot rest`);
  const book = state.books[orders.instrument[row]];
  book.side(side).append(row, orders.quantityLots[row] - orders.executedLots[row]);
  state.live.add(number, row);
}

function writeKeys(writer: ByteWriter, state: EngineState): void {
  const keys = state.keys;
  const key = new Uint8Array(IDEMPOTENCY_KEY_BYTES_MAX);
  for (let age = 0; age < keys.size; age++) writeKey(writer, state, keys.rowAt(age));
  for (let age = 0; age < keys.size; age++) {
    const length = keys.copyKeyTo(keys.rowAt(age), key, 0);
    for (let i = 0; i < length; i++) writer.u8(key[i]);
  }
}

function writeKey(writer: ByteWriter, state: EngineState, row: number): void {
  const results = state.keys.results;
  writeOrder(writer, results, row);
  writer.f64(results.sequence[row]);
  writer.f64(results.firstTrade[row]);
  writer.f64(results.askedPriceTicks[row]);
  writer.f64(results.askedQuantityLots[row]);
  writer.u32(results.tradeCount[row]);
  writer.u8(results.commandType[row]);
  writer.u8(state.keys.keyLengthOf(row));
  writer.u16(0);
}

function readKeys(reader: ByteReader, state: EngineState, count: number): void {
  const bytes = reader.bytes;
  const columns = reader.skip(count * KEY_BYTES);
  const column = new ByteReader(bytes, columns + count * KEY_BYTES, columns);
  for (let i = 0; i < count; i++) {
    const start = column.offset;
    const client = column.view.getUint32(start + 64, true);
    const length = bytes[start + KEY_BYTES - 3];
    if (client >= state.clients.count || length < 1 || length > IDEMPOTENCY_KEY_BYTES_MAX) {
      throw new SnapshotError(`snapshot: key ${i} has no client or no length`);
    }
    const key = reader.skip(length);
    if (state.keys.find(client, bytes, key, length) >= 0) throw new SnapshotError(`snapshot: key ${i} appears twice`);
    readKey(column, state, state.keys.add(client, bytes, key, length));
  }
}

function readKey(reader: ByteReader, state: EngineState, row: number): void {
  const results = state.keys.results;
  readOrder(reader, results, row);
  results.sequence[row] = reader.count('sequence of a key');
  results.firstTrade[row] = reader.count('first trade of a key');
  results.askedPriceTicks[row] = reader.count('price of a key');
  results.askedQuantityLots[row] = reader.count('quantity of a key');
  results.tradeCount[row] = reader.u32();
  results.commandType[row] = reader.u8();
  reader.skip(3);
}

// The command record: the same bytes in a command ring's slot and in a journal frame. Layout: WIRE.md, "Command record".
// Gateways encode, the matching agent, the follower and recovery decode. Allocates: nothing.

import { assert } from '../assert.ts';
import type { CommandType, OrderType, Side, TimeInForce } from '../domain/codes.ts';
import { CLIENT_ID_BYTES_MAX, type Command, IDEMPOTENCY_KEY_BYTES_MAX } from '../domain/command.ts';

const LENGTH = 0;
const TYPE = 2;
const GATEWAY = 4;
const INSTRUMENT = 6;
const REQUEST_ID = 8;
const SIDE = 12;
const ORDER_TYPE = 13;
const TIME_IN_FORCE = 14;
const FLAGS = 15;
const RECEIVED_US = 16;
const PRICE_TICKS = 24;
const QUANTITY_LOTS = 32;
const TARGET_ORDER = 40;
const CLIENT_LENGTH = 48;
const KEY_LENGTH = 49;
const RESERVED = 50;
export const COMMAND_FIXED_BYTES = 56;

/** A slot holds the longest record: both texts at their longest. */
export const COMMAND_SLOT_BYTES = 192;
assert(
  COMMAND_FIXED_BYTES + CLIENT_ID_BYTES_MAX + IDEMPOTENCY_KEY_BYTES_MAX <= COMMAND_SLOT_BYTES,
  'the longest command record fits a slot',
);

/** Who sent a command and when: transport facts that ride along in the record and never reach the engine. */
export interface CommandOrigin {
  gateway: number;
  requestId: number;
  /** Receipt stamp by Clock.monotonicUs(), the machine's stopwatch: monotonic, diagnostic only. */
  receivedUs: number;
}

/**
 * Writes `command` at `offset`; `bytes` and `view` lie over the same buffer. Client id and key are copied.
 * Returns the record's length in bytes, a multiple of 8.
 */
export function encodeCommand(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  command: Command,
  origin: CommandOrigin,
): number {
  const { clientLength, keyLength } = command;
  assert(clientLength <= CLIENT_ID_BYTES_MAX && keyLength <= IDEMPOTENCY_KEY_BYTES_MAX, 'texts fit the record');
  const length = (COMMAND_FIXED_BYTES + clientLength + keyLength + 7) & ~7;
  view.setFloat64(offset + length - 8, 0, true);
  view.setUint16(offset + LENGTH, length, true);
  view.setUint16(offset + TYPE, command.type, true);
  view.setUint16(offset + GATEWAY, origin.gateway, true);
  view.setUint16(offset + INSTRUMENT, command.instrument, true);
  view.setUint32(offset + REQUEST_ID, origin.requestId, true);
  bytes[offset + SIDE] = command.side;
  bytes[offset + ORDER_TYPE] = command.orderType;
  bytes[offset + TIME_IN_FORCE] = command.timeInForce;
  bytes[offset + FLAGS] = command.flags;
  view.setFloat64(offset + RECEIVED_US, origin.receivedUs, true);
  view.setFloat64(offset + PRICE_TICKS, command.priceTicks, true);
  view.setFloat64(offset + QUANTITY_LOTS, command.quantityLots, true);
  view.setFloat64(offset + TARGET_ORDER, command.targetOrder, true);
  bytes[offset + CLIENT_LENGTH] = clientLength;
  bytes[offset + KEY_LENGTH] = keyLength;
  view.setUint16(offset + RESERVED, 0, true);
  view.setUint32(offset + RESERVED + 2, 0, true);
  copyText(command.bytes, command.clientOffset, bytes, offset + COMMAND_FIXED_BYTES, clientLength);
  copyText(command.bytes, command.keyOffset, bytes, offset + COMMAND_FIXED_BYTES + clientLength, keyLength);
  return length;
}

function copyText(source: Uint8Array, from: number, target: Uint8Array, to: number, length: number): void {
  for (let i = 0; i < length; i++) target[to + i] = source[from + i];
}

/** Length in bytes of the record at `offset`. Allocates: nothing. */
export function commandLength(view: DataView, offset: number): number {
  return view.getUint16(offset + LENGTH, true);
}

/** Fills `command` from the record at `offset`; its texts borrow `bytes`. Returns the record's length. */
export function decodeCommand(bytes: Uint8Array, view: DataView, offset: number, command: Command): number {
  const length = view.getUint16(offset + LENGTH, true);
  const clientLength = bytes[offset + CLIENT_LENGTH];
  const keyLength = bytes[offset + KEY_LENGTH];
  assert(length === ((COMMAND_FIXED_BYTES + clientLength + keyLength + 7) & ~7), 'command record length agrees');
  // The engine checks each code's range; a record only reaches here with a valid checksum or from our own ring.
  command.type = view.getUint16(offset + TYPE, true) as CommandType;
  command.instrument = view.getUint16(offset + INSTRUMENT, true);
  command.side = bytes[offset + SIDE] as Side;
  command.orderType = bytes[offset + ORDER_TYPE] as OrderType;
  command.timeInForce = bytes[offset + TIME_IN_FORCE] as TimeInForce;
  command.flags = bytes[offset + FLAGS];
  command.priceTicks = view.getFloat64(offset + PRICE_TICKS, true);
  command.quantityLots = view.getFloat64(offset + QUANTITY_LOTS, true);
  command.targetOrder = view.getFloat64(offset + TARGET_ORDER, true);
  command.bytes = bytes;
  command.clientOffset = offset + COMMAND_FIXED_BYTES;
  command.clientLength = clientLength;
  command.keyOffset = offset + COMMAND_FIXED_BYTES + clientLength;
  command.keyLength = keyLength;
  return length;
}

/** Fills `origin` from the record at `offset`. */
export function decodeOrigin(view: DataView, offset: number, origin: CommandOrigin): void {
  origin.gateway = view.getUint16(offset + GATEWAY, true);
  origin.requestId = view.getUint32(offset + REQUEST_ID, true);
  origin.receivedUs = view.getFloat64(offset + RECEIVED_US, true);
}

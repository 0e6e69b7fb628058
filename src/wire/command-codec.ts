// The command record: the same bytes in a command ring's slot and in a journal frame. Layout: WIRE.md, "Command record".
// Gateways encode, the matching agent, the follower and recovery decode. Allocates: nothing (but an instrument's names).

import { assert } from '../assert.ts';
import { CommandType, type OrderType, type SelfTrade, type Side, type TimeInForce } from '../domain/codes.ts';
import { CLIENT_ID_BYTES_MAX, type Command, IDEMPOTENCY_KEY_BYTES_MAX } from '../domain/command.ts';
import { DEFINITION_BYTES, decodeDefinition, encodeDefinition } from './instrument-codec.ts';

export const COMMAND_LENGTH = 0;
export const COMMAND_TYPE = 2;
export const COMMAND_GATEWAY = 4;
const COMMAND_INSTRUMENT = 6;
export const COMMAND_REQUEST_ID = 8;
const COMMAND_SIDE = 12;
const COMMAND_ORDER_TYPE = 13;
const COMMAND_TIME_IN_FORCE = 14;
const COMMAND_FLAGS = 15;
export const COMMAND_RECEIVED_US = 16;
const COMMAND_PRICE_TICKS = 24;
const COMMAND_QUANTITY_LOTS = 32;
const COMMAND_TARGET_ORDER = 40;
export const COMMAND_CLIENT_LENGTH = 48;
export const COMMAND_KEY_LENGTH = 49;
const COMMAND_SELF_TRADE = 50;
export const COMMAND_EXTENSION_WORDS = 51;
export const COMMAND_VALUE = 52;
export const COMMAND_FIXED_BYTES = 56;

/** The extension of an order that has one of its fields, and of client limits. */
const FIVE_WORDS = 40;
const ADJUSTMENT_BYTES = 24;

/**
 * A slot holds every order and every limit or balance with both texts at their longest. A definition has room for 96
 * bytes of text, and needs none: sent twice it says the same.
 */
export const COMMAND_SLOT_BYTES = 256;
const TEXT_BYTES_MAX = CLIENT_ID_BYTES_MAX + IDEMPOTENCY_KEY_BYTES_MAX;
assert(COMMAND_FIXED_BYTES + FIVE_WORDS + TEXT_BYTES_MAX <= COMMAND_SLOT_BYTES, 'the longest order record fits a slot');
assert(COMMAND_FIXED_BYTES + DEFINITION_BYTES <= COMMAND_SLOT_BYTES, 'a definition fits a slot');

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
  const extensionBytes = extensionBytesOf(command);
  const texts = COMMAND_FIXED_BYTES + extensionBytes;
  const length = (texts + clientLength + keyLength + 7) & ~7;
  assert(length <= COMMAND_SLOT_BYTES, 'the record fits a slot');
  view.setFloat64(offset + length - 8, 0, true);
  view.setUint16(offset + COMMAND_LENGTH, length, true);
  view.setUint16(offset + COMMAND_TYPE, command.type, true);
  view.setUint16(offset + COMMAND_GATEWAY, origin.gateway, true);
  view.setUint16(offset + COMMAND_INSTRUMENT, command.instrument, true);
  view.setUint32(offset + COMMAND_REQUEST_ID, origin.requestId, true);
  bytes[offset + COMMAND_SIDE] = command.side;
  bytes[offset + COMMAND_ORDER_TYPE] = command.orderType;
  bytes[offset + COMMAND_TIME_IN_FORCE] = command.timeInForce;
  bytes[offset + COMMAND_FLAGS] = command.flags;
  view.setFloat64(offset + COMMAND_RECEIVED_US, origin.receivedUs, true);
  view.setFloat64(offset + COMMAND_PRICE_TICKS, command.priceTicks, true);
  view.setFloat64(offset + COMMAND_QUANTITY_LOTS, command.quantityLots, true);
  view.setFloat64(offset + COMMAND_TARGET_ORDER, command.targetOrder, true);
  bytes[offset + COMMAND_CLIENT_LENGTH] = clientLength;
  bytes[offset + COMMAND_KEY_LENGTH] = keyLength;
  bytes[offset + COMMAND_SELF_TRADE] = placesOrder(command.type) ? command.selfTrade : 0;
  bytes[offset + COMMAND_EXTENSION_WORDS] = extensionBytes / 8;
  view.setUint32(offset + COMMAND_VALUE, hasValue(command.type) ? command.value : 0, true);
  if (extensionBytes > 0) encodeExtension(bytes, view, offset + COMMAND_FIXED_BYTES, command);
  copyText(command.bytes, command.clientOffset, bytes, offset + texts, clientLength);
  copyText(command.bytes, command.keyOffset, bytes, offset + texts + clientLength, keyLength);
  return length;
}

function placesOrder(type: CommandType): boolean {
  return type === CommandType.NEW_ORDER || type === CommandType.REPLACE_ORDER;
}

function hasValue(type: CommandType): boolean {
  return (
    type === CommandType.SET_INSTRUMENT_STATUS ||
    type === CommandType.SET_KILL_SWITCH ||
    type === CommandType.SET_RISK_MODE
  );
}

/** An order without rare fields has no extension, and so the bytes it had before there were extensions. */
function extensionBytesOf(command: Command): number {
  switch (command.type) {
    case CommandType.NEW_ORDER:
    case CommandType.REPLACE_ORDER:
      return hasRareField(command) ? FIVE_WORDS : 0;
    case CommandType.SET_CLIENT_LIMITS:
      return FIVE_WORDS;
    case CommandType.ADJUST_BALANCE:
      return ADJUSTMENT_BYTES;
    case CommandType.DEFINE_INSTRUMENT:
      return DEFINITION_BYTES;
    default:
      return 0;
  }
}

function hasRareField(command: Command): boolean {
  return (
    command.stopPriceTicks !== 0 ||
    command.displayLots !== 0 ||
    command.expiresUs !== 0 ||
    command.amountHigh !== 0 ||
    command.amountLow !== 0
  );
}

function encodeExtension(bytes: Uint8Array, view: DataView, at: number, command: Command): void {
  switch (command.type) {
    case CommandType.SET_CLIENT_LIMITS:
      view.setFloat64(at, command.maxOpenOrders, true);
      view.setFloat64(at + 8, command.maxOrderLots, true);
      view.setFloat64(at + 16, command.maxOrderNotionalHigh, true);
      view.setFloat64(at + 24, command.maxOrderNotionalLow, true);
      view.setFloat64(at + 32, command.maxPositionLots, true);
      break;
    case CommandType.ADJUST_BALANCE:
      view.setFloat64(at, command.amountHigh, true);
      view.setFloat64(at + 8, command.amountLow, true);
      view.setFloat64(at + 16, command.currency, true);
      break;
    case CommandType.DEFINE_INSTRUMENT:
      encodeDefinition(bytes, view, at, command.definition);
      break;
    default:
      view.setFloat64(at, command.stopPriceTicks, true);
      view.setFloat64(at + 8, command.displayLots, true);
      view.setFloat64(at + 16, command.expiresUs, true);
      view.setFloat64(at + 24, command.amountHigh, true);
      view.setFloat64(at + 32, command.amountLow, true);
  }
}

function copyText(source: Uint8Array, from: number, target: Uint8Array, to: number, length: number): void {
  for (let i = 0; i < length; i++) target[to + i] = source[from + i];
}

/** Length in bytes of the record at `offset`. Allocates: nothing. */
export function commandLength(view: DataView, offset: number): number {
  return view.getUint16(offset + COMMAND_LENGTH, true);
}

/** Number of the order that the record at `offset` names, 0 when it names none. Allocates: nothing. */
export function commandTarget(view: DataView, offset: number): number {
  return view.getFloat64(offset + COMMAND_TARGET_ORDER, true);
}

/** Fills every field that the command's type uses; its texts borrow `bytes`. Returns the record's length. */
export function decodeCommand(bytes: Uint8Array, view: DataView, offset: number, command: Command): number {
  const length = view.getUint16(offset + COMMAND_LENGTH, true);
  const clientLength = bytes[offset + COMMAND_CLIENT_LENGTH];
  const keyLength = bytes[offset + COMMAND_KEY_LENGTH];
  const extensionBytes = bytes[offset + COMMAND_EXTENSION_WORDS] * 8;
  const texts = COMMAND_FIXED_BYTES + extensionBytes;
  assert(length === ((texts + clientLength + keyLength + 7) & ~7), 'command record length agrees');
  // The engine checks each code's range; a record only reaches here with a valid checksum or from our own ring.
  command.type = view.getUint16(offset + COMMAND_TYPE, true) as CommandType;
  command.instrument = view.getUint16(offset + COMMAND_INSTRUMENT, true);
  command.side = bytes[offset + COMMAND_SIDE] as Side;
  command.orderType = bytes[offset + COMMAND_ORDER_TYPE] as OrderType;
  command.timeInForce = bytes[offset + COMMAND_TIME_IN_FORCE] as TimeInForce;
  command.flags = bytes[offset + COMMAND_FLAGS];
  command.selfTrade = bytes[offset + COMMAND_SELF_TRADE] as SelfTrade;
  command.value = view.getUint32(offset + COMMAND_VALUE, true);
  command.priceTicks = view.getFloat64(offset + COMMAND_PRICE_TICKS, true);
  command.quantityLots = view.getFloat64(offset + COMMAND_QUANTITY_LOTS, true);
  command.targetOrder = view.getFloat64(offset + COMMAND_TARGET_ORDER, true);
  command.bytes = bytes;
  command.clientOffset = offset + texts;
  command.clientLength = clientLength;
  command.keyOffset = offset + texts + clientLength;
  command.keyLength = keyLength;
  decodeExtension(bytes, view, offset + COMMAND_FIXED_BYTES, extensionBytes, command);
  return length;
}

function decodeExtension(bytes: Uint8Array, view: DataView, at: number, lengthBytes: number, command: Command): void {
  switch (command.type) {
    case CommandType.NEW_ORDER:
    case CommandType.REPLACE_ORDER:
      decodeRareFields(view, at, lengthBytes, command);
      break;
    case CommandType.SET_CLIENT_LIMITS:
      assert(lengthBytes === FIVE_WORDS, 'client limits have their extension');
      command.maxOpenOrders = view.getFloat64(at, true);
      command.maxOrderLots = view.getFloat64(at + 8, true);
      command.maxOrderNotionalHigh = view.getFloat64(at + 16, true);
      command.maxOrderNotionalLow = view.getFloat64(at + 24, true);
      command.maxPositionLots = view.getFloat64(at + 32, true);
      break;
    case CommandType.ADJUST_BALANCE:
      assert(lengthBytes === ADJUSTMENT_BYTES, 'a balance adjustment has its extension');
      command.amountHigh = view.getFloat64(at, true);
      command.amountLow = view.getFloat64(at + 8, true);
      command.currency = view.getFloat64(at + 16, true);
      break;
    case CommandType.DEFINE_INSTRUMENT:
      assert(lengthBytes === DEFINITION_BYTES, 'a definition has its extension');
      decodeDefinition(bytes, view, at, command.definition);
      break;
    default:
      assert(lengthBytes === 0, 'this command has no extension');
  }
}

function decodeRareFields(view: DataView, at: number, lengthBytes: number, command: Command): void {
  assert(lengthBytes === 0 || lengthBytes === FIVE_WORDS, 'an order has its extension or none');
  const has = lengthBytes > 0;
  command.stopPriceTicks = has ? view.getFloat64(at, true) : 0;
  command.displayLots = has ? view.getFloat64(at + 8, true) : 0;
  command.expiresUs = has ? view.getFloat64(at + 16, true) : 0;
  command.amountHigh = has ? view.getFloat64(at + 24, true) : 0;
  command.amountLow = has ? view.getFloat64(at + 32, true) : 0;
}

/** Fills `origin` from the record at `offset`. */
export function decodeOrigin(view: DataView, offset: number, origin: CommandOrigin): void {
  origin.gateway = view.getUint16(offset + COMMAND_GATEWAY, true);
  origin.requestId = view.getUint32(offset + COMMAND_REQUEST_ID, true);
  origin.receivedUs = view.getFloat64(offset + COMMAND_RECEIVED_US, true);
}

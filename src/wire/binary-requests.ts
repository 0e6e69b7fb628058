// Requests of binary frames, as the client writes them. Any thread and the browser: nothing of Node. The server's half, which
// checks them, is binary-orders.ts. Allocates: the frame.

import { highLimb, lowLimb } from '../domain/clearing/exact.ts';
import { ALL_INSTRUMENTS, BOTH_SIDES, CommandType, OrderType, Side, TimeInForce } from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import { FLAG_TIMES, MessageType, writeMessageHead } from './binary-frame.ts';
import { COMMAND_SLOT_BYTES, encodeCommand } from './command-codec.ts';

const REQUEST_ID = 8;
const RECORD = 16;
const STATUS_BYTES = 24;
/** Gateways fill in these. */
const NO_ORIGIN = { gateway: 0, requestId: 0, receivedUs: 0 };
const encoder = new TextEncoder();

/** A buffer of this length behind `at` holds any command message. */
export const COMMAND_MESSAGE_BYTES_MAX = RECORD + COMMAND_SLOT_BYTES;

/**
 * A command by its numbers: prices in ticks, quantities in lots, instruments numbered from 0 in the order of their definition. What is left out
 * is 0, or what WIRE.md has for commands that do not use it; of a mass cancel all instruments and both sides.
 */
export interface BinaryRequest {
  /** CommandType, 1 to 5. */
  readonly type: CommandType;
  readonly clientId?: string;
  readonly idempotencyKey?: string;
  /** Of an amend and a replacement: the order's. Of a cancel: left out. */
  readonly instrument?: number;
  readonly side?: Side;
  readonly orderType?: OrderType;
  readonly timeInForce?: TimeInForce;
  /** SelfTrade. */
  readonly selfTrade?: Command['selfTrade'];
  /** Bits of OrderFlag: STOP with a stop price, QUOTE_AMOUNT with an amount, SLIPPAGE when `priceTicks` is a distance. */
  readonly flags?: number;
  readonly priceTicks?: number;
  readonly quantityLots?: number;
  /** Cancel, amend, replace: the order's number. */
  readonly targetOrder?: number;
  readonly stopPriceTicks?: number;
  readonly displayLots?: number;
  /** Microseconds since the epoch. */
  readonly expiresUs?: number;
  /** Ticks x lots, below 2^100. */
  readonly quoteAmount?: bigint;
}

/** The frame of one command. `requestId` is 1 to 2^32 - 1. With `times` its reply carries the times of its way. */
export function encodeCommandFrame(requestId: number, request: BinaryRequest, times = false): Uint8Array {
  const bytes = new Uint8Array(COMMAND_MESSAGE_BYTES_MAX);
  const view = new DataView(bytes.buffer);
  return bytes.slice(0, writeCommandMessage(bytes, view, 0, requestId, commandOf(request), times));
}

/** The frame that asks for the order of that number. */
export function encodeStatusFrame(requestId: number, orderNumber: number): Uint8Array {
  const bytes = new Uint8Array(STATUS_BYTES);
  const view = new DataView(bytes.buffer);
  writeMessageHead(view, 0, MessageType.STATUS, 0, STATUS_BYTES);
  view.setUint32(REQUEST_ID, requestId, true);
  view.setFloat64(RECORD, orderNumber, true);
  return bytes;
}

/** Writes a command message at `at`; returns its length. Several one behind the other are one frame. Allocates: nothing. */
export function writeCommandMessage(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  requestId: number,
  command: Command,
  times: boolean,
): number {
  const length = RECORD + encodeCommand(bytes, view, at + RECORD, command, NO_ORIGIN);
  writeMessageHead(view, at, MessageType.COMMAND, times ? FLAG_TIMES : 0, length);
  view.setUint32(at + REQUEST_ID, requestId, true);
  view.setUint32(at + REQUEST_ID + 4, 0, true);
  return length;
}

function commandOf(request: BinaryRequest): Command {
  const command = new Command();
  const isMassCancel = request.type === CommandType.MASS_CANCEL;
  const quoteAmount = request.quoteAmount ?? 0n;
  command.type = request.type;
  command.instrument = request.instrument ?? (isMassCancel ? ALL_INSTRUMENTS : 0);
  command.side = request.side ?? (isMassCancel ? BOTH_SIDES : Side.BUY);
  command.orderType = request.orderType ?? OrderType.LIMIT;
  command.timeInForce = request.timeInForce ?? TimeInForce.GTC;
  command.selfTrade = request.selfTrade ?? 0;
  command.flags = request.flags ?? 0;
  command.priceTicks = request.priceTicks ?? 0;
  command.quantityLots = request.quantityLots ?? 0;
  command.targetOrder = request.targetOrder ?? 0;
  command.stopPriceTicks = request.stopPriceTicks ?? 0;
  command.displayLots = request.displayLots ?? 0;
  command.expiresUs = request.expiresUs ?? 0;
  command.amountHigh = highLimb(quoteAmount);
  command.amountLow = lowLimb(quoteAmount);
  setTexts(command, encoder.encode(request.clientId ?? ''), encoder.encode(request.idempotencyKey ?? ''));
  return command;
}

function setTexts(command: Command, client: Uint8Array, key: Uint8Array): void {
  command.bytes = new Uint8Array(client.length + key.length);
  command.bytes.set(client);
  command.bytes.set(key, client.length);
  command.clientOffset = 0;
  command.clientLength = client.length;
  command.keyOffset = client.length;
  command.keyLength = key.length;
}

// What the codecs guarantee of a command. Anything else is a bug before the engine, not a client's mistake: the process
// stops. Pure. Allocates: nothing.

import { assert } from '../../assert.ts';
import { LIMB } from '../clearing/exact.ts';
import {
  ALL_INSTRUMENTS,
  BOTH_SIDES,
  COMMAND_FLAGS,
  COMMAND_TYPE_MAX,
  CommandType,
  InstrumentStatus,
  OrderFlag,
  OrderType,
  RiskMode,
  SelfTrade,
  Side,
  TimeInForce,
} from '../codes.ts';
import { CLIENT_ID_BYTES_MAX, type Command, IDEMPOTENCY_KEY_BYTES_MAX } from '../command.ts';

// Local, since V8 folds constants of a module's own but not imported ones.
const BUY = Side.BUY;
const { LIMIT, MARKET } = OrderType;
const { GTC, GTT } = TimeInForce;
const { STOP, QUOTE_AMOUNT } = OrderFlag;
const { NEW_ORDER, CANCEL_ORDER, AMEND_ORDER } = CommandType;

/** Stops with a Fault unless every field that the command's type reads has a possible value. */
export function assertWellFormed(command: Command): void {
  const { type } = command;
  assert(type >= NEW_ORDER && type <= COMMAND_TYPE_MAX, 'command: a known type');
  assert(command.clientLength >= 0 && command.clientLength <= CLIENT_ID_BYTES_MAX, 'command: client id length');
  assert(command.keyLength >= 0 && command.keyLength <= IDEMPOTENCY_KEY_BYTES_MAX, 'command: key length');
  if (type > CommandType.REPLACE_ORDER) {
    assertVenueCommand(command);
    return;
  }
  if (type !== NEW_ORDER) assert(isCount(command.targetOrder), 'command: an order number');
  if (type === CANCEL_ORDER) return;
  assert(isCount(command.priceTicks), 'command: price is a whole number');
  assert(isCount(command.quantityLots), 'command: quantity is a whole number');
  if (type !== AMEND_ORDER) assertOrder(command);
}

/** Whether it would not stop. Allocates: an error when it would. */
export function isWellFormed(command: Command): boolean {
  try {
    assertWellFormed(command);
    return true;
  } catch {
    return false;
  }
}

function assertOrder(command: Command): void {
  const { side, orderType, timeInForce, selfTrade, flags } = command;
  assert(command.type !== NEW_ORDER || command.clientLength >= 1, 'command: a new order has a client');
  assert(side === BUY || side === Side.SELL, 'command: a known side');
  assert(orderType === LIMIT || orderType === MARKET, 'command: a known order type');
  assert(timeInForce >= GTC && timeInForce <= GTT, 'command: a known time in force');
  assert(selfTrade >= SelfTrade.NONE && selfTrade <= SelfTrade.CANCEL_BOTH, 'command: a known self-trade mode');
  assert((flags & ~COMMAND_FLAGS) === 0, 'command: known flags only');
  assertInstrumentIndex(command);
  assert(isCount(command.displayLots), 'command: display quantity is a whole number');
  if ((flags & STOP) !== 0) assert(isCount(command.stopPriceTicks), 'command: stop price is a whole number');
  if (timeInForce === GTT) assert(isCount(command.expiresUs), 'command: expiry is a whole number');
  if ((flags & QUOTE_AMOUNT) === 0) return;
  assert(command.amountHigh >= 0 && isPair(command.amountHigh, command.amountLow), 'command: an exact amount');
  assert(command.quantityLots === 0, 'command: a quote amount or a quantity');
}

function assertVenueCommand(command: Command): void {
  const { value } = command;
  switch (command.type) {
    case CommandType.MASS_CANCEL:
      assertInstrumentIndex(command);
      assert(command.side >= BOTH_SIDES && command.side <= Side.SELL, 'command: a known side, or both');
      break;
    case CommandType.SET_INSTRUMENT_STATUS:
      assertInstrumentIndex(command);
      assert(value >= InstrumentStatus.OPEN && value <= InstrumentStatus.DELISTED, 'command: a known status');
      break;
    case CommandType.SET_KILL_SWITCH:
      assert(value === 0 || value === 1, 'command: the switch is on or off');
      break;
    case CommandType.SET_CLIENT_LIMITS:
      assertInstrumentIndex(command);
      assertLimits(command);
      break;
    case CommandType.ADJUST_BALANCE:
      assert(command.clientLength >= 1, 'command: a balance has a client');
      assert(command.currency >= 0, 'command: a currency index');
      assert(isPair(command.amountHigh, command.amountLow), 'command: an exact amount');
      break;
    case CommandType.SET_RISK_MODE:
      assert(value === RiskMode.OFF || value === RiskMode.BALANCES, 'command: a known risk mode');
      break;
    default:
  }
}

function assertLimits(command: Command): void {
  assert(command.clientLength >= 1, 'command: limits have a client');
  assert(isCount(command.maxOpenOrders) && isCount(command.maxOrderLots), 'command: whole limits');
  assert(isCount(command.maxPositionLots), 'command: whole limits');
  const { maxOrderNotionalHigh, maxOrderNotionalLow } = command;
  assert(maxOrderNotionalHigh >= 0 && isPair(maxOrderNotionalHigh, maxOrderNotionalLow), 'command: an exact notional');
}

/** An index beyond the table is an unknown instrument; the rows of orders hold 16 bits of it. */
function assertInstrumentIndex(command: Command): void {
  assert(command.instrument >= 0 && command.instrument <= ALL_INSTRUMENTS, 'command: the instrument fits 16 bits');
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isPair(high: number, low: number): boolean {
  return Number.isSafeInteger(high) && isCount(low) && low < LIMB;
}

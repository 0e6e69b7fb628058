// What a command means to idempotency [12], as a text: two commands under one key are the same when these are. Tests and
// tools only.

import { assert } from '../../assert.ts';
import { CommandType, OrderFlag, TimeInForce } from '../codes.ts';
import { isByAmount } from './reference-clearing.ts';
import { has } from './reference-state.ts';
import type { ReferenceCommand } from './reference-types.ts';

/** A definition and an expiry are never repeated by a client, so a key on one means nothing. */
export function mayCarryKey({ type }: ReferenceCommand): boolean {
  return type !== CommandType.DEFINE_INSTRUMENT && type !== CommandType.EXPIRE_ORDERS;
}

/** The parts of a command that mean something for its type. */
export function fingerprintOf(command: ReferenceCommand): string {
  assert(mayCarryKey(command), 'fingerprint: of a command that may carry a key');
  const { type, target, price, quantity, instrument, side, value, flags } = command;
  const { maxOpenOrders, maxOrderQuantity, maxOrderNotional, maxPosition, currency, amount } = command;
  const meant = (parts: readonly unknown[]): string => `${type} ${parts.join(' ')}`;
  switch (type) {
    case CommandType.NEW_ORDER:
    case CommandType.REPLACE_ORDER: {
      const { orderType, timeInForce, selfTrade, stopPrice, display, expiresUs } = command;
      const terms = [instrument, side, orderType, timeInForce, selfTrade, flags, price, quantity, display];
      const isTimed = timeInForce === TimeInForce.GTT;
      const rare = [has(command, OrderFlag.STOP) ? stopPrice : 0, isTimed ? expiresUs : 0];
      const aim = type === CommandType.REPLACE_ORDER ? target : 0;
      return meant([...terms, ...rare, isByAmount(command) ? amount : 0, aim]);
    }
    case CommandType.CANCEL_ORDER:
      return meant([target]);
    case CommandType.AMEND_ORDER:
      return meant([target, price, quantity]);
    case CommandType.MASS_CANCEL:
      return meant([instrument, side]);
    case CommandType.SET_INSTRUMENT_STATUS:
      return meant([instrument, value]);
    case CommandType.SET_CLIENT_LIMITS:
      return meant([instrument, maxOpenOrders, maxOrderQuantity, maxOrderNotional, maxPosition]);
    case CommandType.ADJUST_BALANCE:
      return meant([currency, amount]);
    case CommandType.SET_KILL_SWITCH:
    case CommandType.SET_RISK_MODE:
      return meant([value]);
    default:
      return meant([]);
  }
}

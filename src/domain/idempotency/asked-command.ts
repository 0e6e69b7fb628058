// What a command means, as plain numbers: two commands under one key are the same when these are equal [12]. Pure; one
// object is filled again and again. Exact: every field that the command's type reads, and none that it does not.

import { assert } from '../../assert.ts';
import { CommandType, OrderFlag, TimeInForce } from '../codes.ts';
import type { Command } from '../command.ts';

/** Numbers of an asked command that every result has room for, and those that few commands use. */
export const PLAIN_NUMBERS = 3;
export const RARE_NUMBERS = 5;
const RARE_FLAGS = OrderFlag.STOP | OrderFlag.QUOTE_AMOUNT;

export class AskedCommand {
  /** Type | flags << 8 | instrument << 16, a signed 32-bit integer. */
  head = 0;
  /** Side | order type << 4 | time in force << 8 | self-trade << 12. */
  terms = 0;
  /** The plain numbers, then the rare ones; 0 where the type has none. */
  readonly numbers = new Float64Array(PLAIN_NUMBERS + RARE_NUMBERS);
  /** False when the rare numbers are all 0. */
  isRare = false;

  /** Takes what `command` means. Allocates: nothing. */
  set(command: Command): this {
    const numbers = this.numbers;
    this.head = command.type;
    this.terms = 0;
    numbers[0] = 0;
    numbers[1] = 0;
    numbers[2] = 0;
    if (this.isRare) numbers.fill(0, PLAIN_NUMBERS);
    this.isRare = false;
    switch (command.type) {
      case CommandType.NEW_ORDER:
        this.setOrder(command);
        break;
      case CommandType.REPLACE_ORDER:
        this.setOrder(command);
        numbers[2] = command.targetOrder;
        break;
      case CommandType.CANCEL_ORDER:
        numbers[2] = command.targetOrder;
        break;
      case CommandType.AMEND_ORDER:
        numbers[0] = command.priceTicks;
        numbers[1] = command.quantityLots;
        numbers[2] = command.targetOrder;
        break;
      default:
        this.setVenueCommand(command);
    }
    return this;
  }

  private setOrder(command: Command): void {
    const { numbers } = this;
    const { flags } = command;
    this.head = command.type | (flags << 8) | (command.instrument << 16);
    this.terms = command.side | (command.orderType << 4) | (command.timeInForce << 8) | (command.selfTrade << 12);
    numbers[0] = command.priceTicks;
    numbers[1] = command.quantityLots;
    const isGoodTillTime = command.timeInForce === TimeInForce.GTT;
    if ((flags & RARE_FLAGS) === 0 && command.displayLots === 0 && !isGoodTillTime) return;
    this.isRare = true;
    numbers[3] = command.displayLots;
    if ((flags & OrderFlag.STOP) !== 0) numbers[4] = command.stopPriceTicks;
    if (isGoodTillTime) numbers[5] = command.expiresUs;
    if ((flags & OrderFlag.QUOTE_AMOUNT) === 0) return;
    numbers[6] = command.amountHigh;
    numbers[7] = command.amountLow;
  }

  private setVenueCommand(command: Command): void {
    const { numbers } = this;
    switch (command.type) {
      case CommandType.MASS_CANCEL:
        this.head = command.type | (command.instrument << 16);
        this.terms = command.side;
        break;
      case CommandType.SET_INSTRUMENT_STATUS:
        this.head = command.type | (command.instrument << 16);
        numbers[0] = command.value;
        break;
      case CommandType.SET_KILL_SWITCH:
      case CommandType.SET_RISK_MODE:
        numbers[0] = command.value;
        break;
      case CommandType.SET_CLIENT_LIMITS:
        this.head = command.type | (command.instrument << 16);
        numbers[0] = command.maxOrderLots;
        numbers[1] = command.maxPositionLots;
        numbers[2] = command.maxOpenOrders;
        this.isRare = true;
        numbers[3] = command.maxOrderNotionalHigh;
        numbers[4] = command.maxOrderNotionalLow;
        break;
      case CommandType.ADJUST_BALANCE:
        numbers[0] = command.amountHigh;
        numbers[1] = command.amountLow;
        numbers[2] = command.currency;
        break;
      default:
        assert(command.type === CommandType.CLOSE_SETTLEMENT, 'asked command: the type may carry a key');
    }
  }
}

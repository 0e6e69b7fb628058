// Plain values as the fields of a command, for the in-process exchange: what no wire would carry throws a RangeError. Pure;
// one exchange owns one and fills its command again and again.

import { highLimb, lowLimb } from './clearing/exact.ts';
import { type CommandType, OrderFlag, OrderType, Side } from './codes.ts';
import { CLIENT_ID_BYTES_MAX, Command, IDEMPOTENCY_KEY_BYTES_MAX } from './command.ts';
import { SELF_TRADES, TIMES_IN_FORCE } from './plain-names.ts';
import type { ClientLimits, NewOrder, SideName } from './plain-objects.ts';

export class PlainCommand {
  readonly command = new Command();
  private readonly encoder = new TextEncoder();

  constructor() {
    // Room for the longest texts at three bytes a character: what does not fit is refused, never cut.
    this.command.bytes = new Uint8Array(CLIENT_ID_BYTES_MAX + IDEMPOTENCY_KEY_BYTES_MAX);
  }

  setOrder(type: CommandType, instrument: number, order: NewOrder): void {
    const { command } = this;
    named(order.clientId);
    command.type = type;
    command.instrument = instrument;
    command.side = sideOf(order.side);
    command.orderType = order.type === 'market' ? OrderType.MARKET : OrderType.LIMIT;
    command.timeInForce = TIMES_IN_FORCE[order.timeInForce ?? 'GTC'];
    command.selfTrade = SELF_TRADES[order.selfTrade ?? 'none'];
    command.flags = flagsOf(order);
    command.priceTicks = wholeNumber('priceTicks', order.slippageTicks ?? order.priceTicks ?? 0);
    command.quantityLots = wholeNumber('quantityLots', order.quantityLots ?? 0);
    command.displayLots = wholeNumber('displayLots', order.displayLots ?? 0);
    command.stopPriceTicks = wholeNumber('stopPriceTicks', order.stopPriceTicks ?? 0);
    command.expiresUs = wholeNumber('expiresUs', order.expiresUs ?? 0);
    const amount = order.quoteAmount ?? 0n;
    if (amount < 0n) throw new RangeError(`quoteAmount is negative: ${amount}`);
    this.setAmount('quoteAmount', amount);
    command.targetOrder = 0;
  }

  setLimits(limits: ClientLimits): void {
    const { command } = this;
    command.maxOpenOrders = wholeNumber('maxOpenOrders', limits.maxOpenOrders ?? 0);
    command.maxOrderLots = wholeNumber('maxOrderLots', limits.maxOrderLots ?? 0);
    command.maxPositionLots = wholeNumber('maxPositionLots', limits.maxPositionLots ?? 0);
    const notional = limits.maxOrderNotional ?? 0n;
    command.maxOrderNotionalHigh = highOf('maxOrderNotional', notional);
    command.maxOrderNotionalLow = lowLimb(notional);
  }

  setAmount(field: string, amount: bigint): void {
    this.command.amountHigh = highOf(field, amount);
    this.command.amountLow = lowLimb(amount);
  }

  setTexts(clientId: string, key: string): void {
    const { command } = this;
    command.clientOffset = 0;
    command.clientLength = this.encode('clientId', clientId, 0, CLIENT_ID_BYTES_MAX);
    command.keyOffset = command.clientLength;
    command.keyLength = this.encode('idempotencyKey', key, command.keyOffset, IDEMPOTENCY_KEY_BYTES_MAX);
  }

  private encode(field: string, text: string, offset: number, lengthMax: number): number {
    const target = this.command.bytes.subarray(offset, offset + lengthMax);
    const { read, written } = this.encoder.encodeInto(text, target);
    if (read !== text.length) throw new RangeError(`${field} is longer than ${lengthMax} bytes`);
    return written;
  }
}

export function sideOf(name: SideName): Side {
  return name === 'buy' ? Side.BUY : Side.SELL;
}

/** For commands that must name a client. */
export function named(clientId: string): string {
  if (clientId === '') throw new RangeError('clientId is empty');
  return clientId;
}

export function wholeNumber(field: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${field} is not a whole number: ${value}`);
  return value;
}

function flagsOf(order: NewOrder): number {
  return (
    (order.postOnly === true ? OrderFlag.POST_ONLY : 0) |
    (order.stopPriceTicks === undefined ? 0 : OrderFlag.STOP) |
    (order.quoteAmount === undefined ? 0 : OrderFlag.QUOTE_AMOUNT) |
    (order.slippageTicks === undefined ? 0 : OrderFlag.SLIPPAGE)
  );
}

/** The high limb of an amount that has one. */
function highOf(field: string, amount: bigint): number {
  const high = highLimb(amount);
  if (!Number.isSafeInteger(high)) throw new RangeError(`${field} is beyond 2^101: ${amount}`);
  return high;
}

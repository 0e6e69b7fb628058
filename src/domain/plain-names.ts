// Names for the numbers of codes.ts, both ways, for the in-process exchange. Pure constants.

import { assert } from '../assert.ts';
import { InstrumentStatus, OrderStatus, SelfTrade, TimeInForce } from './codes.ts';
import { OrderChange } from './listener.ts';
import type {
  InstrumentStatusName,
  OrderChangeName,
  OrderStatusName,
  SelfTradeName,
  TimeInForceName,
} from './plain-objects.ts';

export const TIMES_IN_FORCE: Readonly<Record<TimeInForceName, TimeInForce>> = {
  GTC: TimeInForce.GTC,
  IOC: TimeInForce.IOC,
  FOK: TimeInForce.FOK,
  GTT: TimeInForce.GTT,
};

export const SELF_TRADES: Readonly<Record<SelfTradeName, SelfTrade>> = {
  none: SelfTrade.NONE,
  dc: SelfTrade.DECREMENT,
  co: SelfTrade.CANCEL_OLDEST,
  cn: SelfTrade.CANCEL_NEWEST,
  cb: SelfTrade.CANCEL_BOTH,
};

export const INSTRUMENT_STATUSES: Readonly<Record<InstrumentStatusName, InstrumentStatus>> = {
  open: InstrumentStatus.OPEN,
  post_only: InstrumentStatus.POST_ONLY,
  cancel_only: InstrumentStatus.CANCEL_ONLY,
  halted: InstrumentStatus.HALTED,
  delisted: InstrumentStatus.DELISTED,
};

const ORDER_STATUSES: Readonly<Record<OrderStatusName, OrderStatus>> = {
  open: OrderStatus.OPEN,
  partially_filled: OrderStatus.PARTIALLY_FILLED,
  filled: OrderStatus.FILLED,
  cancelled: OrderStatus.CANCELLED,
  rejected: OrderStatus.REJECTED,
  expired: OrderStatus.EXPIRED,
};

const ORDER_CHANGES: Readonly<Record<OrderChangeName, OrderChange>> = {
  rested: OrderChange.RESTED,
  done: OrderChange.DONE,
  rejected: OrderChange.REJECTED,
  filled: OrderChange.FILLED,
  cancelled: OrderChange.CANCELLED,
  amended: OrderChange.AMENDED,
  lifted: OrderChange.LIFTED,
  stop_accepted: OrderChange.STOP_ACCEPTED,
  triggered: OrderChange.TRIGGERED,
  replenished: OrderChange.REPLENISHED,
  prevented: OrderChange.PREVENTED,
};

export const TIME_IN_FORCE_NAMES = byNumber(TIMES_IN_FORCE);
export const SELF_TRADE_NAMES = byNumber(SELF_TRADES);
export const ORDER_STATUS_NAMES = byNumber(ORDER_STATUSES);
export const ORDER_CHANGE_NAMES = byNumber(ORDER_CHANGES);

function byNumber<Name extends string>(numbers: Readonly<Record<Name, number>>): (number: number) => Name {
  const names = new Map<number, Name>();
  for (const name in numbers) names.set(numbers[name], name);
  return (number) => {
    const name = names.get(number);
    assert(name !== undefined, 'names: every number has one');
    return name;
  };
}

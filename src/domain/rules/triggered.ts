// What is asked of a stop's price once it is triggered, since it could not be asked when the stop arrived [14]. Pure.

import { OrderType, type Side, type TimeInForce } from '../codes.ts';
import { Reason } from '../reasons.ts';
import type { Desk } from './desk.ts';
import { mayRest } from './terms.ts';

/** Why a triggered stop does not come in, NONE when it may. The desk has turned to its instrument. */
export function objectionToTriggered(
  desk: Desk,
  side: Side,
  orderType: OrderType,
  timeInForce: TimeInForce,
  priceTicks: number,
  lots: number,
): Reason {
  if (orderType !== OrderType.LIMIT) return Reason.NONE;
  if (!desk.band.holds(priceTicks)) return Reason.PRICE_BAND;
  if (!mayRest(orderType, timeInForce)) return Reason.NONE;
  return desk.book.side(side).hasRoom(priceTicks, lots) ? Reason.NONE : Reason.QUANTITY_OUT_OF_BOUNDS;
}

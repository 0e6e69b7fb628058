// What a load asks of a server and what it is told, whichever way both are said. A tool's process; types, and how a request becomes
// numbers.

import { parseDecimal } from '../../wire/decimal.ts';
import { ReplyError } from '../replay-requests.ts';
import type { Action, FlowOrder } from './flow.ts';

/** Of BTC-USD: cents and 1e-8. */
export const PRICE_SCALE = 2;
export const QUANTITY_SCALE = 8;

/** An order that the server has acknowledged, as the last answer about it left it. */
export interface Placed {
  /** Its public id; over binary frames its number is all there is. */
  readonly id: string;
  readonly number: number;
  readonly order: FlowOrder;
  /** 0: a market order. */
  priceTicks: number;
  quantityLots: number;
  filledLots: number;
  status: OrderStatusName;
  /** A cancel was sent and its outcome is unknown: it may be cancelled. */
  cancelUnknown: boolean;
  /** An amend was sent and its outcome is unknown: it may have any terms. */
  amendUnknown: boolean;
  /** A cancel or amend came too late: it is closed, whatever `status` says. */
  closed: boolean;
}

type FlowChanges = Extract<Action, { kind: 'amend' }>['changes'];

export type LoadRequest =
  | { readonly kind: 'place'; readonly key: string; readonly order: FlowOrder }
  | { readonly kind: 'cancel'; readonly placed: Placed }
  | { readonly kind: 'amend'; readonly placed: Placed; readonly changes: FlowChanges }
  | { readonly kind: 'status'; readonly placed: Placed };

export type OrderStatusName = 'open' | 'partially_filled' | 'filled' | 'cancelled' | 'rejected' | 'expired';

const STATUSES: Readonly<Record<OrderStatusName, { readonly live: boolean }>> = {
  open: { live: true },
  partially_filled: { live: true },
  filled: { live: false },
  cancelled: { live: false },
  rejected: { live: false },
  expired: { live: false },
};

export function isLiveName(status: OrderStatusName): boolean {
  return STATUSES[status].live;
}

/** Throws ReplyError. */
export function statusName(text: string): OrderStatusName {
  if (isStatusName(text)) return text;
  throw new ReplyError(`status ${JSON.stringify(text)}`);
}

function isStatusName(text: string): text is OrderStatusName {
  return Object.hasOwn(STATUSES, text);
}

/** An order in a reply. */
export interface SeenOrder {
  /** '' over binary frames. */
  readonly id: string;
  readonly number: number;
  readonly clientId: string;
  readonly side: string;
  readonly type: string;
  readonly timeInForce: string;
  readonly postOnly: boolean;
  /** 0: none. */
  readonly priceTicks: number;
  readonly quantityLots: number;
  readonly filledLots: number;
  readonly remainingLots: number;
  readonly cancelledLots: number;
  readonly preventedLots: number;
  readonly status: OrderStatusName;
  /** Sum of the trades in the reply; undefined: it has none of them, or not all. */
  readonly tradedLots: number | undefined;
}

export interface Reply {
  /** As over HTTP; 0: it could not be read, and `fault` says why. */
  readonly status: number;
  /** Of a problem; else ''. */
  readonly code: string;
  /** The key was known. */
  readonly replayed: boolean;
  readonly order: SeenOrder | undefined;
  readonly fault: string;
}

export function unreadable(fault: string): Reply {
  return { status: 0, code: '', replayed: false, order: undefined, fault };
}

const scratch = Buffer.alloc(64);

/** The decimal of a request in ticks or lots; undefined is 0. */
export function unitsIn(text: string | undefined, scale: number): number {
  if (text === undefined) return 0;
  const value = parseDecimal(scratch, 0, scratch.write(text, 'latin1'), scale);
  if (value < 0) throw new RangeError(`${text} is no decimal of ${scale} places`);
  return value;
}

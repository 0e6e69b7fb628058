// The words of the reference engine: what goes in, what an order is, what comes out. Plain objects; tests and tools only.
// Prices and quantities of one order are numbers, exact below 2^53; whatever multiplies or adds them up is a BigInt.

import {
  CommandType,
  type InstrumentStatus,
  type OrderStatus,
  OrderType,
  type RiskMode,
  SelfTrade,
  Side,
  TimeInForce,
} from '../codes.ts';
import type { Instrument } from '../instrument.ts';
import type { OrderChange } from '../listener.ts';
import type { Reason } from '../reasons.ts';

/** How much the engine holds at most. */
export interface ReferenceLimits {
  readonly keysMax: number;
  readonly clientsMax: number;
  /** Accounts, and balances that deposits open. */
  readonly accountsMax: number;
  readonly openOrdersMax: number;
}

/** A command with texts for bytes and BigInt for amounts; fields mean what they mean in command.ts. */
export interface ReferenceCommand {
  readonly type: CommandType;
  readonly client: string;
  readonly key: string;
  readonly instrument: number;
  readonly side: Side | 0;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  readonly selfTrade: SelfTrade;
  readonly flags: number;
  readonly price: number;
  readonly quantity: number;
  readonly target: number;
  readonly stopPrice: number;
  readonly display: number;
  readonly expiresUs: number;
  readonly amount: bigint;
  readonly value: InstrumentStatus | RiskMode;
  readonly currency: number;
  readonly maxOpenOrders: number;
  readonly maxOrderQuantity: number;
  readonly maxOrderNotional: bigint;
  readonly maxPosition: number;
  readonly definition: Instrument | undefined;
}

/** What a command does not name. */
export const NO_COMMAND: ReferenceCommand = {
  ...{ type: CommandType.CANCEL_ORDER, client: '', key: '', instrument: 0, side: Side.BUY },
  ...{ orderType: OrderType.LIMIT, timeInForce: TimeInForce.GTC, selfTrade: SelfTrade.NONE, flags: 0 },
  ...{ price: 0, quantity: 0, target: 0, stopPrice: 0, display: 0, expiresUs: 0, amount: 0n, value: 0, currency: 0 },
  ...{ maxOpenOrders: 0, maxOrderQuantity: 0, maxOrderNotional: 0n, maxPosition: 0, definition: undefined },
};

export interface ReferenceOrder {
  readonly number: number;
  readonly client: string;
  readonly instrument: number;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  readonly selfTrade: SelfTrade;
  readonly stopPrice: number;
  readonly display: number;
  readonly expiresUs: number;
  readonly createdUs: number;
  flags: number;
  updatedUs: number;
  price: number;
  quantity: number;
  executed: number;
  prevented: number;
  /** What stands displayed in the book. */
  open: number;
  notional: bigint;
  /** What is left of the quote amount. */
  amountLeft: bigint;
  status: OrderStatus;
  reason: Reason;
}

/** One instrument with its orders. */
export interface ReferenceMarket {
  instrument: Instrument;
  /** Of the last trade, 0 before the first. */
  lastPrice: number;
  /** What the band lies around during the current command, 0 for none. */
  bandReference: number;
  /** In price-time order: the first trades first. */
  readonly bids: ReferenceOrder[];
  readonly asks: ReferenceOrder[];
  /** Waiting stops in order of number. */
  readonly stops: ReferenceOrder[];
}

/** What one client has in one instrument. */
export interface ReferenceAccount {
  readonly client: string;
  readonly instrument: number;
  net: bigint;
  cost: bigint;
  realised: bigint;
  fees: bigint;
  cycleBase: bigint;
  cycleQuote: bigint;
  maxOpenOrders: number;
  maxOrderQuantity: number;
  maxOrderNotional: bigint;
  maxPosition: number;
}

interface ReferenceResult {
  readonly order: ReferenceOrder;
  readonly sequence: number;
  readonly firstTrade: number;
  readonly tradeCount: number;
}

/** What a key was first answered: an order, why the command was refused, or the value of one about no order. */
export type ReferenceAnswer = ReferenceResult | { readonly refused: Reason } | { readonly value: number };

export interface ReferenceKey {
  readonly fingerprint: string;
  readonly sequence: number;
  readonly timeUs: number;
  readonly answer: ReferenceAnswer;
}

export type ReferenceEvent =
  | {
      readonly kind: 'trade';
      readonly trade: number;
      readonly maker: ReferenceOrder;
      readonly taker: ReferenceOrder;
      readonly price: number;
      readonly quantity: number;
      readonly makerFee: bigint;
      readonly takerFee: bigint;
    }
  | { readonly kind: 'order'; readonly change: OrderChange; readonly order: ReferenceOrder; readonly delta: number }
  | { readonly kind: 'refused'; readonly reason: Reason; readonly order: ReferenceOrder | undefined }
  | { readonly kind: 'replayed'; readonly sequence: number; readonly answer: ReferenceAnswer }
  | { readonly kind: 'applied'; readonly value: number }
  | { readonly kind: 'obligation'; readonly cycle: number; readonly account: ReferenceAccount };

/** What a new order would do now. */
export interface ReferenceDryRun {
  /** Why it would be rejected, or why what is left of it would be cancelled. */
  readonly reason: Reason;
  readonly fills: readonly { readonly price: number; readonly quantity: number; readonly maker: number }[];
  readonly executed: number;
  /** What would live on: in the book, or waiting for its stop price. */
  readonly remaining: number;
}

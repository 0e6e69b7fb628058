// The plain objects of the in-process exchange (exchange.ts): what goes in and what comes out. Types only.
// Prices are ticks, quantities lots, amounts ticks x lots of the instrument; times microseconds since the epoch.

import type { Instrument } from './instrument.ts';

export type SideName = 'buy' | 'sell';
export type TimeInForceName = 'GTC' | 'IOC' | 'FOK' | 'GTT';
export type SelfTradeName = 'none' | 'dc' | 'co' | 'cn' | 'cb';
export type OrderStatusName = 'open' | 'partially_filled' | 'filled' | 'cancelled' | 'rejected' | 'expired';
export type InstrumentStatusName = 'open' | 'post_only' | 'cancel_only' | 'halted' | 'delisted';
export type OrderChangeName =
  | 'rested'
  | 'done'
  | 'rejected'
  | 'filled'
  | 'cancelled'
  | 'amended'
  | 'lifted'
  | 'stop_accepted'
  | 'triggered'
  | 'replenished'
  | 'prevented';

export interface NewOrder {
  readonly clientId: string;
  readonly side: SideName;
  /** Left out with `quoteAmount`. */
  readonly quantityLots?: number;
  /** A limit order's price; a market order's protection price, none when left out. */
  readonly priceTicks?: number;
  readonly type?: 'limit' | 'market';
  /** GTC when left out; GTT goes with `expiresUs`. */
  readonly timeInForce?: TimeInForceName;
  readonly postOnly?: boolean;
  readonly selfTrade?: SelfTradeName;
  /** An iceberg shows this much of what remains. */
  readonly displayLots?: number;
  /** The order waits until the last trade price reaches this. */
  readonly stopPriceTicks?: number;
  readonly expiresUs?: number;
  /** A market order by what it may spend or earn. */
  readonly quoteAmount?: bigint;
  /** A market order's greatest distance from the best opposite price on arrival. */
  readonly slippageTicks?: number;
  readonly idempotencyKey?: string;
  /** Name; the first instrument when left out. */
  readonly instrument?: string;
}

export interface Amendment {
  readonly priceTicks?: number;
  /** The new total, executed quantity included. */
  readonly quantityLots?: number;
  readonly clientId?: string;
}

/** Which orders a mass cancel is about: what is left out, all of it. */
export interface MassCancel {
  readonly clientId?: string;
  readonly instrument?: string;
  readonly side?: SideName;
}

/** For one client and instrument; what is left out has no limit. */
export interface ClientLimits {
  readonly clientId: string;
  readonly instrument?: string;
  readonly maxOpenOrders?: number;
  readonly maxOrderLots?: number;
  readonly maxOrderNotional?: bigint;
  readonly maxPositionLots?: number;
}

export interface OrderState {
  readonly orderNumber: number;
  readonly clientId: string;
  /** '' when the order named no instrument that exists. */
  readonly instrument: string;
  readonly side: SideName;
  readonly type: 'limit' | 'market';
  readonly timeInForce: TimeInForceName;
  readonly selfTrade: SelfTradeName;
  readonly postOnly: boolean;
  readonly priceTicks: number;
  readonly quantityLots: number;
  readonly executedLots: number;
  /** What self-trade prevention took off. */
  readonly preventedLots: number;
  /** Of a live order what may still be executed; 0 of a closed one. */
  readonly remainingLots: number;
  /** What of that stands displayed in the book. */
  readonly openLots: number;
  /** 0 when the order shows all. */
  readonly displayLots: number;
  /** 0 when the order is no stop. */
  readonly stopPriceTicks: number;
  readonly triggered: boolean;
  /** 0 when the order does not end by itself. */
  readonly expiresUs: number;
  readonly createdUs: number;
  readonly updatedUs: number;
  /** Sum of price x quantity over all executions. */
  readonly notional: bigint;
  readonly status: OrderStatusName;
  /** Name of the reason why it closed or was rejected, '' while it lives or when filled. */
  readonly reason: string;
}

export interface Trade {
  readonly tradeNumber: number;
  readonly makerOrder: number;
  readonly takerOrder: number;
  readonly makerClientId: string;
  readonly takerClientId: string;
  readonly takerSide: SideName;
  readonly priceTicks: number;
  readonly quantityLots: number;
  readonly makerFee: bigint;
  readonly takerFee: bigint;
}

/** What one client has in one instrument. */
export interface Position {
  /** Negative is short. */
  readonly netLots: number;
  /** What the position was entered at; of the sign of net. */
  readonly cost: bigint;
  /** Profit of what was closed, without fees. */
  readonly realised: bigint;
  readonly fees: bigint;
  readonly openBuyLots: number;
  readonly openSellLots: number;
  readonly openOrders: number;
}

/** What one client has of one currency, in units of 10^-14. */
export interface Balance {
  readonly total: bigint;
  /** What live orders hold of it. */
  readonly held: bigint;
}

/** What a settlement finds that a client is owed (positive) or owes. */
export interface Obligation {
  readonly cycle: number;
  readonly clientId: string;
  readonly instrument: string;
  readonly baseLots: number;
  /** Fees included. */
  readonly quoteAmount: bigint;
}

export type ExchangeEvent =
  | { readonly type: 'trade'; readonly sequence: number; readonly trade: Trade }
  | {
      readonly type: 'order';
      readonly sequence: number;
      readonly change: OrderChangeName;
      readonly order: OrderState;
      /** By how much the displayed quantity at the order's price changed. */
      readonly restingDeltaLots: number;
    }
  | { readonly type: 'refused'; readonly sequence: number; readonly reason: string }
  | { readonly type: 'replayed'; readonly sequence: number; readonly originalSequence: number }
  | { readonly type: 'applied'; readonly sequence: number; readonly value: number }
  | { readonly type: 'obligation'; readonly sequence: number; readonly obligation: Obligation };

export interface Outcome {
  readonly sequence: number;
  /** The order that the command placed, cancelled or amended, as that left it; undefined when there is none. */
  readonly order: OrderState | undefined;
  /** What the command executed, in order. Empty for a replayed key: the trades were told the first time. */
  readonly trades: readonly Trade[];
  /** What a settlement found. */
  readonly obligations: readonly Obligation[];
  /** Of a command about no single order: orders ended, the instrument's index, the cycle closed; else 0. */
  readonly value: number;
  /** Why the command was refused and changed nothing; '' when it was not. */
  readonly refused: string;
  /** The idempotency key was known: the outcome is the first one. */
  readonly replayed: boolean;
}

/** What a new order would do now. */
export interface DryRunOutcome {
  /** It would meet more than 10,000 orders (DRY_RUN_ORDERS_MAX), parts of icebergs counted: nothing else is said then. */
  readonly isTooLarge: boolean;
  /** Why it would be rejected, or why what is left of it would be cancelled; '' when neither. */
  readonly reason: string;
  readonly fills: readonly {
    readonly priceTicks: number;
    readonly quantityLots: number;
    readonly makerOrder: number;
  }[];
  readonly executedLots: number;
  /** What would rest, or wait for its stop price. */
  readonly remainingLots: number;
}

export interface ExchangeOptions {
  /** DEFAULT_INSTRUMENTS when left out. */
  readonly instruments?: readonly Instrument[];
  /** Continues from what `snapshot()` returned; `instruments` is not used then. */
  readonly snapshot?: Uint8Array;
  /** Called for everything that happens, in order, before the call that caused it returns. */
  readonly onEvent?: (event: ExchangeEvent) => void;
}

// What the engine tells while it applies a command. Pure; called on the engine's own thread, inside Engine.apply.
// A listener reads what it needs and returns; it never calls back into the engine.

/**
 * What happened to an order. Exactly one of RESTED, DONE, REJECTED and STOP_ACCEPTED ends every order's arrival; a
 * stop arrives once more when it is triggered, and an amended order after LIFTED.
 */
export const OrderChange = {
  /** The incoming order, after any fills, now rests in the book. */
  RESTED: 1,
  /** The incoming order ended without resting: filled, or its remainder cancelled (reason). */
  DONE: 2,
  /** The incoming order was rejected (reason); nothing else happened. */
  REJECTED: 3,
  /** A resting order executed, in part or wholly. Follows its trade. */
  FILLED: 4,
  /** A live order ended by a cancel or because its time ran out (status EXPIRED). */
  CANCELLED: 5,
  /** A live order was amended in place and kept its priority. */
  AMENDED: 6,
  /** A resting order was taken out of the book to be amended; RESTED or DONE follows for the same order. */
  LIFTED: 7,
  /** The incoming order waits for its stop price, outside the book. */
  STOP_ACCEPTED: 8,
  /** A stop was triggered and comes in now; its trades, then RESTED or DONE follow. */
  TRIGGERED: 9,
  /** An iceberg's displayed part was used up: a new one stands at the end of the queue. Follows FILLED. */
  REPLENISHED: 10,
  /** A resting order was decremented by self-trade prevention and stays; one that ends is CANCELLED. */
  PREVENTED: 11,
} as const;
export type OrderChange = (typeof OrderChange)[keyof typeof OrderChange];

export interface EngineListener {
  /**
   * Two orders traded at the maker's price. Called before the maker's FILLED. Both are rows of `engine.orders`; the
   * fees of both are in `engine.tradeFees`.
   */
  onTrade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void;
  /**
   * An order changed; its new state is row `order` of `engine.orders`, valid until return.
   * `restingDeltaLots` is by how much the displayed quantity at the row's price changed (0 when it was not in the book).
   */
  onOrder(change: OrderChange, order: number, restingDeltaLots: number): void;
  /**
   * A command changed nothing. `order` is a row of `engine.orders` when the order is known and the asker's, else -1;
   * it is -1 too when a known idempotency key brings its first refusal again.
   */
  onRefused(reason: number, order: number): void;
  /** A known key with the same command, not refused then: the first result is row `result` of `engine.results`. */
  onReplayed(result: number): void;
  /**
   * A command that is about no single order was applied, after all it caused was told. `value` by type: mass cancel and
   * expiry: orders ended; instrument commands: its index; settlement: the cycle closed; else 0.
   */
  onApplied(value: number): void;
  /** During CLOSE_SETTLEMENT, before onApplied: account `account` of `engine.accounts` settles what its cycle holds. */
  onObligation(cycle: number, account: number): void;
}

/** Hears nothing: for engines of which only the state matters. */
export const SILENT_LISTENER: EngineListener = {
  onTrade() {},
  onOrder() {},
  onRefused() {},
  onReplayed() {},
  onApplied() {},
  onObligation() {},
};

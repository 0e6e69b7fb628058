// What the engine tells while it applies a command. Pure; called on the engine's own thread, inside Engine.apply.
// A listener reads what it needs and returns; it never calls back into the engine.

/** What happened to an order. Exactly one of RESTED, DONE and REJECTED ends every new order's arrival. */
export const OrderChange = {
  /** The incoming order, after any fills, now rests in the book. */
  RESTED: 1,
  /** The incoming order ended without resting: filled, or its remainder cancelled (reason). */
  DONE: 2,
  /** The incoming order was rejected (reason); nothing else happened. */
  REJECTED: 3,
  /** A resting order executed, in part or wholly. Follows its trade. */
  FILLED: 4,
  /** A resting order left the book by a cancel. */
  CANCELLED: 5,
  /** A resting order was amended in place and kept its priority. */
  AMENDED: 6,
  /** A resting order was taken out of the book to be amended; RESTED or DONE follows for the same order. */
  LIFTED: 7,
} as const;
export type OrderChange = (typeof OrderChange)[keyof typeof OrderChange];

export interface EngineListener {
  /** Two orders traded at the maker's price. Called before the maker's FILLED. Both are rows of `engine.orders`. */
  onTrade(tradeNumber: number, maker: number, taker: number, priceTicks: number, quantityLots: number): void;
  /**
   * An order changed; its new state is row `order` of `engine.orders`, valid until return.
   * `restingDeltaLots` is by how much the resting quantity at the row's price changed (0 when it did not rest).
   */
  onOrder(change: OrderChange, order: number, restingDeltaLots: number): void;
  /**
   * A command changed nothing (Reason 100-199). `order` is a row of `engine.orders` when the order is known and the
   * asker's, else -1; it is -1 too when a known idempotency key brings its first refusal again.
   */
  onRefused(reason: number, order: number): void;
  /** A known key with the same command, not refused then: the first result is row `result` of `engine.results`. */
  onReplayed(result: number): void;
}

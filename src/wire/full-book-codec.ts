// The resting orders of an instrument, a page at a time: the body of the answer to QueryType.FULL_BOOK.
// Layout: WIRE.md, "Query record". Written by the follower, read by gateways.

/** Orders of the whole copy, f64. */
export const FULL_BOOK_TOTAL = 0;
/** The book's checksum (book-checksum.ts), two u32. */
export const FULL_BOOK_LANE_0 = 8;
export const FULL_BOOK_LANE_1 = 12;
/** The page's orders begin here. */
export const FULL_BOOK_ORDERS = 16;

/** One order. */
export const RESTING_NUMBER = 0;
export const RESTING_CREATED_US = 8;
export const RESTING_PRICE_TICKS = 16;
/** What it displays. */
export const RESTING_LOTS = 24;
export const RESTING_SIDE = 32;
export const RESTING_BYTES = 40;

/** Orders of a page at most. */
export const FULL_BOOK_PAGE_MAX = 4_096;

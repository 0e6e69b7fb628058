// Reads: questions from a gateway to the follower and the answers back, through one ring each way.
// Layout: WIRE.md, "Query record" and "Answer record".

/** Message types in a query ring; the answer carries the same type. */
export const QueryType = {
  /** One order by number. Answer: one order record. */
  ORDER: 1,
  /** The newest trades. Answer: trade records, newest first. */
  TRADES: 2,
  /** Trades by number, ascending from QUERY_NUMBER. Answer: trade records. */
  TRADE_RANGE: 3,
  /** A client's positions; the body is the client id. Answer: JSON text. */
  POSITIONS: 5,
  /** A client's balances; the body is the client id. Answer: JSON text. */
  BALANCES: 6,
  /** What an order would do now; the body is a command record. Answer: JSON text, or TOO_LARGE. */
  DRY_RUN: 7,
  /** The newest settlement cycles. Answer: JSON text. */
  SETTLEMENTS: 8,
  /** One settlement cycle by number, with its obligations; the body is a client id or empty. Answer: JSON text. */
  SETTLEMENT: 9,
  /** A client's live orders by instrument, then number; the body is the client id. Answer: order records. */
  CLIENT_ORDERS: 10,
  /** An instrument's resting orders, a page of them: full-book-codec.ts. The body of all but the first is the copy's sequence, f64. */
  FULL_BOOK: 11,
} as const;

export const QUERY_REQUEST_ID = 0;
/** TRADES, FULL_BOOK: the instrument. CLIENT_ORDERS: the first one. */
export const QUERY_INSTRUMENT = 4;
/** CLIENT_ORDERS: the last instrument, inclusive. */
export const QUERY_LAST_INSTRUMENT = 6;
/** Answer only when the follower has applied this sequence: the newest that was published when the read arrived. */
export const QUERY_MIN_SEQUENCE = 8;
/** ORDER: the order's number. TRADE_RANGE: the first trade's number. SETTLEMENT: the cycle.
 * CLIENT_ORDERS: of the first instrument, only orders with a greater number. FULL_BOOK: how many orders were read already. */
export const QUERY_NUMBER = 16;
/** TRADES, TRADE_RANGE, SETTLEMENTS, CLIENT_ORDERS and FULL_BOOK: how many at most. */
export const QUERY_LIMIT = 24;
/** Length of the body, u32: 0 for the queries that have none. */
export const QUERY_BODY_BYTES = 28;
/** The body, if any, begins here: a client id, a command record or a copy's sequence. */
export const QUERY_BYTES = 32;

export const AnswerStatus = {
  OK: 1,
  NOT_FOUND: 2,
  /** The source that would know (Postgres, the disk) is not to be had now. */
  UNAVAILABLE: 3,
  /** The follower did not reach the asked sequence in time, or the ledger has not come to what is asked for. */
  BEHIND: 4,
  /** It would hold up the follower for longer than one read may: a dry run beyond its bound. */
  TOO_LARGE: 5,
} as const;

export const ANSWER_REQUEST_ID = 0;
export const ANSWER_STATUS = 4;
/** Records in the body. */
export const ANSWER_COUNT = 6;
/** What is answered is of this sequence: the follower's when it answered, or that of a copy it kept. */
export const ANSWER_SEQUENCE = 8;
/** The time of that command, us; 0 before the first. */
export const ANSWER_TIME_US = 16;
export const ANSWER_BODY = 24;

/** Most trades, settlement cycles and orders one read returns. */
export const TRADES_LIMIT_MAX = 1_000;
export const SETTLEMENTS_LIMIT_MAX = 1_000;
export const ORDERS_LIMIT_MAX = 1_000;

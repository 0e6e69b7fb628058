// What one look at a server under load finds. A tool's process; only types and names.

/** What is as far behind as it says, in the names of /metrics. */
export const SINKS = ['follower', 'market_data', 'postgres', 'redis'] as const;
export type Sink = (typeof SINKS)[number];

/** Directories below the data directory, and Postgres, which grows with history and is only told of. */
export type Directory = 'journal' | 'snapshots' | 'spool' | 'archive' | 'postgres';

/** What came back from the server during one interval. */
export interface IntervalCounts {
  /** 202, by what was sent. */
  rests: number;
  takes: number;
  cancels: number;
  amends: number;
  /** Cancels and amends of an order that was closed before they arrived: 409. */
  late: number;
  /** Any other answer. */
  refused: number;
  /** No answer. */
  lost: number;
}

export interface Sample {
  /** Since the load began. */
  readonly seconds: number;
  readonly rssBytes: number;
  /** Of the main thread. */
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly fds: number;
  readonly openOrders: number;
  readonly keys: number;
  readonly snapshots: number;
  /** For how long each sink has not been level, seconds; 0 for one that is not there. */
  readonly lag: Readonly<Record<Sink, number>>;
  readonly bytes: Readonly<Record<Directory, number>>;
  /** Answers a second in the interval that ends here, and how long they took from when they were due. */
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly counts: Readonly<IntervalCounts>;
}

// Every counter in shared memory: its block, its number and one sentence. This table is the documentation that
// /metrics prints. Each block has one writing thread; anyone may read. Numbers index a CounterBlock.

/** Blocks of counters. Gateway k writes block GATEWAY + k. */
export const CounterBlockId = {
  MATCHING: 0,
  FOLLOWER: 1,
  LEDGER: 2,
  PUBLISHER: 3,
  MARKET_DATA: 4,
  /** Written by the matching thread: counter n counts the orders rejected and commands refused for reason n. */
  REASONS: 5,
  /** Written by the matching thread: commands by type and result, commandCounter(). */
  COMMANDS: 6,
  /** Written by the matching thread: counter n counts the trades of instrument n since the start. */
  TRADES: 7,
  /** Written by the main thread. */
  MAIN: 8,
  GATEWAY: 9,
} as const;

/** Most gateway threads there can be, and so how many blocks are laid out. */
export const GATEWAYS_MAX = 16;
export const COUNTER_BLOCKS = CounterBlockId.GATEWAY + GATEWAYS_MAX;

export const MatchingCounter = {
  /** Last sequence whose results are published: durable, applied, its events visible. */
  SEQUENCE: 0,
  /** Last durable frame of the journal. */
  DURABLE_FRAME: 1,
  JOURNAL_BYTES: 2,
  /** 1 while the kill switch is on, else 0. */
  KILL_SWITCH: 3,
  TRADES: 4,
  OPEN_ORDERS: 8,
  IDEMPOTENCY_KEYS: 9,
  IDEMPOTENCY_OLDEST_US: 10,
  SEGMENTS_CREATED_LATE: 12,
  RECOVERED_SEQUENCE: 13,
  /** While the journal is replayed at the start: how far that has come. */
  REPLAYED_SEQUENCE: 11,
  /** Clients and accounts there are: neither is ever forgotten. */
  CLIENTS: 6,
  ACCOUNTS: 7,
  /** The stopwatch's time at which the write or sync that is under way was begun; 0 when none is. */
  DISK_BUSY_SINCE_US: 14,
  /** Bytes that may still be written before the next segment is needed. */
  SEGMENT_BYTES_LEFT: 15,
  /** 1 while commands wait because the disk has no room for the next segment, else 0. */
  NO_ROOM: 5,
  /** Histogram: seconds per write and sync. */
  SYNC_SECONDS: 16,
  /** Histogram: seconds from receipt to drain. */
  RING_SECONDS: 40,
  /** Histogram: seconds to apply one batch. */
  MATCH_SECONDS: 64,
  /** Histogram: commands per batch. */
  BATCH_COMMANDS: 88,
} as const;

/** How a command ended, as the metrics tell it. */
export const CommandResult = { ACCEPTED: 0, REJECTED: 1, REFUSED: 2, REPLAYED: 3 } as const;
export type CommandResult = (typeof CommandResult)[keyof typeof CommandResult];

/** The counter, in block COMMANDS, of commands of a type (CommandType) that ended with a result. */
export function commandCounter(type: number, result: CommandResult): number {
  return (type - 1) * 4 + result;
}

export const MainCounter = {
  /** The frame that the CONTROL file names, as far as this process has written it. */
  CONTROL_FRAME: 0,
  /** Writes of it that failed. */
  CONTROL_ERRORS: 1,
  /** 1 when the last write failed, else 0. */
  CONTROL_FAILING: 2,
  SNAPSHOTS: 3,
  SNAPSHOT_FAILURES: 4,
  /** Of the newest that was taken or restored, 0: none. */
  SNAPSHOT_SEQUENCE: 5,
  /** StorageState of runtime/process-state.ts. */
  STORAGE_STATE: 8,
  /** Free bytes of the data directory's file system. */
  STORAGE_FREE_BYTES: 9,
  /** Closed journal segments repacked into the archive, since the start. */
  SEGMENTS_ARCHIVED: 16,
  /** Closed journal segments deleted unarchived. */
  SEGMENTS_DELETED: 17,
  /** Files removed from the archive because there was too much. */
  ARCHIVE_FILES_REMOVED: 18,
  /** Size of the archive after the last run. */
  ARCHIVE_BYTES: 19,
  /** Runs that could not go on. */
  ARCHIVE_FAILURES: 20,
  /** Files that the hook did not take. */
  ARCHIVE_HOOK_FAILURES: 21,
} as const;

export const FollowerCounter = {
  /** Last sequence applied by the follower. */
  SEQUENCE: 0,
  /** End of the spool, bytes; always a command boundary. */
  SPOOL_POSITION: 1,
  FRAME: 2,
  QUERIES: 3,
  QUERIES_BEHIND: 4,
  /** Where the oldest file of the spool begins, bytes. */
  SPOOL_START: 5,
  /** 1 while the spool cannot be written, else 0. */
  SPOOL_FAILING: 6,
  /** Writes of it that failed. */
  SPOOL_FAILURES: 7,
  /** Every event up to this sequence lies below SPOOL_POSITION, when it is read first. */
  SPOOL_SEQUENCE: 8,
} as const;

/** What a projection's STATE counter says. */
export const SinkState = { CONNECTING: 0, UP: 1, DOWN: 2, REFUSED: 3, POISONED: 4, OFF: 5 } as const;

export const LedgerCounter = {
  /** SinkState. */
  STATE: 0,
  /** The checkpoint in Postgres: last projected sequence. */
  SEQUENCE: 1,
  ROWS: 2,
  CHUNKS: 3,
  ERRORS: 4,
  RECONNECTS: 5,
  /** Seconds the last chunk took to commit. */
  CHUNK_SECONDS: 7,
  /** Where in the spool it would begin again after a failure: nothing before is read. */
  SPOOL_FLOOR: 8,
} as const;

export const PublisherCounter = {
  /** SinkState. */
  STATE: 0,
  SEQUENCE: 1,
  PUBLISHED: 2,
  ERRORS: 3,
} as const;

export const MarketDataCounter = {
  SEQUENCE: 0,
  MESSAGES: 1,
  LAPPED: 2,
  DEPTH_PUBLISHED: 3,
  /** Nothing before this position of the spool is read again. */
  SPOOL_FLOOR: 4,
  /** Messages of the feed of /ws. */
  FEED_MESSAGES: 5,
  /** Wishes that are not live yet. */
  FEED_CATCH_UPS: 6,
  /** Resumes whose beginning was in memory, and on the disk. */
  RESUMES_FROM_MEMORY: 7,
  RESUMES_FROM_SPOOL: 8,
  /** Wishes answered without a past: a snapshot, or the newest. */
  SNAPSHOTS_SENT: 9,
} as const;

export const GatewayCounter = {
  REQUESTS: 0,
  IN_FLIGHT: 1,
  RING_FULL: 2,
  BAD_REQUESTS: 3,
  TIMEOUTS: 4,
  STREAM_CONNECTIONS: 5,
  STREAM_MESSAGES: 6,
  SLOW_CONSUMER_CLOSES: 7,
  STREAM_LAPPED: 8,
  ABORTED: 9,
  CONNECTIONS_REFUSED: 10,
  /** Histogram: seconds from receipt to the reply's last byte handed to the socket. */
  TOTAL_SECONDS: 16,
  /** Histogram: the part of it that comes after the command was durable. */
  REPLY_SECONDS: 40,
  /** Of /ws: sockets, subscriptions, messages and their bytes handed to sockets. */
  WS_CONNECTIONS: 64,
  WS_SUBSCRIPTIONS: 65,
  WS_MESSAGES: 66,
  WS_BYTES: 67,
  WS_SLOW_CONSUMER_CLOSES: 68,
  /** Subscriptions that were taken off their feed because their socket was slow. */
  WS_CONFLATIONS: 69,
  /** Beginnings that market data was asked for, and how many of them went on from a sequence. */
  WS_WISHES: 70,
  WS_RESUMES: 71,
  /** The feed overtook this gateway. */
  WS_LAPPED: 72,
  /** Requests answered with an error. */
  WS_BAD_REQUESTS: 73,
  /** Sockets refused or closed, by reason. */
  WS_REFUSED_ORIGIN: 74,
  WS_REFUSED_UPGRADES: 75,
  WS_REFUSED_CONNECTIONS: 76,
  WS_REFUSED_FRAMES: 77,
  WS_REFUSED_MALFORMED: 78,
  /** Requests about orders that came over /ws. */
  ORDER_FRAMES: 112,
  /** Mass cancels that a socket's end or a time that ran out has put into the ring. */
  SAFETY_CANCELS: 113,
  /** Those that could not be, because the process takes no more commands. */
  SAFETY_CANCELS_LOST: 114,
} as const;

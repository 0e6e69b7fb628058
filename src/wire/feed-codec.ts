// The feed of /ws: what market data tells gateways, and what gateways ask of it. Layout: WIRE.md, "Feed". Three rings:
// one broadcast ring with the messages of all subscribers, and for each gateway a ring of wishes there and one of answers back.

/** Channels; numbers are never reused. */
export const Channel = {
  HEARTBEAT: 1,
  TICKER: 2,
  LEVEL2: 3,
  LEVEL2_BATCH: 4,
  FULL: 5,
  MATCHES: 6,
  CANDLES: 7,
  USER: 8,
} as const;
export type Channel = (typeof Channel)[keyof typeof Channel];

/** Names as clients write them, by channel number. */
export const CHANNEL_NAMES = [
  '',
  'heartbeat',
  'ticker',
  'level2',
  'level2_batch',
  'full',
  'matches',
  'candles',
  'user',
] as const;

export const FeedFormat = { JSON: 1, BINARY: 2 } as const;
export type FeedFormat = (typeof FeedFormat)[keyof typeof FeedFormat];

/** Instrument of a record that is about a client. */
export const NO_INSTRUMENT = 0xffff;

/** Records of the feed ring. */
export const FeedType = {
  /** A message for every subscriber of its key: channel, instrument or client, format. */
  MESSAGE: 1,
  /** From here on the wish of that id is live: all messages of its key behind this record are its subscriber's. */
  LIVE: 2,
} as const;

/** MESSAGE: a head, the client id padded to 8 (USER only), the message to the record's end. */
export const FEED_CHANNEL = 0;
export const FEED_INSTRUMENT = 2;
export const FEED_FORMAT = 4;
/** Not 0: the command's message goes on in the next record of the same key. */
export const FEED_MORE = 5;
export const FEED_CLIENT_LENGTH = 6;
export const FEED_SEQUENCE = 8;
export const FEED_PREV_SEQUENCE = 16;
export const FEED_BODY = 24;

/** LIVE. */
export const LIVE_GATEWAY = 0;
export const LIVE_CHANNEL = 2;
export const LIVE_WISH = 4;
/** Of the newest message of the key before this record; 0: there was none. */
export const LIVE_SEQUENCE = 8;
export const LIVE_BYTES = 16;

/** Records of a wish ring. */
export const WishType = {
  /** The key's messages are wanted, beginning with an answer to this wish. */
  BEGIN: 1,
  /** This gateway has no subscriber of the key any more. */
  END: 2,
  /** Nobody waits for the answer to that wish any more; the key may still be wanted by others. */
  FORGET: 3,
} as const;

/** All three; FORGET uses the id alone. The client id follows, padded to 8 (USER only). */
export const WISH_ID = 0;
export const WISH_CHANNEL = 4;
export const WISH_INSTRUMENT = 6;
export const WISH_FORMAT = 8;
export const WISH_CLIENT_LENGTH = 9;
/** SnapshotReason: what a snapshot says if no resume was asked for. */
export const WISH_REASON = 10;
/** f64: everything through it is known; -1: begin with a snapshot. */
export const WISH_FROM_SEQUENCE = 16;
export const WISH_BODY = 24;

export const SnapshotReason = { SUBSCRIBED: 0, TOO_OLD: 1, AHEAD: 2, OTHER_JOURNAL: 3 } as const;
export type SnapshotReason = (typeof SnapshotReason)[keyof typeof SnapshotReason];
export const SNAPSHOT_REASONS = ['subscribed', 'too_old', 'ahead', 'other_journal'] as const;

/** Records of an answer ring of the feed: messages for the one who wished, in order, all before the LIVE record. */
export const FeedAnswerType = {
  /** A message, or a part of one. */
  MESSAGE: 1,
  /** What is asked for is not kept any more, or lies ahead, and this channel's snapshot is not market data's to make (FULL, USER). */
  NO_RESUME: 2,
  /** Like MESSAGE, of the message that says from where on what was missed follows. */
  RESUMED: 3,
} as const;
export type FeedAnswerType = (typeof FeedAnswerType)[keyof typeof FeedAnswerType];

export const FEED_ANSWER_WISH = 0;
/** Not 0: the message goes on in the next record of this wish. */
export const FEED_ANSWER_PART = 4;
/** NO_RESUME: SnapshotReason. */
export const FEED_ANSWER_REASON = 5;
export const FEED_ANSWER_SEQUENCE = 8;
export const FEED_ANSWER_BODY = 16;

// The messages of /ws as the client sees them: plain types, nothing at run time. What each means stands in
// wire/WEBSOCKET.md; prices and quantities are decimal strings with exactly the instrument's decimals.

import type { OrderChangeName } from '../domain/plain-objects.ts';

export type Side = 'buy' | 'sell';
/** A whole message of a channel, or the last part of one. */
interface Head {
  readonly sequence: number;
  /** When the engine took the command: ISO 8601, UTC, microseconds. */
  readonly time: string;
}

interface OfInstrument extends Head {
  readonly instrument: string;
}

/** Of a sequenced channel. */
interface Sequenced {
  /** `sequence` of the message before. */
  readonly prev_sequence: number;
}

export type SnapshotReason = 'subscribed' | 'too_old' | 'ahead' | 'other_journal';

interface Snapshot {
  readonly type: 'snapshot';
  readonly reason: SnapshotReason;
  /** Which journal its sequence belongs to. */
  readonly journal: string;
}

export type LevelChannel = 'level2' | 'level2_batch';
/** Price and quantity. */
export type LevelText = readonly [string, string];
/** Side, price and what rests there; a quantity of zero removes the level. */
export type LevelChange = readonly [Side, string, string];

export interface BookSnapshot extends OfInstrument, Snapshot {
  readonly channel: LevelChannel;
  /** Best first, like `asks`. */
  readonly bids: readonly LevelText[];
  readonly asks: readonly LevelText[];
  readonly checksum: string;
}

export interface BookUpdate extends OfInstrument, Sequenced {
  readonly type: 'l2update';
  readonly channel: LevelChannel;
  readonly changes: readonly LevelChange[];
  readonly checksum: string;
}

/** Order id, side, price and displayed quantity. */
export type OrderText = readonly [string, Side, string, string];

export interface FullSnapshot extends OfInstrument, Snapshot {
  readonly channel: 'full';
  /** Each price level in priority order. */
  readonly orders: readonly OrderText[];
  readonly checksum: string;
}

/** What happened to an order. */
export type OrderChange = OrderChangeName;

/** By how much the displayed quantity of an order at a price changed. */
export interface DisplayedChange {
  readonly change: OrderChange;
  readonly order_id: string;
  readonly side: Side;
  readonly price: string;
  /** Signed. */
  readonly delta: string;
}

export interface PublicTrade {
  readonly trade_id: string;
  readonly maker_order_id: string;
  readonly taker_order_id: string;
  /** The taker's. */
  readonly side: Side;
  readonly price: string;
  readonly quantity: string;
}

export interface FullTrade extends PublicTrade {
  readonly change: 'trade';
}

export interface FullUpdate extends OfInstrument, Sequenced {
  readonly type: 'full';
  readonly channel: 'full';
  readonly events: readonly (DisplayedChange | FullTrade)[];
  /** That of `level2` after the command. Of those that were missed only the last one has it. */
  readonly checksum?: string;
}

export interface MatchesSnapshot extends OfInstrument, Snapshot {
  readonly channel: 'matches';
}

export interface Match extends OfInstrument, Sequenced {
  readonly type: 'match';
  readonly channel: 'matches';
  readonly trades: readonly PublicTrade[];
}

export interface Ticker extends OfInstrument {
  readonly type: 'ticker';
  readonly channel: 'ticker';
  readonly trade_id: string | null;
  readonly side: Side | null;
  readonly price: string | null;
  readonly quantity: string | null;
  readonly best_bid: string | null;
  readonly best_bid_quantity: string | null;
  readonly best_ask: string | null;
  readonly best_ask_quantity: string | null;
}

export interface Candle extends OfInstrument {
  readonly type: 'candle';
  readonly channel: 'candles';
  readonly interval: '1m';
  readonly start: string;
  readonly open: string | null;
  readonly high: string | null;
  readonly low: string | null;
  readonly close: string | null;
  readonly volume: string;
  readonly trades: number;
}

export interface Heartbeat extends OfInstrument {
  readonly type: 'heartbeat';
  readonly channel: 'heartbeat';
  readonly last_trade_id: string | null;
}

export interface Order {
  readonly order_id: string;
  readonly client_id: string;
  readonly instrument: string;
  readonly side: Side;
  readonly type: 'limit' | 'market';
  readonly price: string | null;
  readonly quantity: string;
  readonly filled_quantity: string;
  readonly remaining_quantity: string;
  readonly cancelled_quantity: string;
  readonly prevented_quantity: string;
  readonly average_price: string | null;
  readonly status: 'open' | 'partially_filled' | 'filled' | 'cancelled' | 'rejected' | 'expired';
  readonly time_in_force: 'GTC' | 'IOC' | 'FOK' | 'GTT';
  readonly post_only: boolean;
  /** Why it was rejected or cancelled: a name of the table of reasons. */
  readonly reject_reason: string | null;
  readonly sequence: number;
  readonly created_at: string;
  readonly updated_at: string;
  /** From here on only when the order has them. */
  readonly stp?: 'dc' | 'co' | 'cn' | 'cb';
  readonly protection_price?: string;
  readonly max_slippage?: string;
  readonly stop_price?: string;
  readonly triggered?: boolean;
  readonly display_quantity?: string;
  readonly expires_at?: string;
}

export interface Fill {
  readonly trade_id: string;
  readonly maker_order_id: string;
  readonly price: string;
  readonly quantity: string;
}

/** The order as the command left it, and what it executed on arrival. */
export interface OrderReply extends Order {
  /** The first hundred. */
  readonly trades: readonly Fill[];
  readonly trades_total: number;
}

export interface CancelReply {
  readonly message: string;
  readonly order: Order;
}

export interface CancelAllReply {
  /** How many orders. */
  readonly cancelled: number;
  readonly sequence: number;
}

export interface DryRun {
  readonly dry_run: true;
  readonly sequence: number;
  readonly reason: string | null;
  readonly filled_quantity: string;
  readonly resting_quantity: string;
  readonly trades: readonly { readonly price: string; readonly quantity: string }[];
  readonly trades_total: number;
}

export interface DetailedTrade {
  readonly trade_id: string;
  readonly instrument: string;
  readonly price: string;
  readonly quantity: string;
  /** The taker's. */
  readonly side: Side;
  readonly buy_order_id: string;
  readonly sell_order_id: string;
  readonly sequence: number;
  readonly executed_at: string;
  readonly buy_client_id?: string;
  readonly sell_client_id?: string;
  readonly maker_fee?: string;
  readonly taker_fee?: string;
}

export interface UserSnapshot extends Head, Snapshot {
  readonly channel: 'user';
  readonly client_id: string;
  /** The open ones, at most a thousand. */
  readonly orders: readonly Order[];
  /** Where `GET /clients/:id/orders` goes on behind them, as its `after`; null: these are all. */
  readonly next: string | null;
}

export type UserEvent =
  | { readonly change: OrderChange; readonly order: Order }
  | { readonly change: 'trade'; readonly trade: DetailedTrade };

export interface UserUpdate extends Head, Sequenced {
  readonly type: 'user';
  readonly channel: 'user';
  readonly client_id: string;
  readonly events: readonly UserEvent[];
}

/** Messages of the channel behind sequence `from`, up to `to`, were left out, since this end was too slow. */
export interface Conflated {
  readonly type: 'conflated';
  readonly channel: ChannelName;
  readonly from: number;
  readonly to: number;
}

/** What each channel sends: how it begins, where that is not an ordinary message, and what follows. */
export interface ChannelMessages {
  level2: { snapshot: BookSnapshot; update: BookUpdate };
  level2_batch: { snapshot: BookSnapshot; update: BookUpdate };
  full: { snapshot: FullSnapshot; update: FullUpdate };
  matches: { snapshot: MatchesSnapshot; update: Match };
  user: { snapshot: UserSnapshot; update: UserUpdate };
  ticker: { snapshot: never; update: Ticker };
  candles: { snapshot: never; update: Candle };
  heartbeat: { snapshot: never; update: Heartbeat };
}

export type ChannelName = keyof ChannelMessages;
export type SnapshotOf<C extends ChannelName> = ChannelMessages[C]['snapshot'];
export type UpdateOf<C extends ChannelName> = ChannelMessages[C]['update'];

/** A decimal: a string is exact; a number is read as JSON writes it. */
export type Amount = string | number;

interface OrderTerms {
  readonly type: 'limit' | 'market';
  readonly price?: Amount;
  readonly quantity?: Amount;
  /** Of a market order, instead of `quantity`: what to spend or earn. */
  readonly quote_quantity?: Amount;
  readonly time_in_force?: 'GTC' | 'IOC' | 'FOK' | 'GTT' | 'GTD';
  readonly expires_at?: string | number;
  readonly post_only?: boolean;
  readonly stop_price?: Amount;
  readonly display_quantity?: Amount;
  readonly protection_price?: Amount;
  readonly max_slippage?: Amount;
  readonly stp?: 'none' | 'dc' | 'co' | 'cn' | 'cb';
}

/** Whose request it is, and its key. */
export interface Asking {
  /** The client's own option `clientId` when left out; one of the two must be there. */
  readonly client_id?: string;
  /** Made by the client when left out. */
  readonly idempotency_key?: string;
}

/** The body of POST /orders. */
export interface PlaceRequest extends Asking, OrderTerms {
  readonly instrument?: string;
  readonly side: Side;
}

/** The body of POST /orders/:id/replace. */
export interface ReplaceRequest extends Asking, OrderTerms {
  readonly order_id: string;
  readonly instrument?: string;
  readonly side?: Side;
}

/** The body of PATCH /orders/:id; at least one of price and quantity, which is the new total. */
export interface AmendRequest extends Asking {
  readonly order_id: string;
  readonly price?: Amount;
  readonly quantity?: Amount;
}

export interface CancelRequest extends Asking {
  readonly order_id: string;
}

export interface CancelAllRequest extends Asking {
  readonly instrument?: string;
  readonly side?: Side;
}

/** The way of one request through the server, in microseconds. */
export interface Timing {
  readonly receive_us: number;
  readonly ring_us: number;
  readonly journal_us: number;
  readonly match_us: number;
  readonly send_us: number;
}

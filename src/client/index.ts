// The public door of the client (package export "ringbook/client"). For browsers and Node alike. See README.md.

export {
  type BookSubscription,
  type ClientEvents,
  type ClientOptions,
  connect,
  type RingbookClient,
} from './client.ts';
export type { Disconnected } from './connection.ts';
export { type Executed, OutcomeUnknown, ProtocolError, type Retry, RingbookError } from './errors.ts';
export type { Mismatch, Position, Subscription, SubscriptionEvents } from './feed.ts';
export type { Level, LevelBookView } from './level-book.ts';
export type * from './messages.ts';
export type { OrderBookView, RestingOrder } from './order-book.ts';
export type { Orders, RequestOptions } from './orders.ts';
export type { WebSocketConstructor, WebSocketLike } from './socket.ts';
export type { Timers } from './timers.ts';

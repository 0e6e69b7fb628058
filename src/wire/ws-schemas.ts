// Schemas of the JSON messages of /ws, both ways (WEBSOCKET.md): plain JSON Schema, for the AsyncAPI document and for whoever
// checks from outside. Not on any hot path. What a schema cannot say (which channels go together, what a reply answers) stands
// in descriptions and on that page.

import Type from 'typebox';
import { CLIENT_ID_BYTES_MAX, IDEMPOTENCY_KEY_BYTES_MAX } from '../domain/command.ts';
import { ORDER_CHANGE_TEXTS, SIDE_TEXTS } from './enum-texts.ts';
import { CHANNEL_NAMES, SNAPSHOT_REASONS } from './feed-codec.ts';
import {
  AmendRequestSchema,
  CancelRequestSchema,
  OrderRequestSchema,
  ReplaceRequestSchema,
} from './request-schemas.ts';
import { CLOSED, count, decimal, nullOr, oneOf, signedDecimal, text, time, uuid } from './schema-parts.ts';
import {
  CancelReplySchema,
  DetailedTradeSchema,
  DryRunSchema,
  MassCancelReplySchema,
  OrderReplySchema,
  OrderSchema,
  ProblemSchema,
} from './schemas.ts';
import { CANCEL_AFTER_MS_MAX } from './session-request.ts';

type Members = Readonly<Record<string, Type.TSchema>>;

function message<M extends Members>(members: M, title: string, description = '') {
  return Type.Object({ ...members }, { ...CLOSED, title, ...(description === '' ? {} : { description }) });
}

// --- What clients send ---

const requestId = Type.Union([Type.Integer(), Type.String({ minLength: 1, maxLength: 64 })], {
  description: 'The answer has the same: an integer, or a text of at most 64 bytes.',
});
const mayBeNamed = { req_id: Type.Optional(requestId) };
const clientId = text(CLIENT_ID_BYTES_MAX, 'Whose.');
const format = oneOf(['json', 'binary']);
const side = oneOf(SIDE_TEXTS);
const orderId = Type.String({
  pattern: '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-8[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$',
  description: 'As it was answered, in either case.',
});

const journal = Type.String({ pattern: '^[0-9a-f]{16}$', description: 'Which journal sequences are of.' });
const whichChannels = {
  channels: Type.Array(oneOf(CHANNEL_NAMES), { minItems: 1 }),
  instruments: Type.Optional(Type.Array(Type.String(), { description: 'All there are when left out.' })),
  client_id: Type.Optional(text(CLIENT_ID_BYTES_MAX, 'Whose `user` channel; required for it.')),
};

const subscribe = message(
  {
    ...{ type: Type.Literal('subscribe'), ...mayBeNamed, ...whichChannels },
    from_sequence: Type.Optional(Type.Integer({ minimum: 0, description: 'Everything through it is known.' })),
    journal: Type.Optional(journal),
    format: Type.Optional(format),
  },
  'Subscribes to channels',
);
const unsubscribe = message(
  { type: Type.Literal('unsubscribe'), ...mayBeNamed, ...whichChannels },
  'Ends subscriptions',
);
const ping = message({ type: Type.Literal('ping'), ...mayBeNamed }, 'Asks for a sign of life');

function request<P extends Type.TSchema>(method: string, params: P, title: string) {
  const timing = Type.Optional(Type.Boolean({ description: 'Whether the reply says where its time went.' }));
  return message({ id: requestId, method: Type.Literal(method), params, timing }, title);
}

/** The requests that HTTP has under an order's path, with the order among their members. */
function ofOrder(schema: Type.TUnion<Type.TObject[]>) {
  const kinds = schema.anyOf.map(({ properties }) => message({ order_id: orderId, ...properties }, 'Of an order'));
  return Type.Union(kinds);
}

const massCancel = message(
  {
    client_id: clientId,
    instrument: Type.Optional(Type.String({ description: 'Of every one when left out.' })),
    side: Type.Optional(side),
    idempotency_key: Type.Optional(
      text(IDEMPOTENCY_KEY_BYTES_MAX, 'The same key with the same request gives the first reply again.'),
    ),
  },
  "A client's orders",
);
const onDisconnect = message({ client_id: clientId, enabled: Type.Boolean() }, 'Whether orders end with the socket');
const cancelAfter = message(
  {
    client_id: clientId,
    timeout_ms: Type.Integer({ minimum: 0, maximum: CANCEL_AFTER_MS_MAX, description: '0 disarms; at most a day.' }),
  },
  'When orders end',
);

/** By the name of the message. */
export const CLIENT_MESSAGES = {
  ...{ subscribe, unsubscribe, ping },
  place: request('order.place', OrderRequestSchema, 'Places an order, or says what it would do (dry_run)'),
  cancel: request('order.cancel', ofOrder(CancelRequestSchema), 'Cancels an order'),
  amend: request('order.amend', ofOrder(AmendRequestSchema), 'Changes price or total quantity of an order'),
  replace: request('order.replace', ofOrder(ReplaceRequestSchema), 'Places an order in the stead of another'),
  cancelAll: request('order.cancel_all', massCancel, 'Cancels many orders at once'),
  status: request('order.status', message({ order_id: orderId }, 'An order'), 'An order as it is'),
  cancelOnDisconnect: request(
    'session.cancel_on_disconnect',
    onDisconnect,
    "Cancels a client's orders when this socket ends",
  ),
  cancelAfter: request(
    'session.cancel_after',
    cancelAfter,
    "Cancels a client's orders unless another such request comes in time",
  ),
} as const;

// --- What the server answers ---

const subscribed = Type.Union([
  message(
    { name: oneOf(CHANNEL_NAMES.filter((name) => name !== 'user')), instruments: Type.Array(Type.String()), format },
    'Of instruments',
  ),
  message({ name: Type.Literal('user'), clients: Type.Array(Type.String()), format }, 'Of clients'),
]);

const us = Type.Integer({ minimum: 0 });
const timing = Type.Optional(
  message({ receive_us: us, ring_us: us, journal_us: us, match_us: us, send_us: us }, 'Where the time went'),
);
const result = Type.Union([
  ...[OrderReplySchema, DryRunSchema, CancelReplySchema, MassCancelReplySchema, OrderSchema],
  ...[onDisconnect, cancelAfter],
]);

const answers = {
  subscriptions: message(
    { type: Type.Literal('subscriptions'), ...mayBeNamed, channels: Type.Array(subscribed) },
    'All that the socket is subscribed to',
  ),
  pong: message({ type: Type.Literal('pong'), ...mayBeNamed, time }, 'A sign of life'),
  error: message({ type: Type.Literal('error'), ...mayBeNamed, error: ProblemSchema }, 'What was wrong with a request'),
  result: message(
    {
      id: requestId,
      status: Type.Integer({ minimum: 200, maximum: 299, description: "HTTP's." }),
      replayed: Type.Optional(Type.Literal(true, { description: 'The key was known: the first reply again.' })),
      ...{ result, timing },
    },
    'What came of a request about orders',
  ),
  refusal: message(
    {
      id: nullOr(requestId),
      status: Type.Integer({ minimum: 400, maximum: 599, description: "HTTP's." }),
      replayed: Type.Optional(Type.Literal(true)),
      ...{ error: ProblemSchema, timing },
    },
    'Why a request about orders was not carried out',
  ),
};

// --- What channels send ---

const sequence = Type.Integer({ minimum: 0, description: 'The command after which it is so.' });
const ofInstrument = { instrument: Type.String() };
const ofClient = { client_id: Type.String() };
const checksum = { checksum: Type.String({ pattern: '^[0-9a-f]{16}$', description: "The whole book's." }) };
/** Of `full`: those that were missed have none, but for the newest. */
const mayHaveChecksum = { checksum: Type.Optional(checksum.checksum) };
const level = Type.Tuple([decimal, decimal], { description: 'Price, quantity.' });
const levels = Type.Array(level, { description: 'Best first.' });
const change = Type.Tuple([side, decimal, decimal], { description: 'Side, price, the quantity there now.' });
const resting = Type.Tuple([uuid, side, decimal, decimal], { description: 'Order, side, price, displayed quantity.' });
const LEVEL_CHANNELS = ['level2', 'level2_batch'] as const;

/** A message that may come in parts: all but the last have `more`, and not what is known at the end only. */
function inParts<M extends Members, E extends Members>(members: M, atEnd: E, title: string) {
  return Type.Union(
    [
      message({ ...members, ...atEnd }, `${title}: whole, or the last part`),
      message({ ...members, more: Type.Literal(true) }, `${title}: a part that others follow`),
    ],
    { title },
  );
}

function beginning<N extends string, W extends Members, C extends Members>(
  channels: readonly N[],
  whose: W,
  content: C,
) {
  const head = { type: Type.Literal('snapshot'), channel: oneOf(channels), ...whose, sequence, time };
  return { ...head, reason: oneOf(SNAPSHOT_REASONS), journal, ...content };
}

function update<T extends string, N extends string, W extends Members, L extends Members, E extends Members>(
  type: T,
  channels: readonly N[],
  whose: W,
  list: L,
  atEnd: E,
  title: string,
) {
  const prev = { prev_sequence: Type.Integer({ minimum: 0, description: 'Of the message before of this channel.' }) };
  const head = { type: Type.Literal(type), channel: oneOf(channels), ...whose, sequence, ...prev, time };
  return inParts({ ...head, ...list }, atEnd, title);
}

/** Of a channel without numbers in a row. */
function newest<T extends string, N extends string, C extends Members>(type: T, channel: N, content: C, title: string) {
  const head = { type: Type.Literal(type), channel: Type.Literal(channel), ...ofInstrument, sequence, time };
  return message({ ...head, ...content }, title);
}

const trade = {
  ...{ trade_id: uuid, maker_order_id: uuid, taker_order_id: uuid },
  side: oneOf(SIDE_TEXTS),
  ...{ price: decimal, quantity: decimal },
};
const orderChange = oneOf(ORDER_CHANGE_TEXTS);
const displayedChange = message(
  { change: orderChange, order_id: uuid, side, price: decimal, delta: signedDecimal },
  'By how much what an order displays changed',
);
const fullTrade = message({ change: Type.Literal('trade'), ...trade }, 'A trade');
const userOrder = message({ change: orderChange, order: OrderSchema }, 'An order as the command left it');
const userTrade = message({ change: Type.Literal('trade'), trade: DetailedTradeSchema }, 'A trade of the client');
const orders = { orders: Type.Array(resting, { description: 'Bids, then asks, best first, in queue order.' }) };
const openOrders = {
  orders: Type.Array(OrderSchema, { description: 'At most 1,000, by instrument, then as they were placed.' }),
  next: nullOr(Type.String({ description: 'What `after` of GET /clients/:id/orders takes for the others.' })),
};
const orNull = nullOr(decimal);

const events = {
  full: { events: Type.Array(Type.Union([displayedChange, fullTrade])) },
  user: { events: Type.Array(Type.Union([userOrder, userTrade])) },
};
const changes = { changes: Type.Array(change) };
const trades = { trades: Type.Array(message(trade, 'A trade')) };
const lastTrade = { trade_id: nullOr(uuid), side: nullOr(side), price: orNull, quantity: orNull };
const bestPrices = { best_bid: orNull, best_bid_quantity: orNull, best_ask: orNull, best_ask_quantity: orNull };
const prices = { open: orNull, high: orNull, low: orNull, close: orNull };
const minute = { interval: Type.Literal('1m'), start: time, ...prices, volume: decimal, trades: count };
const sequenceOf = (description: string) => Type.Integer({ minimum: 0, description });
const interval = {
  from_sequence: sequenceOf('As it was asked for: everything through it is known.'),
  sequence: sequenceOf('Once a message of it is there, what was missed is; at most from_sequence: nothing was.'),
};
const resumed = [
  { channel: oneOf([...LEVEL_CHANNELS, 'full', 'matches']), ...ofInstrument },
  { channel: Type.Literal('user'), ...ofClient },
].map((about) => message({ type: Type.Literal('resumed'), ...about, ...interval }, 'What was missed follows'));
const conflated = {
  ...{ type: Type.Literal('conflated'), channel: oneOf(['level2_batch', 'ticker', 'candles', 'heartbeat']) },
  ...ofInstrument,
  from: sequenceOf('Of the last message that was sent before.'),
  to: sequenceOf('Of the message that comes next; those between are left out.'),
};
const books = {
  level2: beginning(LEVEL_CHANNELS, ofInstrument, { bids: levels, asks: levels, ...checksum }),
  full: beginning(['full'], ofInstrument, { ...orders, ...checksum }),
};

const channelMessages = {
  level2Snapshot: message(books.level2, 'The whole book'),
  l2update: update('l2update', LEVEL_CHANNELS, ofInstrument, changes, checksum, 'What changed of the book'),
  fullSnapshot: inParts(books.full, {}, 'All resting orders'),
  full: update(
    'full',
    ['full'],
    ofInstrument,
    events.full,
    mayHaveChecksum,
    'What a command did to the orders of the book',
  ),
  matchesSnapshot: message(beginning(['matches'], ofInstrument, {}), 'Where trades begin'),
  match: update('match', ['matches'], ofInstrument, trades, {}, 'The trades of a command'),
  userSnapshot: message(beginning(['user'], ofClient, openOrders), "A client's open orders"),
  user: update('user', ['user'], ofClient, events.user, {}, "What a command did to a client's orders"),
  ticker: newest('ticker', 'ticker', { ...lastTrade, ...bestPrices }, 'The last trade and the best prices'),
  candle: newest('candle', 'candles', minute, 'The trades of a minute'),
  heartbeat: newest('heartbeat', 'heartbeat', { last_trade_id: nullOr(uuid) }, 'A sign of life, each second'),
  resumed: Type.Union(resumed, { title: 'What was missed follows' }),
  conflated: message(conflated, 'Messages that were left out'),
};

/** By the name of the message. */
export const SERVER_MESSAGES = { ...answers, ...channelMessages } as const;

export type WsMessageName = keyof typeof CLIENT_MESSAGES | keyof typeof SERVER_MESSAGES;

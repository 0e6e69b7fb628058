// Schemas of request bodies and replies: plain JSON Schema, for whoever checks from outside. Not on any hot path: requests
// are read by order-request.ts and its siblings, which a test holds to these schemas.
// What a schema cannot say (multiples of the tick, bounds of the instrument, lengths in bytes) stands in descriptions.

import Type from 'typebox';
import { CLIENT_ID_BYTES_MAX, IDEMPOTENCY_KEY_BYTES_MAX } from '../domain/command.ts';
import { ORDER_STATUS_TEXTS, ORDER_TYPE_TEXTS, SIDE_TEXTS, TIME_IN_FORCE_TEXTS } from './enum-texts.ts';
import { PROBLEMS } from './problem.ts';

const CLOSED = { additionalProperties: false };
/** No control characters, no line separators. */
const PRINTABLE = '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$';
/** JSON's grammar for numbers, above zero. */
const POSITIVE_DECIMAL = '^(?=[0-9.]*[1-9])(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$';

function oneOf(texts: readonly string[]) {
  return Type.Union(texts.filter((text) => text !== '').map((text) => Type.Literal(text)));
}

function text(bytesMax: number, description: string) {
  return Type.String({
    minLength: 1,
    maxLength: bytesMax,
    pattern: PRINTABLE,
    description: `${description} At most ${bytesMax} bytes of UTF-8, without control characters.`,
  });
}

function amount(description: string) {
  return Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.String({ pattern: POSITIVE_DECIMAL })], {
    description: `${description} A number or a decimal string; either is read exactly as written.`,
  });
}

const clientId = text(CLIENT_ID_BYTES_MAX, 'Who asks.');
const idempotencyKey = text(
  IDEMPOTENCY_KEY_BYTES_MAX,
  'The same key with the same request gives the first reply again.',
);
const price = amount('A multiple of the tick, within the bounds of the instrument.');
const quantity = amount('A multiple of the lot, within the bounds of the instrument.');

const anyOrder = {
  idempotency_key: idempotencyKey,
  client_id: clientId,
  instrument: Type.Optional(Type.String({ description: 'May be left out when there is only one.' })),
  side: oneOf(SIDE_TEXTS),
  quantity,
  stp: Type.Optional(Type.Literal('none')),
  dry_run: Type.Optional(Type.Literal(false)),
};
const neverPostOnly = Type.Optional(Type.Literal(false));

export const OrderRequestSchema = Type.Union(
  [
    Type.Object(
      {
        ...anyOrder,
        type: Type.Literal('limit'),
        price,
        time_in_force: Type.Optional(Type.Literal('GTC')),
        post_only: Type.Optional(Type.Boolean()),
      },
      { ...CLOSED, title: 'Limit order that may rest' },
    ),
    Type.Object(
      { ...anyOrder, type: Type.Literal('limit'), price, time_in_force: Type.Literal('IOC'), post_only: neverPostOnly },
      { ...CLOSED, title: 'Limit order, immediate or cancel' },
    ),
    Type.Object(
      {
        ...anyOrder,
        type: Type.Literal('market'),
        time_in_force: Type.Optional(oneOf(TIME_IN_FORCE_TEXTS)),
        post_only: neverPostOnly,
      },
      { ...CLOSED, title: 'Market order', description: 'Never rests: GTC is taken as IOC.' },
    ),
  ],
  { title: 'Order request' },
);

export const CancelRequestSchema = Type.Union(
  [
    Type.Object({ client_id: Type.Optional(clientId) }, CLOSED),
    Type.Object({ client_id: clientId, idempotency_key: idempotencyKey }, CLOSED),
  ],
  { title: 'Cancel request', description: 'The body may be left out.' },
);

const amendedClient = { client_id: Type.Optional(clientId) };
const amendedKey = { client_id: clientId, idempotency_key: idempotencyKey };
const amendedPrice = { price, quantity: Type.Optional(quantity) };
const amendedQuantity = { price: Type.Optional(price), quantity };

export const AmendRequestSchema = Type.Union(
  [
    Type.Object({ ...amendedClient, ...amendedPrice }, CLOSED),
    Type.Object({ ...amendedClient, ...amendedQuantity }, CLOSED),
    Type.Object({ ...amendedKey, ...amendedPrice }, CLOSED),
    Type.Object({ ...amendedKey, ...amendedQuantity }, CLOSED),
  ],
  { title: 'Amend request', description: 'At least one of price and quantity; quantity is the new total.' },
);

const uuid = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
  description: 'A UUID of version 8.',
});
const decimal = Type.String({ pattern: '^(0|[1-9][0-9]*)(\\.[0-9]+)?$', description: "At the instrument's scale." });
const nullOr = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const sequence = Type.Integer({ minimum: 1, description: 'Place in the one order of all commands.' });
const time = Type.String({
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$',
  description: 'UTC, microseconds.',
});

const order = {
  order_id: uuid,
  client_id: Type.String(),
  instrument: Type.String(),
  side: oneOf(SIDE_TEXTS),
  type: oneOf(ORDER_TYPE_TEXTS),
  price: nullOr(decimal),
  quantity: decimal,
  filled_quantity: decimal,
  remaining_quantity: decimal,
  cancelled_quantity: decimal,
  prevented_quantity: decimal,
  average_price: nullOr(decimal),
  status: oneOf(ORDER_STATUS_TEXTS),
  time_in_force: oneOf(TIME_IN_FORCE_TEXTS),
  post_only: Type.Boolean(),
  reject_reason: nullOr(Type.String()),
  sequence,
  created_at: time,
  updated_at: time,
};

const fill = Type.Object({ trade_id: uuid, maker_order_id: uuid, price: decimal, quantity: decimal }, CLOSED);

export const OrderSchema = Type.Object(order, { ...CLOSED, title: 'Order' });

export const OrderReplySchema = Type.Object(
  {
    ...order,
    trades: Type.Array(fill, { description: 'What it executed on arrival, in order; the first hundred.' }),
    trades_total: Type.Integer({ minimum: 0 }),
  },
  { ...CLOSED, title: 'Order with its trades' },
);

export const CancelReplySchema = Type.Object(
  { message: Type.String(), order: OrderSchema },
  { ...CLOSED, title: 'Cancelled order' },
);

const trade = {
  trade_id: uuid,
  instrument: Type.String(),
  price: decimal,
  quantity: decimal,
  side: Type.Union([Type.Literal('buy'), Type.Literal('sell')], { description: "The taker's side." }),
  buy_order_id: uuid,
  sell_order_id: uuid,
  sequence,
  executed_at: time,
};

export const TradeSchema = Type.Object(trade, { ...CLOSED, title: 'Trade' });

export const DetailedTradeSchema = Type.Object(
  { ...trade, buy_client_id: Type.Optional(Type.String()), sell_client_id: Type.Optional(Type.String()) },
  { ...CLOSED, title: 'Trade with its clients', description: 'A setting leaves the clients out.' },
);

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ pattern: '^urn:ringbook:error:[a-z_]+$' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String(),
    code: oneOf(Object.keys(PROBLEMS)),
    field: Type.Optional(Type.String()),
    request_id: Type.String(),
    executed: oneOf(['no', 'yes', 'unknown']),
    retry: oneOf(['same-key', 'later', 'never']),
  },
  { ...CLOSED, title: 'Problem (RFC 9457)' },
);

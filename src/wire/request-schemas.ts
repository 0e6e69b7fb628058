// Schemas of request bodies: plain JSON Schema, for the OpenAPI document and for whoever checks from outside. Not on any hot
// path: requests are read by order-request.ts and its siblings, which a test holds to these schemas. What a schema cannot
// say (multiples of the tick, bounds of the instrument, lengths in bytes) stands in descriptions.

import Type from 'typebox';
import { CLIENT_ID_BYTES_MAX, IDEMPOTENCY_KEY_BYTES_MAX } from '../domain/command.ts';
import { INSTRUMENT_STATUS_TEXTS, SELF_TRADE_TEXTS, SIDE_TEXTS } from './enum-texts.ts';
import { amount, amountOrZero, CLOSED, nullOr, oneOf, text } from './schema-parts.ts';

const clientId = text(CLIENT_ID_BYTES_MAX, 'Who asks.');
const idempotencyKey = text(
  IDEMPOTENCY_KEY_BYTES_MAX,
  'The same key with the same request gives the first reply again.',
);
const price = amount('A multiple of the tick, within the bounds of the instrument.');
const quantity = amount('A multiple of the lot, within the bounds of the instrument.');
const expiresAt = Type.Union(
  [
    Type.Number({ exclusiveMinimum: 0 }),
    Type.String({
      pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6}0*)?(Z|[+-][0-9]{2}:[0-9]{2})$',
    }),
  ],
  {
    description:
      'When the order ends: ISO 8601, to microseconds, or milliseconds since the epoch. Before the year 2255.',
  },
);
const instrument = Type.Optional(Type.String({ description: 'The first listed one when left out.' }));
const side = oneOf(SIDE_TEXTS);

type Members = Readonly<Record<string, Type.TSchema>>;

const stop = {
  stop_price: amount(
    'The last trade price that triggers the order: at or above it for a buy, at or below it for a sell.',
  ),
};
const mayStop = { stop_price: Type.Optional(stop.stop_price) };
const neverPostOnly = { post_only: Type.Optional(Type.Literal(false)) };
const display = {
  display_quantity: Type.Optional(amount('What is shown of the quantity, at most all of it. A multiple of the lot.')),
};
const untilCancelled = { time_in_force: Type.Optional(Type.Literal('GTC')) };
const untilTime = { time_in_force: oneOf(['GTT', 'GTD']), expires_at: expiresAt };
const limit = { type: Type.Literal('limit'), price, quantity };
const market = { type: Type.Literal('market'), ...neverPostOnly };
const mayProtect = {
  protection_price: Type.Optional(amount('A worse price is not traded at. A multiple of the tick.')),
};
const slippage = {
  max_slippage: amountOrZero('Greatest distance from the best opposite price on arrival. A multiple of the tick.'),
};
const quote = { quote_quantity: amount('What the order may spend or earn, instead of a quantity.') };

/** Every kind of order there is, of the members all have. */
function ordersOf(common: Members, title: string) {
  const order = (kind: string, ...members: readonly Members[]) =>
    Type.Object(Object.assign({}, common, ...members), { ...CLOSED, title: kind });
  const atOnce = { time_in_force: Type.Optional(oneOf(['GTC', 'IOC', 'FOK'])) };
  return Type.Union(
    [
      order('Limit order', limit, untilCancelled, { post_only: Type.Optional(Type.Boolean()) }, display),
      order('Limit order until a time', limit, untilTime, { post_only: Type.Optional(Type.Boolean()) }, display),
      order('Stop-limit order', limit, untilCancelled, neverPostOnly, display, stop),
      order('Stop-limit order until a time', limit, untilTime, neverPostOnly, display, stop),
      order(
        'Limit order, immediate or killed',
        limit,
        { time_in_force: oneOf(['IOC', 'FOK']) },
        neverPostOnly,
        mayStop,
      ),
      order('Market order', market, { quantity }, atOnce, mayStop, mayProtect),
      order('Market order with a greatest slippage', market, { quantity }, atOnce, slippage),
      order('Stop-market order until a time', market, { quantity }, untilTime, stop, mayProtect),
      order(
        'Market order by quote amount',
        market,
        quote,
        { time_in_force: Type.Optional(oneOf(['GTC', 'IOC'])) },
        mayProtect,
      ),
      order(
        'Market order by quote amount with a greatest slippage',
        market,
        quote,
        { time_in_force: Type.Optional(oneOf(['GTC', 'IOC'])) },
        slippage,
      ),
    ],
    { title, description: 'A market order never rests: GTC is taken as IOC. GTD is GTT.' },
  );
}

const anyOrder = {
  idempotency_key: idempotencyKey,
  client_id: clientId,
  stp: Type.Optional(
    Type.Union(
      SELF_TRADE_TEXTS.map((mode) => Type.Literal(mode)),
      {
        description:
          "When the order meets its own client's: they trade (none), both are decremented (dc), the oldest (co), the newest (cn) or both (cb) are cancelled.",
      },
    ),
  ),
};

const dryRun = { description: 'Only says what would happen, and needs no idempotency_key.' };

export const OrderRequestSchema = Type.Intersect(
  [
    ordersOf(
      {
        ...anyOrder,
        idempotency_key: Type.Optional(idempotencyKey),
        instrument,
        side,
        dry_run: Type.Optional(Type.Boolean(dryRun)),
      },
      'Order request',
    ),
    Type.Union([
      Type.Object({ idempotency_key: idempotencyKey }, { title: 'An order' }),
      Type.Object({ dry_run: Type.Literal(true) }, { title: 'A dry run' }),
    ]),
  ],
  { title: 'Order request' },
);

export const ReplaceRequestSchema = ordersOf(
  {
    ...anyOrder,
    instrument: Type.Optional(Type.String({ description: 'That of the order it replaces, if any.' })),
    side: Type.Optional(side),
  },
  'Replacement: cancels an order and places another in its stead, or does neither',
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

const scale = (of: string) =>
  Type.Optional(
    Type.Integer({ minimum: 0, maximum: 14, description: `Decimals of ${of}; otherwise as many as are written.` }),
  );
const feeBps = Type.Optional(
  Type.Union(
    [
      Type.Number({ minimum: -10_000, maximum: 10_000 }),
      Type.String({ pattern: '^-?(0|[1-9][0-9]*)(\\.[0-9]{1,2})?$' }),
    ],
    {
      description: 'Basis points of the notional, at most two decimals; negative is a rebate.',
    },
  ),
);

export const InstrumentRequestSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Z0-9][A-Z0-9._/-]{0,15}$' }),
    base: Type.Optional(Type.String({ pattern: '^[A-Z0-9]{1,8}$' })),
    quote: Type.Optional(Type.String({ pattern: '^[A-Z0-9]{1,8}$' })),
    tick: Type.Optional(amount('Prices are multiples of it.')),
    lot: Type.Optional(amount('Quantities are multiples of it.')),
    price_scale: scale('prices'),
    quantity_scale: scale('quantities'),
    min_price: Type.Optional(amount('Otherwise the tick.')),
    max_price: Type.Optional(amount('Otherwise 100,000,000, as far as 2^46 ticks reach.')),
    min_quantity: Type.Optional(amount('Otherwise the lot.')),
    max_quantity: Type.Optional(amount('Otherwise 1,000,000, as far as 2^51 lots reach.')),
    price_band_bps: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000, description: '0: no band.' })),
    reference_price: Type.Optional(amountOrZero("The band's until the first trade; 0: none.")),
    maker_fee_bps: feeBps,
    taker_fee_bps: feeBps,
    status: Type.Optional(oneOf(INSTRUMENT_STATUS_TEXTS)),
  },
  {
    ...CLOSED,
    title: 'Instrument',
    description:
      'A new one needs base, quote, tick and lot. Of one that is there, what is left out stays, but a minimum below a tick or lot that is named is raised to it; name, currencies and scales always stay.',
  },
);

export const InstrumentStatusRequestSchema = Type.Object(
  { status: oneOf(INSTRUMENT_STATUS_TEXTS) },
  { ...CLOSED, title: 'Instrument status' },
);

export const KillSwitchRequestSchema = Type.Union(
  [
    Type.Object(
      {
        engaged: Type.Literal(true, { description: 'While it is, only cancels pass.' }),
        cancel_orders: Type.Optional(Type.Boolean({ description: "Also cancels every client's orders." })),
      },
      CLOSED,
    ),
    Type.Object({ engaged: Type.Literal(false), cancel_orders: Type.Optional(Type.Literal(false)) }, CLOSED),
  ],
  { title: 'Kill switch' },
);

export const ClientLimitsRequestSchema = Type.Object(
  {
    instrument,
    max_open_orders: Type.Optional(nullOr(Type.Integer({ minimum: 1, maximum: 1_000_000_000 }))),
    max_order_quantity: Type.Optional(nullOr(amount('Of one order.'))),
    max_order_notional: Type.Optional(nullOr(amount('Price times quantity of one order.'))),
    max_position: Type.Optional(nullOr(amount('With everything open executed.'))),
  },
  {
    ...CLOSED,
    title: 'Limits of a client',
    description: 'All of them for one instrument: what is left out or null is no limit.',
  },
);

export const SettlementRequestSchema = Type.Object(
  { idempotency_key: Type.Optional(idempotencyKey) },
  { ...CLOSED, title: 'End of a settlement cycle', description: 'The body may be left out.' },
);

export const SnapshotRequestSchema = Type.Object(
  {},
  { ...CLOSED, title: 'Snapshot', description: 'The body may be left out.' },
);

export const ResumeRequestSchema = Type.Object(
  {},
  { ...CLOSED, title: 'Resumption', description: 'The body may be left out.' },
);

export const BalanceAdjustmentRequestSchema = Type.Object(
  {
    client_id: clientId,
    idempotency_key: idempotencyKey,
    currency: Type.String({ pattern: '^[A-Z0-9]{1,8}$' }),
    amount: amount('At most 14 decimals.'),
  },
  { ...CLOSED, title: 'Deposit or withdrawal' },
);

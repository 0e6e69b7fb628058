// Schemas of replies: plain JSON Schema, for the OpenAPI document and for whoever checks from outside. Not on any hot path.

import Type from 'typebox';
import { DRY_RUN_ORDERS_MAX } from '../domain/rules/dry-run.ts';
import {
  INSTRUMENT_STATUS_TEXTS,
  ORDER_STATUS_TEXTS,
  ORDER_TYPE_TEXTS,
  SELF_TRADE_TEXTS,
  SIDE_TEXTS,
  TIME_IN_FORCE_TEXTS,
} from './enum-texts.ts';
import { PROBLEMS } from './problem.ts';
import { CLOSED, count, decimal, nullOr, oneOf, SIGNED, sequence, signedDecimal, time, uuid } from './schema-parts.ts';

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
  reject_reason: nullOr(
    Type.String({ description: 'Why it was rejected or cancelled: a name of the table of reasons.' }),
  ),
  sequence,
  created_at: time,
  updated_at: time,
  // Only when the order has them.
  stp: Type.Optional(oneOf(SELF_TRADE_TEXTS.slice(1))),
  protection_price: Type.Optional(decimal),
  max_slippage: Type.Optional(decimal),
  stop_price: Type.Optional(decimal),
  triggered: Type.Optional(Type.Boolean({ description: 'Whether the stop price was reached.' })),
  display_quantity: Type.Optional(decimal),
  expires_at: Type.Optional(time),
};

const fill = Type.Object({ trade_id: uuid, maker_order_id: uuid, price: decimal, quantity: decimal }, CLOSED);

export const OrderSchema = Type.Object(order, { ...CLOSED, title: 'Order' });

export const OrderReplySchema = Type.Object(
  {
    ...order,
    trades: Type.Array(fill, { description: 'What it executed on arrival, in order; the first hundred.' }),
    trades_total: count,
  },
  { ...CLOSED, title: 'Order with its trades' },
);

export const CancelReplySchema = Type.Object(
  { message: Type.String(), order: OrderSchema },
  { ...CLOSED, title: 'Cancelled order' },
);

const DRY_RUN_BOUND = `422 dry_run_too_large when the order would meet more than ${DRY_RUN_ORDERS_MAX} orders.`;

export const DryRunSchema = Type.Object(
  {
    dry_run: Type.Literal(true),
    sequence: Type.Integer({ minimum: 0, description: 'The command after which it would be so.' }),
    reason: nullOr(
      Type.String({ description: 'Why it would be rejected, or why what is left of it would be cancelled.' }),
    ),
    filled_quantity: decimal,
    resting_quantity: decimal,
    trades: Type.Array(Type.Object({ price: decimal, quantity: decimal }, CLOSED)),
    trades_total: count,
  },
  {
    ...CLOSED,
    title: 'Dry run',
    description: `Stops that the trades would trigger are not followed. ${DRY_RUN_BOUND}`,
  },
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

const fee = Type.Optional(
  Type.String({ pattern: SIGNED, description: 'In the quote currency; negative is a rebate.' }),
);

export const DetailedTradeSchema = Type.Object(
  {
    ...trade,
    buy_client_id: Type.Optional(Type.String()),
    sell_client_id: Type.Optional(Type.String()),
    maker_fee: fee,
    taker_fee: fee,
  },
  { ...CLOSED, title: 'Trade with its clients and fees', description: 'A setting leaves the clients out.' },
);

const level = Type.Object(
  { price: Type.Number(), quantity: Type.Number(), cumulative: Type.Number() },
  { ...CLOSED, title: 'Price level' },
);

export const OrderBookSchema = Type.Object(
  { instrument: Type.String(), sequence: count, asks: Type.Array(level), bids: Type.Array(level) },
  { ...CLOSED, title: 'Order book, best prices first' },
);

const instrument = {
  name: Type.String(),
  base: Type.String(),
  quote: Type.String(),
  tick: decimal,
  lot: decimal,
  price_scale: count,
  quantity_scale: count,
  min_price: decimal,
  max_price: decimal,
  min_quantity: decimal,
  max_quantity: decimal,
  price_band_bps: count,
  reference_price: nullOr(decimal),
  maker_fee_bps: signedDecimal,
  taker_fee_bps: signedDecimal,
  status: oneOf(INSTRUMENT_STATUS_TEXTS),
};

export const InstrumentSchema = Type.Object(
  { number: Type.Integer({ minimum: 0, description: 'What binary frames of /ws call it.' }), ...instrument },
  { ...CLOSED, title: 'Instrument' },
);

export const InstrumentReplySchema = Type.Object(
  { ...instrument, sequence },
  { ...CLOSED, title: 'Instrument after a command' },
);

const limits = Type.Object(
  {
    max_open_orders: nullOr(count),
    max_order_quantity: nullOr(decimal),
    max_order_notional: nullOr(decimal),
    max_position: nullOr(decimal),
  },
  { ...CLOSED, description: 'null where there is none.' },
);

export const ClientOrdersSchema = Type.Object(
  {
    client_id: Type.String(),
    sequence: Type.Integer({ minimum: 0, description: 'The command after which it was so.' }),
    orders: Type.Array(OrderSchema, { description: 'By instrument, as they were added, then as they were placed.' }),
    next: nullOr(
      Type.String({
        description: 'What to give as `after` for the next page, which may be empty; null: this is the last.',
      }),
    ),
  },
  { ...CLOSED, title: 'Live orders of a client' },
);

export const PositionsSchema = Type.Object(
  {
    client_id: Type.String(),
    positions: Type.Array(
      Type.Object(
        {
          instrument: Type.String(),
          net_quantity: signedDecimal,
          average_price: nullOr(decimal),
          cost: signedDecimal,
          realised_profit: signedDecimal,
          fees: signedDecimal,
          cycle_net_quantity: signedDecimal,
          cycle_net_amount: signedDecimal,
          open_orders: count,
          open_buy_quantity: decimal,
          open_sell_quantity: decimal,
          limits,
        },
        CLOSED,
      ),
    ),
  },
  { ...CLOSED, title: 'Positions of a client' },
);

export const BalancesSchema = Type.Object(
  {
    client_id: Type.String(),
    balances: Type.Array(
      Type.Object(
        { currency: Type.String(), balance: signedDecimal, held: signedDecimal, available: signedDecimal },
        CLOSED,
      ),
    ),
  },
  { ...CLOSED, title: 'Balances of a client' },
);

const settledCycle = { cycle: count, sequence, closed_at: time };

export const SettlementsSchema = Type.Object(
  {
    sequence: Type.Integer({ minimum: 0, description: 'The newest command.' }),
    closed_cycles: Type.Integer({ minimum: 0, description: 'Cycles that are closed: the number of the last one.' }),
    projected_sequence: Type.Integer({
      minimum: 0,
      description:
        'The command up to which the ledger, Postgres, has come: cycles that were closed later are not listed.',
    }),
    settlements: Type.Array(Type.Object({ ...settledCycle, obligations: count }, { ...CLOSED, title: 'Settlement' }), {
      description: 'Newest first.',
    }),
  },
  { ...CLOSED, title: 'Settlements' },
);

export const SettlementSchema = Type.Object(
  {
    ...settledCycle,
    obligations_total: count,
    obligations: Type.Array(
      Type.Object(
        {
          client_id: nullOr(Type.String({ description: 'null is the venue.' })),
          currency: Type.String(),
          amount: signedDecimal,
        },
        CLOSED,
      ),
      { description: "The first 2,000, or one client's. Positive is received. All sum to zero in every currency." },
    ),
  },
  { ...CLOSED, title: 'Settlement with its obligations' },
);

export const SettlementReplySchema = Type.Object({ cycle: count, sequence }, { ...CLOSED, title: 'Settlement closed' });

export const MassCancelReplySchema = Type.Object(
  { cancelled: count, sequence },
  { ...CLOSED, title: 'Orders cancelled' },
);

export const AppliedReplySchema = Type.Object({ sequence }, { ...CLOSED, title: 'Applied' });

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

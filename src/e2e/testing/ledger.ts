// For the whole-system tests: the ledger as plain SQL sees it, and what is wrong with it after a reckoning. Reads only.

import pg from 'pg';
import type { PostgresConnection } from '../../ledger/embedded-postgres.ts';
import type { Keeper } from './keeper.ts';
import { decimalOf, QUANTITY_SCALE } from './orders.ts';
import { differences, expectedStatus, type Reckoning, tradeLine } from './reckoning.ts';
import { eventually } from './waiting.ts';

interface TradeRow {
  readonly trade_id: string;
  readonly taker_side: string;
  readonly buy_order_id: string;
  readonly sell_order_id: string;
  readonly price: string;
  readonly quantity: string;
}

const TRADES = `SELECT trade_id, taker_side, buy_order_id, sell_order_id, price::text, quantity::text FROM trades`;
/** Ticks times lots: exact, or it shows decimals. */
const ORDERS = `SELECT concat_ws(' ', order_id, client_id, side, type, coalesce(price::text, '-'), quantity, filled_quantity,
  status, 'notional', trim_scale(notional * 10000000000), 'placed at', order_number) AS line FROM orders`;
const COUNTS = `SELECT count(*)::int AS count, count(DISTINCT trade_number)::int AS "distinct",
  count(DISTINCT trade_id)::int AS ids, coalesce(max(trade_number), 0)::int AS highest FROM trades`;

export class Ledger {
  readonly #client: pg.Client;

  static async open(keeper: Keeper, connection: PostgresConnection): Promise<Ledger> {
    const client = new pg.Client(connection);
    client.on('error', () => {}); // it may be dropped under us at the end
    await client.connect();
    keeper.defer(() => client.end());
    return new Ledger(client);
  }

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  async query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    return (await this.#client.query<Row>(sql)).rows;
  }

  /** Up to which command it is complete; 0 before there is a ledger. */
  async checkpoint(): Promise<number> {
    const rows = await this.query<{ sequence: number }>(
      'SELECT sequence::int AS sequence FROM projection_checkpoint',
    ).catch(() => []);
    return rows[0]?.sequence ?? 0;
  }

  async reaches(sequence: number): Promise<void> {
    await eventually(`the ledger reaches ${sequence}`, async () => (await this.checkpoint()) >= sequence, 20_000);
  }

  counts(): Promise<{ count: number; distinct: number; ids: number; highest: number }[]> {
    return this.query(COUNTS);
  }

  /** What is wrong with it, when it has reached the last command; empty when nothing is. */
  async problems(reckoning: Reckoning): Promise<string[]> {
    const [counts] = await this.counts();
    const total = reckoning.trades.size;
    const expected = { count: total, distinct: total, ids: total, highest: total };
    const same = JSON.stringify(counts) === JSON.stringify(expected);
    const orders = await this.query<{ line: string }>(ORDERS);
    return [
      ...(same ? [] : [`the ledger counts ${JSON.stringify(counts)} instead of ${total} trades`]),
      ...differences('ledger trade', [...reckoning.trades.values()].map(tradeLine), await this.#tradeLines()),
      ...differences(
        'ledger order',
        expectedOrderLines(reckoning),
        orders.map(({ line }) => line),
      ),
    ];
  }

  async #tradeLines(): Promise<string[]> {
    const rows = await this.query<TradeRow & pg.QueryResultRow>(TRADES);
    return rows.map(({ trade_id: tradeId, taker_side, buy_order_id: buy, sell_order_id: sell, price, quantity }) => {
      const [maker, taker] = taker_side === 'buy' ? [sell, buy] : [buy, sell];
      return tradeLine({ tradeId, maker, taker, price, quantity });
    });
  }
}

function expectedOrderLines({ orders }: Reckoning): string[] {
  return [...orders.values()].map((order) => {
    const { told, filled, notional } = order;
    const fill = decimalOf(filled, QUANTITY_SCALE);
    return [
      ...[told.order_id, told.client_id, told.side, told.type, told.price ?? '-', told.quantity, fill],
      ...[expectedStatus(order), 'notional', notional, 'placed at', told.sequence],
    ].join(' ');
  });
}

// For tests: a projector on a flow of orders, something to run it with, and the comparison of ledger and expectation.

import type pg from 'pg';
import { expect } from 'vitest';
import { createRandom } from '../../sim/testing/random.ts';
import { IdKind, PublicIds } from '../../wire/public-id.ts';
import type { LedgerProgress, LedgerState } from '../ledger-progress.ts';
import { readMigrations } from '../migrate.ts';
import { PROJECTOR_LIMITS, Projector, type ProjectorLimits, type ProjectorOptions } from '../projector.ts';
import { FLOW_INSTRUMENTS } from './command-mix.ts';
import { withClient } from './database-client.ts';
import { type ExpectedRow, isOpen } from './expected-ledger.ts';
import { MemorySpool } from './memory-spool.ts';
import { OrderFlow } from './order-flow.ts';

const IDS = new PublicIds(0x1234_5678, 0x9abc_def0);
const DEADLINE_MS = 30_000;
const LOOK_AGAIN_MS = 2;

/** Small chunks and short pauses: many transactions in little time. */
export const QUICK_LIMITS: ProjectorLimits = {
  ...PROJECTOR_LIMITS,
  chunk: { events: 300, bytes: 1 << 20 },
  gatherMs: 0,
  backoff: { firstMs: 1, longestMs: 20 },
  poisonRetryMs: 20,
};

class RecordedProgress implements LedgerProgress {
  current: LedgerState = 0;
  detail = '';
  lastSequence = 0;
  floor = 0;
  readonly errors: string[] = [];
  reconnects = 0;
  chunks = 0;
  rows = 0;

  state(state: LedgerState, detail: string): void {
    this.current = state;
    this.detail = detail;
  }

  checkpoint(sequence: number): void {
    this.lastSequence = sequence;
  }

  spoolFloor(position: number): void {
    this.floor = position;
  }

  chunk(rows: number): void {
    this.chunks++;
    this.rows += rows;
  }

  error(message: string): void {
    this.errors.push(message);
  }

  reconnected(): void {
    this.reconnects++;
  }
}

/** What a projector needs of a spool in memory; a flow into another one brings these as overrides. */
type SpoolOptions = Pick<ProjectorOptions, 'openSpool' | 'spool' | 'recoveredSequence'>;

/** What a projector follows: the sequence that its spool has come to. */
interface Followed {
  readonly sequence: number;
}

export class ProjectorRig<Flow extends Followed = OrderFlow<MemorySpool>> {
  readonly flow: Flow;
  readonly progress = new RecordedProgress();
  readonly projector: Projector;
  #woken: () => void = () => {};

  private constructor(flow: Flow, options: Omit<ProjectorOptions, 'progress' | 'wake'>) {
    this.flow = flow;
    this.projector = new Projector({ ...options, progress: this.progress, wake: () => this.#woken() });
  }

  /** On a flow into a spool in memory; without one, of seed 1. */
  static create(
    connection: pg.ClientConfig,
    flow: OrderFlow<MemorySpool> = new OrderFlow(new MemorySpool(), 1),
    overrides: Partial<ProjectorOptions> = {},
  ): Promise<ProjectorRig> {
    const { spool } = flow;
    const recoveredSequence = () => spool.sequence();
    return ProjectorRig.on(flow, connection, { openSpool: spool.open, spool, recoveredSequence, ...overrides });
  }

  static async on<Flow extends Followed>(
    flow: Flow,
    connection: pg.ClientConfig,
    options: SpoolOptions & Partial<ProjectorOptions>,
  ): Promise<ProjectorRig<Flow>> {
    return new ProjectorRig(flow, {
      connection,
      shard: 0,
      journalId: 'journal-a',
      migrations: await readMigrations(),
      instruments: FLOW_INSTRUMENTS,
      ids: IDS,
      nowMs: () => performance.now(),
      random: createRandom(7),
      limits: QUICK_LIMITS,
      ...options,
    });
  }

  /** Turns of the agent, with the event loop in between, until `done`; or an error that says where it stands. */
  async until(done: () => boolean, deadlineMs = DEADLINE_MS): Promise<void> {
    const endMs = performance.now() + deadlineMs;
    while (!done()) {
      if (performance.now() > endMs) throw new Error(`not done in ${deadlineMs} ms: ${this.#standing()}`);
      if (this.projector.doWork() > 0) await new Promise((resolve) => setImmediate(resolve));
      else await this.#woken$();
    }
  }

  /** Until all that the flow did is in the ledger. */
  caughtUp(): Promise<void> {
    return this.until(() => this.progress.lastSequence === this.flow.sequence);
  }

  #standing(): string {
    const { current, detail, lastSequence, errors } = this.progress;
    return `state ${current} ${detail}, checkpoint ${lastSequence} of ${this.flow.sequence}, errors ${errors.slice(-3).join(' | ')}`;
  }

  #woken$(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(LOOK_AGAIN_MS, this.projector.maxIdleMs()));
      this.#woken = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const US = (column: string, name: string) => `(extract(epoch FROM ${column}) * 1000000)::bigint::text AS ${name}`;

const TRADES = `SELECT trade_number::text, sequence::text, maker_order::text, taker_order::text,
  ${US('executed_at', 'executed_us')}, ${US('maker_created_at', 'maker_created_us')},
  ${US('taker_created_at', 'taker_created_us')}, instrument, taker_side, price::text, quantity::text,
  buy_client_id, sell_client_id, maker_fee::text, taker_fee::text FROM trades ORDER BY trades.trade_number`;

const ordersOf = (table: string) => `SELECT order_number::text, sequence::text, ${US('created_at', 'created_us')},
  ${US('updated_at', 'updated_us')}, client_id, instrument, side, type, time_in_force, status, reject_reason,
  post_only::text, price::text, quantity::text, filled_quantity::text, notional::text, stop_price::text,
  triggered::text, display_quantity::text, ${US('expires_at', 'expires_us')}, stp, prevented_quantity::text,
  protection_price::text, max_slippage::text, by_quote_amount::text
  FROM ${table} ORDER BY ${table}.order_number`;

const SETTLEMENTS = `SELECT cycle::text, sequence::text, ${US('closed_at', 'closed_us')}, obligations::text
  FROM settlements ORDER BY settlements.cycle`;

const OBLIGATIONS = `SELECT cycle::text, client_id, currency, amount::text FROM settlement_obligations
  ORDER BY settlement_obligations.cycle, client_id COLLATE "C" NULLS LAST, currency COLLATE "C"`;

const CANDLES = `SELECT instrument, ${US('opened_at', 'opened_us')}, first_trade::text, last_trade::text, trades::text,
  open::text, high::text, low::text, close::text, volume::text, notional::text
  FROM candles ORDER BY candles.instrument COLLATE "C", opened_at`;
const POSITIONS = `SELECT client_id, instrument, sequence::text, ${US('updated_at', 'updated_us')}, net_quantity::text,
  cost::text, realised_profit::text, fees::text
  FROM positions ORDER BY client_id COLLATE "C", instrument COLLATE "C"`;
const INSTRUMENTS = `SELECT name, instrument_index::text, sequence::text, ${US('changed_at', 'changed_us')}, base, quote,
  price_scale::text, quantity_scale::text, tick::text, lot::text, min_price::text, max_price::text, min_quantity::text,
  max_quantity::text, price_band_bps::text, reference_price::text, maker_fee_rate::text, taker_fee_rate::text, status
  FROM instruments ORDER BY instruments.instrument_index`;

/** Every row and every column, the counts, the ids and the checkpoint. Throws (expect) on any difference. */
export async function expectLedger(connection: pg.ClientConfig, flow: OrderFlow): Promise<void> {
  const { expected } = flow;
  await withClient(connection, async (client) => {
    const rowsOf = async (sql: string) => (await client.query<ExpectedRow>(sql)).rows;
    expect(await rowsOf(INSTRUMENTS)).toEqual(expected.instruments);
    expect(await rowsOf(TRADES)).toEqual(expected.trades);
    const orders = [...expected.orders.values()];
    expect(await rowsOf(ordersOf('open_orders'))).toEqual(orders.filter(isOpen));
    expect(await rowsOf(ordersOf('closed_orders'))).toEqual(orders.filter((order) => !isOpen(order)));
    expect(await rowsOf(ordersOf('orders'))).toEqual(orders);
    expect(await rowsOf(SETTLEMENTS)).toEqual(expected.settlements);
    expect(await rowsOf(OBLIGATIONS)).toEqual(expected.obligations);
    expect(await rowsOf(CANDLES)).toEqual(expected.candles);
    expect(await rowsOf(POSITIONS)).toEqual(expected.positions);
    const unbalanced = `SELECT cycle, currency, sum(amount) FROM settlement_obligations
      GROUP BY cycle, currency HAVING sum(amount) <> 0`;
    expect(await rowsOf(unbalanced)).toEqual([]);
    const [counts] = await rowsOf(`SELECT count(*)::text AS rows, count(DISTINCT trade_number)::text AS numbers,
      (max(trade_number) - min(trade_number) + 1)::text AS span FROM trades`);
    const count = String(expected.trades.length);
    expect(counts).toEqual({ rows: count, numbers: count, span: expected.trades.length === 0 ? null : count });
    const checkpoints = await rowsOf('SELECT sequence::text FROM projection_checkpoint');
    expect(checkpoints).toEqual([{ sequence: String(flow.sequence) }]);
    await expectIds(client);
  });
}

async function expectIds(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ id: string; number: string; us: string; kind: IdKind }>(
    `SELECT order_id::text AS id, order_number::text AS number, ${US('created_at', 'us')}, ${IdKind.ORDER} AS kind FROM orders
     UNION ALL SELECT trade_id::text, trade_number::text, ${US('executed_at', 'us')}, ${IdKind.TRADE} FROM trades
     UNION ALL SELECT CASE taker_side WHEN 'buy' THEN buy_order_id ELSE sell_order_id END::text, taker_order::text,
       ${US('taker_created_at', 'us')}, ${IdKind.ORDER} FROM trades
     UNION ALL SELECT CASE taker_side WHEN 'buy' THEN sell_order_id ELSE buy_order_id END::text, maker_order::text,
       ${US('maker_created_at', 'us')}, ${IdKind.ORDER} FROM trades`,
  );
  const derived = rows.map(({ number, us, kind }) => IDS.toString(kind, Number(number), Number(us)));
  expect(rows.map(({ id }) => id)).toEqual(derived); // at once: there are tens of thousands
}

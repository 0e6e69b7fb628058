// For tests: a projector on a flow of orders, something to run it with, and the comparison of ledger and expectation.

import pg from 'pg';
import { expect } from 'vitest';
import { createRandom } from '../../sim/testing/random.ts';
import { IdKind, PublicIds } from '../../wire/public-id.ts';
import type { LedgerProgress, LedgerState } from '../ledger-progress.ts';
import { readMigrations } from '../migrate.ts';
import { PROJECTOR_LIMITS, Projector, type ProjectorLimits, type ProjectorOptions } from '../projector.ts';
import { MemorySpool } from './memory-spool.ts';
import { type ExpectedRow, FLOW_INSTRUMENTS, isOpen, OrderFlow } from './order-flow.ts';

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

export class ProjectorRig<Flow extends OrderFlow = OrderFlow<MemorySpool>> {
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

  static async on<Flow extends OrderFlow>(
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
  buy_client_id, sell_client_id FROM trades ORDER BY trades.trade_number`;

const ordersOf = (table: string) => `SELECT order_number::text, sequence::text, ${US('created_at', 'created_us')},
  ${US('updated_at', 'updated_us')}, client_id, instrument, side, type, time_in_force, status, reject_reason,
  post_only::text, price::text, quantity::text, filled_quantity::text, notional::text
  FROM ${table} ORDER BY ${table}.order_number`;

/** Every row and every column, the counts, the ids and the checkpoint. Throws (expect) on any difference. */
export async function expectLedger(connection: pg.ClientConfig, flow: OrderFlow): Promise<void> {
  await withClient(connection, async (client) => {
    const rowsOf = async (sql: string) => (await client.query<ExpectedRow>(sql)).rows;
    expect(await rowsOf(TRADES)).toEqual(flow.trades);
    const orders = [...flow.orders.values()];
    expect(await rowsOf(ordersOf('open_orders'))).toEqual(orders.filter(isOpen));
    expect(await rowsOf(ordersOf('closed_orders'))).toEqual(orders.filter((order) => !isOpen(order)));
    expect(await rowsOf(ordersOf('orders'))).toEqual(orders);
    const [counts] = await rowsOf(`SELECT count(*)::text AS rows, count(DISTINCT trade_number)::text AS numbers,
      (max(trade_number) - min(trade_number) + 1)::text AS span FROM trades`);
    const count = String(flow.trades.length);
    expect(counts).toEqual({ rows: count, numbers: count, span: flow.trades.length === 0 ? null : count });
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
  for (const { id, number, us, kind } of rows) expect(id).toBe(IDS.toString(kind, Number(number), Number(us)));
}

export async function withClient<T>(connection: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(connection);
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export function execute(connection: pg.ClientConfig, sql: string): Promise<unknown> {
  return withClient(connection, (client) => client.query(sql));
}

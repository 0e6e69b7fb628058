// Reads from the ledger for the follower: closed orders and old trades that have left memory, as wire records.
// On an event-loop thread; owns a small pool of connections, apart from the projector's. Every read has a deadline.
// Must never say "not found" when it only could not look, or when the ledger has not come that far yet.

import pg from 'pg';
import type { Instrument } from '../domain/instrument.ts';
import type { LedgerIdentity } from './chunk-transaction.ts';
import { failureText } from './failure.ts';
import { ORDER_SELECT, type OrderRow, RecordBuilder, TRADE_SELECT, type TradeRow } from './record-builder.ts';

/** Postgres is down, too slow, behind, or not ours: the answer is not known. */
export class LedgerUnavailable extends Error {
  override readonly name = 'LedgerUnavailable';
}

export interface ArchiveLimits {
  readonly connections: number;
  /** Reads that may wait for a connection; more are refused at once. */
  readonly waitingMax: number;
  readonly connectMs: number;
  readonly readMs: number;
}

const ARCHIVE_LIMITS: ArchiveLimits = { connections: 2, waitingMax: 64, connectMs: 1_000, readMs: 1_000 };

export interface ArchiveOptions extends LedgerIdentity {
  readonly connection: pg.ClientConfig;
  readonly instruments: readonly Instrument[];
  readonly limits?: Partial<ArchiveLimits>;
}

/** One row whatever is found, from one snapshot: how far the ledger is, and what it knows of the order. */
const FIND_ORDER = `
  SELECT k.sequence AS checkpoint, EXISTS (SELECT FROM open_orders WHERE order_number = $1) AS still_open, ${ORDER_SELECT}
  FROM projection_checkpoint k LEFT JOIN closed_orders o ON o.order_number = $1
  WHERE k.shard = $2 AND k.journal_id = $3`;

const TRADES_RANGE = `
  SELECT ${TRADE_SELECT} FROM trades WHERE trade_number >= $1 AND trade_number < $1 + $2
    AND EXISTS (SELECT FROM projection_checkpoint WHERE shard = $3 AND journal_id = $4)
  ORDER BY trade_number`;

const CHECKPOINT = 'SELECT trade_number FROM projection_checkpoint WHERE shard = $1 AND journal_id = $2';

export class LedgerArchive {
  readonly #options: ArchiveOptions;
  readonly #limits: ArchiveLimits;
  readonly #pool: pg.Pool;
  readonly #records: RecordBuilder;

  constructor(options: ArchiveOptions) {
    this.#options = options;
    this.#limits = { ...ARCHIVE_LIMITS, ...options.limits };
    this.#records = new RecordBuilder(options.instruments);
    const { connections, connectMs, readMs } = this.#limits;
    this.#pool = new pg.Pool({
      application_name: 'ringbook-archive',
      keepAlive: true,
      ...options.connection,
      max: connections,
      connectionTimeoutMillis: connectMs,
      query_timeout: readMs,
      statement_timeout: readMs,
      allowExitOnIdle: true,
    });
    // An idle connection that ends is replaced at the next read.
    this.#pool.on('error', () => {});
  }

  /**
   * A closed order as an order record (wire/order-codec.ts), or undefined when the ledger holds no such order.
   * Ask for orders that are no longer live only. Rejects with LedgerUnavailable.
   */
  async findOrder(orderNumber: number): Promise<Uint8Array | undefined> {
    const { shard, journalId } = this.#options;
    const [row] = await this.#read<OrderRow & { checkpoint: string; still_open: boolean }>(FIND_ORDER, [
      orderNumber,
      shard,
      journalId,
    ]);
    if (row === undefined) throw new LedgerUnavailable('the ledger has no checkpoint of this journal');
    if (row.order_number !== null) return this.#records.order({ ...row, order_number: row.order_number });
    // An order's number is the sequence that placed it.
    if (row.still_open || Number(row.checkpoint) < orderNumber) {
      throw new LedgerUnavailable(`the ledger is at sequence ${row.checkpoint} and does not know this order's end yet`);
    }
    return undefined;
  }

  /**
   * Trade records (wire/trade-codec.ts) of the numbers first, first + 1, ..., at most `count`, ascending. Fewer when there are no
   * more trades. Rejects with LedgerUnavailable, also when the ledger has not come to `first` yet.
   */
  async tradesRange(first: number, count: number): Promise<Uint8Array[]> {
    const { shard, journalId } = this.#options;
    if (count <= 0) return [];
    const rows = await this.#read<TradeRow>(TRADES_RANGE, [first, count, shard, journalId]);
    if (rows.length === 0) await this.#mustReach(first);
    return rows.map((row) => this.#records.trade(row));
  }

  /** Ends the connections; reads in flight fail. Bounded by the reads' own deadline. */
  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #mustReach(tradeNumber: number): Promise<void> {
    const { shard, journalId } = this.#options;
    const [row] = await this.#read<{ trade_number: string }>(CHECKPOINT, [shard, journalId]);
    const reached = row === undefined ? 'has no checkpoint of this journal' : `ends with trade ${row.trade_number}`;
    if (row === undefined || Number(row.trade_number) < tradeNumber)
      throw new LedgerUnavailable(`the ledger ${reached}`);
  }

  async #read<R extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<R[]> {
    if (this.#pool.waitingCount >= this.#limits.waitingMax) throw new LedgerUnavailable('too many reads wait');
    try {
      const { rows } = await this.#pool.query<R, unknown[]>(text, values);
      return rows;
    } catch (error) {
      throw new LedgerUnavailable(failureText(error), { cause: error });
    }
  }
}

// Reads from the ledger for the follower: closed orders and old trades that have left memory, as wire records, and
// settlements, which only the ledger keeps.
// On an event-loop thread; owns a small pool of connections, apart from the projector's. Every read has a deadline.
// Must never say "not found" when it only could not look, or when the ledger has not come that far yet.

import pg from 'pg';
import type { LedgerIdentity } from './chunk-transaction.ts';
import { UNKNOWN_INSTRUMENT } from './copy-encoder.ts';
import { failureText } from './failure.ts';
import {
  type InstrumentPart,
  ORDER_SELECT,
  type OrderRow,
  orderRecord,
  TRADE_SELECT,
  type TradeRow,
  tradeRecord,
} from './record-builder.ts';

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
  readonly limits?: Partial<ArchiveLimits>;
}

/** What a party gets (positive) or owes (negative) in a currency; without a client id it is the venue. */
interface SettledObligation {
  readonly client_id: string | null;
  readonly currency: string;
  /** An exact decimal, never 0. */
  readonly amount: string;
}

interface SettledCycle {
  readonly cycle: number;
  /** Of the command that closed it. */
  readonly sequence: number;
  /** ISO 8601, UTC, microseconds. */
  readonly closed_at: string;
}

interface SettlementSummary extends SettledCycle {
  /** How many there are, the venue's included. */
  readonly obligations: number;
}

interface Settlements {
  /** The ledger holds everything up to this command: cycles that were closed later are not listed. */
  readonly projected_sequence: number;
  readonly settlements: readonly SettlementSummary[];
}

export interface Settlement extends SettledCycle {
  readonly obligations_total: number;
  /**
   * By client id (bytes), the venue last, and currency: all of them sum to zero in every currency. The first 2,000, or
   * those of the client that was asked for.
   */
  readonly obligations: readonly SettledObligation[];
}

/** As pg gives it; all null when an outer join found nothing. */
interface CycleRow {
  readonly cycle: string | null;
  readonly sequence: string;
  readonly closed_at: string;
}

/** One row whatever is found, from one snapshot: how far the ledger is, and what it knows of the order. */
const FIND_ORDER = `
  SELECT k.sequence AS checkpoint, EXISTS (SELECT FROM open_orders WHERE order_number = $1) AS still_open, ${ORDER_SELECT}
  FROM projection_checkpoint k
  LEFT JOIN closed_orders o ON o.order_number = $1 LEFT JOIN instruments i ON i.name = o.instrument
  WHERE k.shard = $2 AND k.journal_id = $3`;

const TRADES_RANGE = `
  SELECT ${TRADE_SELECT} FROM trades t LEFT JOIN instruments i ON i.name = t.instrument
  WHERE t.trade_number >= $1 AND t.trade_number < $1 + $2
    AND EXISTS (SELECT FROM projection_checkpoint WHERE shard = $3 AND journal_id = $4)
  ORDER BY t.trade_number`;

/** Nothing at all unless the ledger has come to the trade right before. */
const TRADES_BEFORE = `
  SELECT ${TRADE_SELECT} FROM trades t JOIN instruments i ON i.name = t.instrument
  WHERE i.instrument_index = $1 AND t.trade_number < $2
    AND EXISTS (
      SELECT FROM projection_checkpoint WHERE shard = $4 AND journal_id = $5 AND trade_number >= $2 - 1
    )
  ORDER BY t.trade_number DESC LIMIT $3`;

const TIME = `to_char(closed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS closed_at`;

/** Obligations that one read lists: their JSON fits an answer however long the client ids are. */
const OBLIGATIONS_MAX = 2_000;

const SETTLEMENTS = `
  SELECT k.sequence AS checkpoint, s.cycle, s.sequence, ${TIME}, s.obligations
  FROM projection_checkpoint k LEFT JOIN settlements s ON true
  WHERE k.shard = $1 AND k.journal_id = $2 ORDER BY s.cycle DESC LIMIT $3`;

/** The obligations as JSON, with amounts as text: a JSON number would be read as a float. */
const SETTLEMENT = `
  SELECT s.cycle, s.sequence, ${TIME}, (
    SELECT coalesce(json_agg(json_build_object('client_id', client_id, 'currency', currency, 'amount', amount)), '[]')
    FROM (
      SELECT client_id, currency, amount::text FROM settlement_obligations o
      WHERE o.cycle = s.cycle AND ($4 = '' OR client_id = $4)
      ORDER BY client_id COLLATE "C" NULLS LAST, currency COLLATE "C" LIMIT ${OBLIGATIONS_MAX}
    ) listed
  ) AS obligations, s.obligations AS total
  FROM projection_checkpoint k LEFT JOIN settlements s ON s.cycle = $3
  WHERE k.shard = $1 AND k.journal_id = $2`;

const CHECKPOINT = 'SELECT trade_number FROM projection_checkpoint WHERE shard = $1 AND journal_id = $2';

const NO_CHECKPOINT = 'the ledger has no checkpoint of this journal';

export class LedgerArchive {
  readonly #options: ArchiveOptions;
  readonly #limits: ArchiveLimits;
  readonly #pool: pg.Pool;

  constructor(options: ArchiveOptions) {
    this.#options = options;
    this.#limits = { ...ARCHIVE_LIMITS, ...options.limits };
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
    if (row === undefined) throw new LedgerUnavailable(NO_CHECKPOINT);
    if (row.order_number !== null) return orderRecord(mustKnow({ ...row, order_number: row.order_number }));
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
    return rows.map((row) => tradeRecord(mustKnow(row)));
  }

  /**
   * Trade records of an instrument with numbers below `before`, at most `count`, newest first. Rejects with
   * LedgerUnavailable, also when the ledger has not come to all of them yet.
   */
  async tradesBefore(instrument: number, before: number, count: number): Promise<Uint8Array[]> {
    const { shard, journalId } = this.#options;
    const rows = await this.#read<TradeRow>(TRADES_BEFORE, [instrument, before, count, shard, journalId]);
    if (rows.length === 0) await this.#mustReach(before - 1);
    return rows.map((row) => tradeRecord(mustKnow(row)));
  }

  /** The newest closed cycles, newest first, as far as the ledger has come. Rejects with LedgerUnavailable. */
  async settlements(limit: number): Promise<Settlements> {
    const { shard, journalId } = this.#options;
    const rows = await this.#read<CycleRow & { checkpoint: string; obligations: string }>(SETTLEMENTS, [
      shard,
      journalId,
      limit,
    ]);
    if (rows.length === 0) throw new LedgerUnavailable(NO_CHECKPOINT);
    const settlements = rows.flatMap((row) => {
      if (row.cycle === null) return [];
      return [{ ...cycleOf(row, row.cycle), obligations: Number(row.obligations) }];
    });
    return { projected_sequence: Number(rows[0].checkpoint), settlements };
  }

  /**
   * A cycle with what every party gets or owes, or, with a client id, that client; undefined while the ledger has not
   * come to its end. Ask for cycles that were closed only. Rejects with LedgerUnavailable.
   */
  async settlement(cycle: number, clientId = ''): Promise<Settlement | undefined> {
    const { shard, journalId } = this.#options;
    const [row] = await this.#read<CycleRow & { obligations: SettledObligation[]; total: string }>(SETTLEMENT, [
      shard,
      journalId,
      cycle,
      clientId,
    ]);
    if (row === undefined) throw new LedgerUnavailable(NO_CHECKPOINT);
    if (row.cycle === null) return undefined;
    return { ...cycleOf(row, row.cycle), obligations_total: Number(row.total), obligations: row.obligations };
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

/** Rows can be read as soon as the schema is there; the instruments come a moment later. */
function mustKnow<R extends InstrumentPart>(row: R): R {
  if (row.instrument_index !== null || row.instrument === UNKNOWN_INSTRUMENT) return row;
  throw new LedgerUnavailable(`the ledger does not know the instrument ${row.instrument} yet`);
}

function cycleOf({ sequence, closed_at }: CycleRow, cycle: string): SettledCycle {
  return { cycle: Number(cycle), sequence: Number(sequence), closed_at };
}

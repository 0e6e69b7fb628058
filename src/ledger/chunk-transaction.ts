// Writes one chunk exactly once: rows and checkpoint in one transaction that holds only if the checkpoint was ours.
// On the projector's thread; owns the transaction from BEGIN to COMMIT. After any error the connection must be dropped:
// whether a COMMIT without reply took place is told by the checkpoint, and by nothing else.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Instrument } from '../domain/instrument.ts';
import { CANDLE_COLUMNS } from './candle-rows.ts';
import type { Chunk, LedgerPoint } from './chunk.ts';
import { LedgerMismatch } from './chunk.ts';
import { ORDER_COLUMNS, TRADE_COLUMNS } from './copy-encoder.ts';
import { LedgerTampered } from './failure.ts';
import { INSERT_INSTRUMENT, instrumentValues, PUT_INSTRUMENT } from './instrument-rows.ts';
import type { LedgerLink } from './ledger-link.ts';
import { HELD_POSITIONS, type HeldPosition, POSITION_COLUMNS, type PositionRows } from './position-rows.ts';
import { OBLIGATION_COLUMNS, SETTLEMENT_COLUMNS } from './settlement-rows.ts';

/** Whose rows: one checkpoint row per shard. */
export interface LedgerIdentity {
  readonly shard: number;
  readonly journalId: string;
}

/** Of the journal whose id has these two words. */
export function ledgerIdentity(journalIdHigh: number, journalIdLow: number): LedgerIdentity {
  const word = (value: number) => value.toString(16).padStart(8, '0');
  return { shard: 0, journalId: word(journalIdHigh) + word(journalIdLow) };
}

/** The database is not where this chunk begins; connect anew and follow it. */
class CheckpointMoved extends Error {
  override readonly name = 'CheckpointMoved';
}

const CHECKPOINT_COLUMNS = 'journal_id, sequence, event_sequence, event_time_us, trade_number';

interface CheckpointRow {
  readonly journal_id: string;
  readonly sequence: string;
  readonly event_sequence: string;
  readonly event_time_us: string;
  readonly trade_number: string;
}

const STAGING = `
  CREATE TEMPORARY TABLE open_orders_staging (LIKE open_orders) ON COMMIT DELETE ROWS;
  CREATE TEMPORARY TABLE candles_staging (LIKE candles) ON COMMIT DELETE ROWS;
  CREATE TEMPORARY TABLE positions_staging (LIKE positions) ON COMMIT DELETE ROWS`;

/** What can change while an order lives. */
const MERGE = `
  UPDATE open_orders AS o
  SET sequence = s.sequence, updated_at = s.updated_at, status = s.status, reject_reason = s.reject_reason,
      price = s.price, quantity = s.quantity, filled_quantity = s.filled_quantity, notional = s.notional,
      triggered = s.triggered, prevented_quantity = s.prevented_quantity
  FROM open_orders_staging AS s WHERE o.order_number = s.order_number`;

/** A chunk's trades come behind all that are there: they never open a candle that is there, and always close it. */
const ADD_CANDLES = `
  INSERT INTO candles AS c (${CANDLE_COLUMNS}) SELECT ${CANDLE_COLUMNS} FROM candles_staging
  ON CONFLICT (instrument, opened_at) DO UPDATE
  SET last_trade = EXCLUDED.last_trade, trades = c.trades + EXCLUDED.trades, high = greatest(c.high, EXCLUDED.high),
      low = least(c.low, EXCLUDED.low), close = EXCLUDED.close, volume = c.volume + EXCLUDED.volume,
      notional = c.notional + EXCLUDED.notional`;

const CHANGE_POSITIONS = `
  UPDATE positions AS p
  SET sequence = s.sequence, updated_at = s.updated_at, net_quantity = s.net_quantity, cost = s.cost,
      realised_profit = s.realised_profit, fees = s.fees
  FROM positions_staging AS s WHERE p.client_id = s.client_id AND p.instrument = s.instrument`;

/** Legs of positions that are folded in one turn of the thread: about a millisecond. */
const LEGS_PER_TURN = 8_192;
const DAY_MS = 86_400_000;

/**
 * Makes a new connection fit for commitChunk, and says where the ledger is. Creates what a new ledger has before the
 * first command: its checkpoint row and the instruments of `genesis`.
 */
export async function openLedger(
  link: LedgerLink,
  identity: LedgerIdentity,
  genesis: readonly Instrument[],
): Promise<LedgerPoint> {
  await link.query(STAGING);
  await link.query(
    'INSERT INTO projection_checkpoint (shard, journal_id) VALUES ($1, $2) ON CONFLICT (shard) DO NOTHING',
    [identity.shard, identity.journalId],
  );
  const point = await readCheckpoint(link, identity, '');
  for (const [index, instrument] of genesis.entries()) {
    await link.query(INSERT_INSTRUMENT, instrumentValues({ index, instrument, sequence: 0, timeUs: 0 }));
  }
  return point;
}

/** Writes the chunk and moves the checkpoint from its base to `target`, or throws and has written nothing, or it is unknown. */
export async function commitChunk(
  link: LedgerLink,
  identity: LedgerIdentity,
  chunk: Chunk,
  target: LedgerPoint,
): Promise<void> {
  const rows = rowsOf(chunk);
  const write = (): Promise<void> => writeChunk(link, identity, chunk, target);
  await (rows < MANY_ROWS ? write() : link.patiently(rows * MS_PER_ROW, write));
}

/** One command may sweep or cancel a million orders, and is never divided: such a chunk gets its time. */
const MANY_ROWS = 50_000;
const MS_PER_ROW = 1;

function rowsOf({ trades, opened, updated, closed, leaving, positions }: Chunk): number {
  return trades.rows + opened.rows + updated.rows + closed.rows + leaving.length + positions.count;
}

async function writeChunk(
  link: LedgerLink,
  identity: LedgerIdentity,
  chunk: Chunk,
  target: LedgerPoint,
): Promise<void> {
  await link.query('BEGIN');
  const held = await readCheckpoint(link, identity, 'FOR UPDATE');
  if (held.sequence !== chunk.base.sequence) {
    throw new CheckpointMoved(`the checkpoint is at ${held.sequence}, not at ${chunk.base.sequence}`);
  }
  await writeRows(link, chunk);
  await moveCheckpoint(link, identity, chunk.base, target);
  const { command } = await link.query('COMMIT');
  if (command !== 'COMMIT') throw new Error(`COMMIT was answered by ${command}`);
}

export async function writeRows(link: LedgerLink, chunk: Chunk): Promise<void> {
  const days = [...chunk.days].map((day) => new Date(day * DAY_MS).toISOString().slice(0, 10));
  await link.query('SELECT ledger_add_days($1::date[])', [days]);
  await writeTables(link, chunk);
}

/** As writeRows, where the days of the chunk are there already. */
export async function writeTables(link: LedgerLink, chunk: Chunk): Promise<void> {
  const { trades, opened, updated, closed, leaving, instruments, candles, positions } = chunk;
  const { settlements, obligations } = chunk.settlements;
  for (const change of instruments.values()) await link.query(PUT_INSTRUMENT, instrumentValues(change));
  if (trades.rows > 0) await copyAll(link, `trades (${TRADE_COLUMNS})`, trades);
  if (closed.rows > 0) await copyAll(link, `closed_orders (${ORDER_COLUMNS})`, closed);
  if (opened.rows > 0) await copyAll(link, `open_orders (${ORDER_COLUMNS})`, opened);
  if (updated.rows > 0) {
    await copyAll(link, `open_orders_staging (${ORDER_COLUMNS})`, updated);
    const { rowCount } = await link.query(MERGE);
    mustEqual(rowCount, updated.rows, 'open orders changed');
  }
  if (leaving.length > 0) {
    const numbers = `{${leaving.join()}}`;
    const { rowCount } = await link.query('DELETE FROM open_orders WHERE order_number = ANY ($1::bigint[])', [numbers]);
    mustEqual(rowCount, leaving.length, 'open orders closed');
  }
  if (settlements.rows > 0) await copyAll(link, `settlements (${SETTLEMENT_COLUMNS})`, settlements);
  if (obligations.rows > 0) await copyAll(link, `settlement_obligations (${OBLIGATION_COLUMNS})`, obligations);
  if (candles.rows.rows > 0) {
    await copyAll(link, `candles_staging (${CANDLE_COLUMNS})`, candles.rows);
    const { rowCount } = await link.query(ADD_CANDLES);
    mustEqual(rowCount, candles.rows.rows, 'candles added to');
  }
  if (positions.count > 0) await putPositions(link, positions);
}

async function putPositions(link: LedgerLink, positions: PositionRows): Promise<void> {
  const unknown = positions.unknown();
  const isAllKnown = unknown[0].length === 0;
  positions.begin(isAllKnown ? [] : (await link.query<HeldPosition>(HELD_POSITIONS, unknown)).rows);
  while (!positions.fold(LEGS_PER_TURN)) await nextTurn();
  const { added, changed } = positions;
  if (added.rows > 0) await copyAll(link, `positions (${POSITION_COLUMNS})`, added);
  if (changed.rows > 0) {
    await copyAll(link, `positions_staging (${POSITION_COLUMNS})`, changed);
    const { rowCount } = await link.query(CHANGE_POSITIONS);
    mustEqual(rowCount, changed.rows, 'positions changed');
  }
}

async function copyAll(link: LedgerLink, what: string, rows: { rows: number; finished(): Uint8Array }): Promise<void> {
  mustEqual(await link.copy(`COPY ${what} FROM STDIN WITH (FORMAT binary)`, rows.finished()), rows.rows, 'rows copied');
}

export async function moveCheckpoint(
  link: LedgerLink,
  { shard, journalId }: LedgerIdentity,
  from: LedgerPoint,
  to: LedgerPoint,
): Promise<void> {
  const { rowCount } = await link.query(
    `UPDATE projection_checkpoint
     SET sequence = $4, event_sequence = $5, event_time_us = $6, trade_number = $7,
         frame = coalesce($8, frame), chain_hash = coalesce($9, chain_hash), updated_at = now()
     WHERE shard = $1 AND journal_id = $2 AND sequence = $3`,
    [
      ...[shard, journalId, from.sequence, to.sequence, to.eventSequence, to.eventTimeUs, to.tradeNumber],
      ...[to.frame?.number ?? null, to.frame?.chain ?? null],
    ],
  );
  if (rowCount !== 1) throw new CheckpointMoved(`the checkpoint is no longer at ${from.sequence}`);
}

/** Where the ledger is. Throws LedgerMismatch when it is another journal's. */
export async function readCheckpoint(
  link: LedgerLink,
  identity: LedgerIdentity,
  lock: '' | 'FOR UPDATE' = '',
): Promise<LedgerPoint> {
  const { rows } = await link.query<CheckpointRow>(
    `SELECT ${CHECKPOINT_COLUMNS} FROM projection_checkpoint WHERE shard = $1 ${lock}`,
    [identity.shard],
  );
  const [row] = rows;
  if (row === undefined) throw new CheckpointMoved(`the checkpoint row of shard ${identity.shard} is gone`);
  if (row.journal_id !== identity.journalId) {
    throw new LedgerMismatch(
      `the ledger in this database belongs to journal ${row.journal_id}, this process writes journal ` +
        `${identity.journalId}: use the journal's own database, or an empty one`,
    );
  }
  return {
    sequence: Number(row.sequence),
    eventSequence: Number(row.event_sequence),
    eventTimeUs: Number(row.event_time_us),
    tradeNumber: Number(row.trade_number),
  };
}

function mustEqual(found: number | null, expected: number, what: string): void {
  if (found !== expected) throw new LedgerTampered(`${what}: ${found}, expected ${expected}`);
}

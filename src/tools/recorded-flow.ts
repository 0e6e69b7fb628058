// Recorded order flow: the command, fill and open-order files as values. A tool's process. Prices and quantities are whole numbers
// (cents, 1e-8) from the file's digits, never through a fraction. Throws FlowError naming file and line on anything unexpected.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** First lines of the files. */
export const COMMAND_COLUMNS = 'seq,op,order_id,side,price_ticks,qty,type,tif,post_only,client';
export const FILL_COLUMNS = 'taker_seq,maker_order_id,price_ticks,qty';
export const OPEN_COLUMNS = 'order_id,side,price_ticks,remaining';

export type RecordedSide = 'B' | 'S';

export interface RecordedOrder {
  readonly kind: 'order';
  readonly seq: number;
  readonly orderId: string;
  readonly client: string;
  readonly side: RecordedSide;
  readonly market: boolean;
  readonly immediate: boolean;
  readonly postOnly: boolean;
  /** 0 for a market order. */
  readonly priceTicks: number;
  readonly quantityLots: number;
}

export interface RecordedCancel {
  readonly kind: 'cancel';
  readonly seq: number;
  readonly orderId: string;
  readonly client: string;
}

export type RecordedCommand = RecordedOrder | RecordedCancel;

export interface RecordedFill {
  readonly takerSeq: number;
  readonly makerOrderId: string;
  readonly priceTicks: number;
  readonly quantityLots: number;
}

export interface RecordedOpenOrder {
  readonly orderId: string;
  readonly side: RecordedSide;
  readonly priceTicks: number;
  readonly remainingLots: number;
}

export class FlowError extends Error {
  override readonly name = 'FlowError';
}

class Row {
  readonly #cells: readonly string[];
  readonly #where: string;

  constructor(cells: readonly string[], where: string) {
    this.#cells = cells;
    this.#where = where;
  }

  text(column: number): string {
    const cell = this.#cells[column] ?? '';
    return cell === '' ? this.fail(`column ${column + 1} is empty`) : cell;
  }

  integer(column: number): number {
    const cell = this.text(column);
    const value = Number(cell);
    return /^\d+$/.test(cell) && Number.isSafeInteger(value) ? value : this.fail(`"${cell}" is not a whole number`);
  }

  oneOf<T extends string>(column: number, ...allowed: readonly T[]): T {
    const cell = this.text(column);
    return allowed.find((one) => one === cell) ?? this.fail(`"${cell}" is none of ${allowed.join(', ')}`);
  }

  fail(why: string): never {
    throw new FlowError(`${this.#where}: ${why}`);
  }
}

function readRows<T>(file: string, columns: string, convert: (row: Row) => T): T[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const lines = text.split(/\r?\n/);
  if (lines[0] !== columns) throw new FlowError(`${file}:1: the columns must be ${columns}`);
  const values: T[] = [];
  for (let i = 1; i < lines.length; i++) {
    if (lines[i] !== '') values.push(convert(new Row(lines[i].split(','), `${file}:${i + 1}`)));
  }
  return values;
}

export function readCommands(file: string): RecordedCommand[] {
  return readRows(file, COMMAND_COLUMNS, toCommand);
}

function toCommand(row: Row): RecordedCommand {
  const common = { seq: row.integer(0), orderId: row.text(2), client: row.text(9) };
  if (row.oneOf(1, 'N', 'C') === 'C') return { kind: 'cancel', ...common };
  const market = row.oneOf(6, 'limit', 'market') === 'market';
  return {
    kind: 'order',
    ...common,
    side: row.oneOf(3, 'B', 'S'),
    priceTicks: market ? 0 : row.integer(4),
    quantityLots: row.integer(5),
    market,
    immediate: market || row.oneOf(7, 'GTC', 'IOC') === 'IOC',
    postOnly: row.oneOf(8, '0', '1') === '1',
  };
}

export function readFills(file: string): RecordedFill[] {
  return readRows(file, FILL_COLUMNS, (row) => ({
    takerSeq: row.integer(0),
    makerOrderId: row.text(1),
    priceTicks: row.integer(2),
    quantityLots: row.integer(3),
  }));
}

export function readOpenOrders(file: string): RecordedOpenOrder[] {
  return readRows(file, OPEN_COLUMNS, (row) => ({
    orderId: row.text(0),
    side: row.oneOf(1, 'B', 'S'),
    priceTicks: row.integer(2),
    remainingLots: row.integer(3),
  }));
}

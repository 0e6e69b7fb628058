// From (client, column) to a row, where both are small dense numbers: a column is an instrument or a currency. Each client
// has an array of cells, as long as its highest column needs, so a look-up is two loads and nothing is ever hashed or
// moved but one client's few cells. Iteration is in order of client, then column: canonical, whatever came first.
// Pure; owned by one table. Nothing is removed. Allocates: nothing but growth, which copies at most one client's cells.

import { assert } from '../../assert.ts';
import { Arena } from '../book/arena.ts';

const COLUMNS_MAX = 128;
const CELLS_MIN = 4;
/** Of a client's head: where its cells begin, and how many there are (a power of two, 0 for none). */
const HEAD_INTS = 2;

export class ClientIndex {
  private readonly headArena = new Arena();
  private readonly cellArena = new Arena();
  private heads = this.headArena.ints;
  /** Row + 1, 0 for none. */
  private cells = this.cellArena.ints;
  /** Clients that have a head: 0..clients-1. */
  private clients = 0;
  private cellsUsed = 0;
  /** By log2 of the length: the first array that a client has outgrown, + 1; the next one is in its first cell. */
  private readonly free = new Int32Array(Math.log2(COLUMNS_MAX) + 1);

  /** The row, -1 when there is none. */
  get(client: number, column: number): number {
    if (client >= this.clients) return -1;
    const head = client * HEAD_INTS;
    if (column >= this.heads[head + 1]) return -1;
    return this.cells[this.heads[head] + column] - 1;
  }

  /** Adds a row where there is none. */
  add(client: number, column: number, row: number): void {
    assert(client >= 0 && column >= 0 && column < COLUMNS_MAX && row >= 0, 'client index: a client, a column, a row');
    if (client >= this.clients) this.addHeads(client + 1);
    const head = client * HEAD_INTS;
    if (column >= this.heads[head + 1]) this.lengthen(head, column + 1);
    const cell = this.heads[head] + column;
    assert(this.cells[cell] === 0, 'client index: a cell is filled once');
    this.cells[cell] = row + 1;
  }

  /** Visits all rows in order of client, then column. */
  forEach(visit: (row: number) => void): void {
    for (let client = 0; client < this.clients; client++) this.forEachOf(client, visit);
  }

  /** Visits the rows of one client in order of column. */
  forEachOf(client: number, visit: (row: number) => void): void {
    if (client >= this.clients) return;
    const length = this.heads[client * HEAD_INTS + 1];
    for (let column = 0; column < length; column++) {
      const row = this.get(client, column);
      if (row >= 0) visit(row);
    }
  }

  private addHeads(count: number): void {
    this.headArena.reserve(count * HEAD_INTS * 4);
    this.heads = this.headArena.ints;
    this.clients = count;
  }

  private lengthen(head: number, columns: number): void {
    const oldStart = this.heads[head];
    const oldLength = this.heads[head + 1];
    let length = Math.max(CELLS_MIN, oldLength);
    while (length < columns) length *= 2;
    const start = this.takeCells(length);
    this.cells.copyWithin(start, oldStart, oldStart + oldLength);
    this.cells.fill(0, start + oldLength, start + length);
    if (oldLength > 0) this.releaseCells(oldStart, oldLength);
    this.heads[head] = start;
    this.heads[head + 1] = length;
  }

  private takeCells(length: number): number {
    const size = 31 - Math.clz32(length);
    if (this.free[size] !== 0) {
      const start = this.free[size] - 1;
      this.free[size] = this.cells[start];
      return start;
    }
    const start = this.cellsUsed;
    this.cellsUsed += length;
    this.cellArena.reserve(this.cellsUsed * 4);
    this.cells = this.cellArena.ints;
    return start;
  }

  private releaseCells(start: number, length: number): void {
    const size = 31 - Math.clz32(length);
    this.cells[start] = this.free[size];
    this.free[size] = start + 1;
  }
}

// How a record of the snapshot lies in its bytes: one list of fields, by which it is written, read and checked. Pure.

import { type ByteReader, type ByteWriter, SnapshotError } from './byte-stream.ts';

/** How a field is stored. SIGNED and COUNT are float64 with whole numbers that are exact. */
export const Cell = { U8: 0, U16: 1, COUNT: 2, SIGNED: 3 } as const;
export type Cell = (typeof Cell)[keyof typeof Cell];

const CELL_BYTES = [1, 2, 8, 8];

/** A number of row `row` of some table; `max` is the largest that is taken. */
export interface Field<Table> {
  readonly what: string;
  readonly cell: Cell;
  readonly max: number;
  readonly get: (table: Table, row: number) => number;
  readonly set: (table: Table, row: number, value: number) => void;
}

/** A field; `max` is the most that the cell holds unless it is given. */
export function field<Table>(
  what: string,
  cell: Cell,
  get: Field<Table>['get'],
  set: Field<Table>['set'],
  max: number = Number.MAX_SAFE_INTEGER,
): Field<Table> {
  return { what, cell, max, get, set };
}

export class RecordFormat<Table> {
  readonly bytes: number;
  private readonly fields: readonly Field<Table>[];

  constructor(fields: readonly Field<Table>[]) {
    this.fields = fields;
    this.bytes = fields.reduce((sum, { cell }) => sum + CELL_BYTES[cell], 0);
  }

  write(writer: ByteWriter, table: Table, row: number): void {
    for (const { cell, get } of this.fields) {
      const value = get(table, row);
      if (cell >= Cell.COUNT) writer.f64(value);
      else if (cell === Cell.U8) writer.u8(value);
      else writer.u16(value);
    }
  }

  /** Fills the row, or throws a SnapshotError that names the field whose number it cannot have. */
  read(reader: ByteReader, table: Table, row: number): void {
    for (const { what, cell, max, set } of this.fields) {
      const value = readCell(reader, cell);
      const min = cell === Cell.SIGNED ? -max : 0;
      if (!Number.isSafeInteger(value) || value < min || value > max || Object.is(value, -0)) {
        throw new SnapshotError(`snapshot: ${what} is ${value}`);
      }
      set(table, row, value);
    }
  }
}

function readCell(reader: ByteReader, cell: Cell): number {
  if (cell >= Cell.COUNT) return reader.f64();
  return cell === Cell.U8 ? reader.u8() : reader.u16();
}

// What the book's checksum must be after each command, by a replay of the whole journal: the reference for subscribers. A tool's
// process; reads only. The engine is the exchange's own, the sums are of what it tells.

import { Command } from '../domain/command.ts';
import { SILENT_LISTENER } from '../domain/listener.ts';
import { applyFrame } from '../journal/apply-frame.ts';
import { FrameCursor, Verdict } from '../journal/frame-cursor.ts';
import { newReplica } from '../journal/replica.ts';
import { BookChecksum } from '../wire/book-checksum.ts';

const EMPTY = new BookChecksum().text();

export class ReferenceBook {
  /** Of commands that changed the book: sequences, ascending, and the checksum after each. */
  readonly #sequences: number[] = [];
  readonly #checksums: string[] = [];
  readonly #tradeSequences: number[] = [];

  /** Of the book after the command of that sequence. */
  readonly checksumAt = (sequence: number): string => this.#checksums[this.#through(sequence) - 1] ?? EMPTY;

  changed(sequence: number, checksum: string): void {
    const isSame = this.#sequences.at(-1) === sequence;
    if (!isSame) this.#sequences.push(sequence);
    this.#checksums[this.#sequences.length - 1] = checksum;
  }

  traded(sequence: number): void {
    this.#tradeSequences.push(sequence);
  }

  /** Commands behind `sequence` that changed the book or traded. */
  toldAfter(sequence: number): number {
    return new Set([...this.#sequences, ...this.#tradeSequences].filter((one) => one > sequence)).size;
  }

  tradesAfter(sequence: number): number {
    return this.#tradeSequences.filter((one) => one > sequence).length;
  }

  /** How many commands through `sequence` changed the book. */
  #through(sequence: number): number {
    let low = 0;
    let high = this.#sequences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sequences[middle] <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Of a stopped server's journal, for the instrument of that number. */
export function replayBook(directory: string, instrument: number): ReferenceBook {
  const book = new ReferenceBook();
  const checksum = new BookChecksum();
  const levels = [new Map<number, number>(), new Map<number, number>(), new Map<number, number>()];
  const replica = newReplica({
    ...SILENT_LISTENER,
    onTrade(_number, maker) {
      const { orders, sequence } = replica.engine;
      if (orders.instrument(maker) === instrument) book.traded(sequence);
    },
    onOrder(_change, row, deltaLots) {
      const { orders, sequence } = replica.engine;
      if (deltaLots === 0 || orders.instrument(row) !== instrument) return;
      const side = orders.side(row);
      const price = orders.priceTicks(row);
      const before = levels[side].get(price) ?? 0;
      levels[side].set(price, before + deltaLots);
      checksum.change(side, price, before, before + deltaLots);
      book.changed(sequence, checksum.text());
    },
  });
  const cursor = new FrameCursor(directory);
  const command = new Command();
  while (cursor.next(Number.POSITIVE_INFINITY) === Verdict.VALID) applyFrame(replica, cursor.frame, command);
  cursor.close();
  return book;
}

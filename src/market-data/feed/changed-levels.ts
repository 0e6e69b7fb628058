// Levels of a book that changed, each once, and the message of them: live or of what was missed. Market data's thread; the book
// is the agent's. Allocates: as its sets grow.

import { Side } from '../../domain/codes.ts';
import type { BookChecksum } from '../../wire/book-checksum.ts';
import type { L2Book } from '../l2-book.ts';
import type { FeedWriter, MessageHead } from './feed-writer.ts';
import type { MessageBuffer } from './message-buffer.ts';

export class ChangedLevels {
  readonly #book: L2Book;
  readonly #checksum: BookChecksum;
  /** Prices of the bids, then of the asks, in the order of their first change. */
  readonly #sides = [
    { side: Side.BUY, prices: new Set<number>() },
    { side: Side.SELL, prices: new Set<number>() },
  ] as const;

  /** `checksum`: the book's. */
  constructor(book: L2Book, checksum: BookChecksum) {
    this.#book = book;
    this.#checksum = checksum;
  }

  get empty(): boolean {
    return this.#sides[0].prices.size + this.#sides[1].prices.size === 0;
  }

  add(side: number, priceTicks: number): void {
    this.#sides[side === Side.BUY ? 0 : 1].prices.add(priceTicks);
  }

  clear(): void {
    for (const { prices } of this.#sides) prices.clear();
  }

  /** Writes them into `out` as the book has them: a message, or its parts. `send` takes each out again. */
  write(writer: FeedWriter, head: MessageHead, out: MessageBuffer, send: (more: boolean) => void): void {
    let first = true;
    writer.open(out, head);
    for (const { side, prices } of this.#sides) {
      const levels = this.#book.side(side);
      for (const price of prices) {
        if (out.full) {
          writer.close(out, head, true);
          send(true);
          writer.open(out, head);
          first = true;
        }
        writer.level(out, head.instrument, side, price, levels.lotsOf(price), first);
        first = false;
      }
    }
    writer.close(out, head, false, this.#checksum);
    send(false);
  }
}

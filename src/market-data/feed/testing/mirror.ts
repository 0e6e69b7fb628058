// A client of /ws, for tests: keeps what WEBSOCKET.md tells it to keep, and throws where the protocol says that something is wrong.

import { assert } from '../../../assert.ts';
import { Side } from '../../../domain/codes.ts';
import { BookChecksum } from '../../../wire/book-checksum.ts';
import type { Message } from './read-message.ts';

const ticks = (text: string) => Number(text.replace('.', ''));
const sideOf = (text: string) => (text === 'buy' ? Side.BUY : Side.SELL);

/** Levels as 'buy 7000000' to lots. */
export type Levels = Map<string, number>;

export function checksumOf(levels: Levels): string {
  const checksum = new BookChecksum();
  for (const [level, lots] of levels) {
    const [side, price] = level.split(' ');
    checksum.change(sideOf(side), Number(price), 0, lots);
  }
  return checksum.text();
}

/** Follows a sequenced channel: the sequence, and nothing of what it says. */
export class Follower {
  sequence: number;
  #parts = false;

  constructor(sequence = -1) {
    this.sequence = sequence;
  }

  /** False: `resumed`, which has nothing else to say. */
  take(message: Message): boolean {
    if (message.type === 'resumed') {
      assert(message.from_sequence === this.sequence, 'resumed from where we are');
      // With nothing between, this is what the next message follows.
      this.sequence = Math.min(message.sequence, this.sequence);
      return false;
    }
    if (message.type !== 'snapshot') {
      assert(message.prev_sequence === this.sequence, `a gap: ${message.prev_sequence} after ${this.sequence}`);
      assert(message.sequence > this.sequence, 'sequences ascend');
    }
    this.#parts = message.more === true;
    if (!this.#parts) this.sequence = message.sequence;
    return true;
  }
}

export class LevelMirror {
  readonly follower: Follower;
  levels: Levels;
  /** Messages that ended with a checksum. */
  checked = 0;

  constructor(sequence = -1, levels: Levels = new Map()) {
    this.follower = new Follower(sequence);
    this.levels = new Map(levels);
  }

  take(message: Message): void {
    if (!this.follower.take(message)) return;
    if (message.type === 'snapshot') this.levels.clear();
    for (const [price, quantity] of message.bids ?? []) this.#set('buy', price, quantity);
    for (const [price, quantity] of message.asks ?? []) this.#set('sell', price, quantity);
    for (const [side, price, quantity] of message.changes ?? []) this.#set(side, price, quantity);
    if (message.more === true) return;
    assert(message.checksum === checksumOf(this.levels), `the checksum after ${message.sequence}`);
    this.checked++;
  }

  #set(side: string, price: string, quantity: string): void {
    const level = `${side} ${ticks(price)}`;
    if (ticks(quantity) === 0) this.levels.delete(level);
    else this.levels.set(level, ticks(quantity));
  }
}

/** Of `full`: orders and what each displays, from a known state on. */
export class FullMirror {
  readonly follower: Follower;
  readonly levels: Levels;
  readonly trades: string[] = [];
  checked = 0;

  constructor(sequence: number, levels: Levels = new Map()) {
    this.follower = new Follower(sequence);
    this.levels = new Map(levels);
  }

  take(message: Message): void {
    if (!this.follower.take(message)) return;
    for (const event of message.events ?? []) this.#event(event);
    if (message.checksum === undefined) return;
    assert(message.checksum === checksumOf(this.levels), `the checksum after ${message.sequence}`);
    this.checked++;
  }

  #event(event: Record<string, unknown>): void {
    if (event.change === 'trade') {
      this.trades.push(`${event.trade_id}`);
      return;
    }
    const level = `${event.side} ${ticks(`${event.price}`)}`;
    const lots = (this.levels.get(level) ?? 0) + ticks(`${event.delta}`);
    assert(lots >= 0, 'a level holds nothing less than nothing');
    if (lots === 0) this.levels.delete(level);
    else this.levels.set(level, lots);
  }
}

// `level2` or `level2_batch` of one instrument: gathers the levels that changed and sends them as one message when it is time.
// Market data's thread. Without interest it keeps nothing but the chain. Allocates: with interest, as its set grows and a
// little for each message.

import type { BookChecksum } from '../../wire/book-checksum.ts';
import type { Channel } from '../../wire/feed-codec.ts';
import type { L2Book } from '../l2-book.ts';
import { ChangedLevels } from './changed-levels.ts';
import type { FeedRing } from './feed-ring.ts';
import { headOf, type MessageHead } from './feed-writer.ts';
import { Chain, type Key } from './key.ts';
import { MessageBuffer } from './message-buffer.ts';

export class LevelChannel {
  readonly channel: Channel;
  readonly chain = new Chain();
  /** By format; those that somebody wants have gateways. */
  readonly keys: (Key | undefined)[] = [];
  readonly #ring: FeedRing;
  readonly #intervalUs: number;
  readonly #changed: ChangedLevels;
  readonly #out = new MessageBuffer();
  readonly #head: MessageHead;
  wanted = false;
  /** When what is gathered must go, on the stopwatch. */
  dueUs = Number.POSITIVE_INFINITY;

  constructor(
    channel: typeof Channel.LEVEL2 | typeof Channel.LEVEL2_BATCH,
    instrument: number,
    intervalUs: number,
    book: L2Book,
    checksum: BookChecksum,
    ring: FeedRing,
  ) {
    this.channel = channel;
    this.#intervalUs = intervalUs;
    this.#changed = new ChangedLevels(book, checksum);
    this.#ring = ring;
    this.#head = headOf(channel, instrument);
  }

  /** A level changed; only while somebody wants it. */
  change(side: number, priceTicks: number, nowUs: number): void {
    if (this.#changed.empty) this.dueUs = nowUs + this.#intervalUs;
    this.#changed.add(side, priceTicks);
  }

  /** Sends what is gathered. The newest command that changed the book, which is complete, is of that sequence and time. */
  flush(sequence: number, timeUs: number): void {
    this.dueUs = Number.POSITIVE_INFINITY;
    if (sequence <= this.chain.sequence) return;
    this.chain.touch(sequence, timeUs);
    if (this.wanted) {
      this.#head.sequence = sequence;
      this.#head.prevSequence = this.chain.previous;
      this.#head.timeUs = timeUs;
      for (const key of this.keys) if (key !== undefined && key.gateways !== 0) this.#send(key);
    }
    this.#changed.clear();
  }

  #send(key: Key): void {
    const out = this.#out;
    this.#changed.write(key.writer, this.#head, out, (more) => {
      this.#ring.message(this.#head, key.format, more, out, key.gateways);
      out.end = 0;
    });
  }
}

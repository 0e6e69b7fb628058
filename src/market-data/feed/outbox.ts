// What one wish is answered and has not been taken by the gateway's answer ring yet. Market data's thread. Allocates a copy of
// each message: answers are rare.

import type { MessageRing } from '../../shared-memory/message-ring.ts';
import * as F from '../../wire/feed-codec.ts';
import { FeedAnswerType } from '../../wire/feed-codec.ts';
import type { MessageBuffer } from './message-buffer.ts';

/** A longer message takes several records. */
const PART_BYTES = 64 * 1024;

interface Answer {
  readonly type: FeedAnswerType;
  readonly sequence: number;
  readonly reason: number;
  readonly body: Uint8Array;
}

export class Outbox {
  readonly #ring: MessageRing;
  readonly #wish: number;
  readonly #answers: Answer[] = [];
  readonly #partBytes: number;
  /** So much of the first one is sent. */
  #sent = 0;

  constructor(ring: MessageRing, wish: number) {
    this.#ring = ring;
    this.#wish = wish;
    this.#partBytes = Math.min(PART_BYTES, ring.maxMessageBytes - F.FEED_ANSWER_BODY);
  }

  get empty(): boolean {
    return this.#answers.length === 0;
  }

  /** The whole of `buffer`, which is empty again. */
  message(sequence: number, buffer: MessageBuffer): void {
    this.#take(FeedAnswerType.MESSAGE, sequence, buffer);
  }

  /** The same, when it says that what was missed follows. */
  resumed(sequence: number, buffer: MessageBuffer): void {
    this.#take(FeedAnswerType.RESUMED, sequence, buffer);
  }

  noResume(reason: number): void {
    this.#answers.push({ type: FeedAnswerType.NO_RESUME, sequence: 0, reason, body: new Uint8Array(0) });
  }

  /** Hands over as much as there is room for; returns how many records. */
  drain(): number {
    let count = 0;
    while (this.#answers.length > 0 && this.#part(this.#answers[0])) count++;
    return count;
  }

  #take(type: FeedAnswerType, sequence: number, buffer: MessageBuffer): void {
    const body = buffer.bytes.slice(0, buffer.end);
    buffer.end = 0;
    this.#answers.push({ type, sequence, reason: 0, body });
  }

  #part(answer: Answer): boolean {
    const ring = this.#ring;
    const part = answer.body.subarray(this.#sent, this.#sent + this.#partBytes);
    const at = ring.claim(answer.type, F.FEED_ANSWER_BODY + part.length);
    if (at < 0) return false;
    const end = this.#sent + part.length;
    const more = end < answer.body.length;
    ring.view.setUint32(at + F.FEED_ANSWER_WISH, this.#wish, true);
    ring.view.setUint32(at + F.FEED_ANSWER_PART, 0, true);
    ring.bytes[at + F.FEED_ANSWER_PART] = more ? 1 : 0;
    ring.bytes[at + F.FEED_ANSWER_REASON] = answer.reason;
    ring.view.setFloat64(at + F.FEED_ANSWER_SEQUENCE, answer.sequence, true);
    ring.bytes.set(part, at + F.FEED_ANSWER_BODY);
    ring.commit();
    this.#sent = more ? end : 0;
    if (!more) this.#answers.shift();
    return true;
  }
}

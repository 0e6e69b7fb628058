// The writing end of the feed ring. Market data's thread; owns what is written and not yet shown, and who must be woken for it.
// Allocates: a view of each message.

import type { BroadcastWriter } from '../../shared-memory/broadcast-ring.ts';
import * as F from '../../wire/feed-codec.ts';
import { type FeedFormat, FeedType } from '../../wire/feed-codec.ts';
import type { MessageHead } from './feed-writer.ts';
import type { MessageBuffer } from './message-buffer.ts';

export class FeedRing {
  readonly #ring: BroadcastWriter;
  /** Gateways (bits) for whom something was written since they were last taken. */
  #wake = 0;
  /** Messages written. */
  messages = 0;

  constructor(ring: BroadcastWriter) {
    this.#ring = ring;
  }

  /** A message for all subscribers of its key, who are on `gateways`. */
  message(head: MessageHead, format: FeedFormat, more: boolean, body: MessageBuffer, gateways: number): void {
    const ring = this.#ring;
    const { client } = head;
    const start = (F.FEED_BODY + client.length + 7) & ~7;
    const at = ring.claim(FeedType.MESSAGE, start + body.end);
    const { view, bytes } = ring;
    view.setUint16(at + F.FEED_CHANNEL, head.channel, true);
    view.setUint16(at + F.FEED_INSTRUMENT, head.instrument, true);
    bytes[at + F.FEED_FORMAT] = format;
    bytes[at + F.FEED_MORE] = more ? 1 : 0;
    view.setUint16(at + F.FEED_CLIENT_LENGTH, client.length, true);
    view.setFloat64(at + F.FEED_SEQUENCE, head.sequence, true);
    view.setFloat64(at + F.FEED_PREV_SEQUENCE, head.prevSequence, true);
    bytes.fill(0, at + F.FEED_BODY, at + start);
    bytes.set(client, at + F.FEED_BODY);
    bytes.set(body.bytes.subarray(0, body.end), at + start);
    ring.commit();
    this.#wake |= gateways;
    this.messages++;
  }

  /** From here on the wish is live; `sequence` is that of its key's newest message. */
  live(gateway: number, channel: number, wish: number, sequence: number): void {
    const ring = this.#ring;
    const at = ring.claim(FeedType.LIVE, F.LIVE_BYTES);
    ring.view.setUint16(at + F.LIVE_GATEWAY, gateway, true);
    ring.view.setUint16(at + F.LIVE_CHANNEL, channel, true);
    ring.view.setUint32(at + F.LIVE_WISH, wish, true);
    ring.view.setFloat64(at + F.LIVE_SEQUENCE, sequence, true);
    ring.commit();
    this.wake(gateway);
  }

  /** That gateway has something to read elsewhere. */
  wake(gateway: number): void {
    this.#wake |= 1 << gateway;
  }

  /** Shows what was written; returns the gateways (bits) to be woken. */
  publish(): number {
    const wake = this.#wake;
    if (wake === 0) return 0;
    this.#wake = 0;
    this.#ring.publish();
    return wake;
  }
}

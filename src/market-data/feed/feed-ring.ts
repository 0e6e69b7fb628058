// The writing end of the feed ring. Market data's thread; owns what is written and not yet shown, who must be woken for it, and
// whether a command with more to say than the ring holds has to wait for those who read. Allocates: a view of each message.

import type { BroadcastWriter } from '../../shared-memory/broadcast-ring.ts';
import type { CounterBlock } from '../../shared-memory/counters.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import * as F from '../../wire/feed-codec.ts';
import { type FeedFormat, FeedType } from '../../wire/feed-codec.ts';
import type { MessageHead } from './feed-writer.ts';
import type { MessageBuffer } from './message-buffer.ts';

/** A command is a long one once it alone takes this share of the ring, and then a gateway is behind that has so much to read. */
const LONG_SHARE = 1 / 4;
const BEHIND_SHARE = 1 / 2;
/** For so long, about, a long command waits for those that are behind. */
const PATIENCE_US = 1_000_000;

export class FeedRing {
  readonly #ring: BroadcastWriter;
  readonly #gateways: readonly CounterBlock[];
  /** Where the messages of the command being told begin, and until when it may wait; 0 before it has to. */
  #commandAt: number;
  #untilUs = 0;
  /** Gateways (bits) for whom something was written since they were last taken. */
  #wake = 0;
  /** Messages written. */
  messages = 0;

  /** `gateways`: the counters of each. */
  constructor(ring: BroadcastWriter, gateways: readonly CounterBlock[]) {
    this.#ring = ring;
    this.#gateways = gateways;
    this.#commandAt = ring.position;
  }

  /** The command being told is complete. */
  endCommand(): void {
    this.#commandAt = this.#ring.position;
    this.#untilUs = 0;
  }

  /**
   * False: the command being told should go on later, since with more of it a gateway would miss what it has not read yet. For
   * all else gateways have to keep up. `nowUs` of the stopwatch.
   */
  hasRoom(nowUs: number): boolean {
    if (this.#ring.shareBehind(this.#commandAt) < LONG_SHARE || !this.#wakeThoseBehind()) return true;
    if (this.#untilUs === 0) this.#untilUs = nowUs + PATIENCE_US;
    return nowUs >= this.#untilUs;
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

  /** Also who wants none of this command's messages: it must pass them by. Who has missed something already needs no room. */
  #wakeThoseBehind(): boolean {
    let any = false;
    for (let gateway = 0; gateway < this.#gateways.length; gateway++) {
      const position = this.#gateways[gateway].get(GatewayCounter.WS_FEED_POSITION);
      const behind = position === 0 ? 0 : this.#ring.shareBehind(position - 1);
      if (behind <= BEHIND_SHARE || behind > 1) continue;
      this.wake(gateway);
      any = true;
    }
    return any;
  }
}

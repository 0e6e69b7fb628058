// One open socket of /ws: what WsSession says, its topics, and how much waits to be read by its client. Gateway thread.
// Owns the uWebSockets socket from open to close. Must never touch it afterwards, nor hold back more than its bounds.

import type { WebSocket } from 'uWebSockets.js';
import type { Clock } from '../../runtime/clock.ts';
import type { CounterBlock } from '../../shared-memory/counters.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import { CloseCode } from '../stream.ts';
import type { HeldMessages, Holder } from './held-messages.ts';
import type { WsSession } from './session.ts';
import type { TokenBucket } from './token-bucket.ts';
import type { Backlogged, TotalBacklog } from './total-backlog.ts';

/** What uWebSockets keeps with its socket. */
export interface WsSocketData {
  session: WsSocket | undefined;
}

/** What is used of a socket of uWebSockets. */
export type RawSocket = Pick<
  WebSocket<WsSocketData>,
  'send' | 'subscribe' | 'unsubscribe' | 'getBufferedAmount' | 'end' | 'close'
> & { cork(send: () => void): unknown };

/** What a socket shares with all others. */
export interface WsSocketShared {
  readonly clock: Clock;
  readonly counters: CounterBlock;
  readonly backpressureBytesMax: number;
  readonly together: HeldMessages;
  readonly total: TotalBacklog;
}

/** Every socket is subscribed to it: uWebSockets forgets what is published but not yet sent to a socket that leaves its last topic. */
const TOPIC_OF_ALL = 'all';

/** A client that is refused so often has lost its way. */
const REFUSALS_IN_A_ROW_MAX = 32;
/** What it asked for itself may be so many times what makes a socket slow. */
const ALLOWANCES_MAX = 16;
/** Messages that are sent together: with their heads they fit what uWebSockets gathers for one write. */
const TOGETHER_BYTES_MAX = 14_000;
/** JSON objects begin so, binary messages with their version. */
const OPEN_OBJECT = 0x7b;

/** Whether a message of the feed goes out as a binary frame. */
export function isBinary(message: Uint8Array): boolean {
  return message[0] !== OPEN_OBJECT;
}

interface Held {
  readonly message: Uint8Array;
  readonly binary: boolean;
  /** Of a channel's beginning. */
  readonly beginning: boolean;
}

export class WsSocket implements WsSession, Holder, Backlogged {
  readonly id: number;
  /** Errors it was answered with no good frame between. */
  refusals = 0;

  /** Messages its client may send. */
  readonly #frames: TokenBucket;
  readonly #shared: WsSocketShared;
  /** Messages that are held back. */
  #held: Held[] = [];
  #socket: RawSocket | undefined;
  /** Bytes of snapshots and the like that still wait: what it asked for itself does not make it slow, up to a point. */
  #allowance = 0;

  constructor(id: number, socket: RawSocket, frames: TokenBucket, shared: WsSocketShared) {
    this.id = id;
    this.#frames = frames;
    this.#socket = socket;
    this.#shared = shared;
    socket.subscribe(TOPIC_OF_ALL);
  }

  get open(): boolean {
    return this.#socket !== undefined;
  }

  sendText(message: Uint8Array | string): void {
    this.#send(message, false, false);
  }

  sendBinary(message: Uint8Array): void {
    this.#send(message, true, false);
  }

  /** A message of a channel's beginning, as the feed has it. */
  sendBeginning(message: Uint8Array): void {
    this.#send(message, isBinary(message), true);
  }

  messageTaken(): boolean {
    const { clock, counters } = this.#shared;
    if (!this.open) return false;
    if (this.#frames.take(clock.monotonicUs())) return true;
    counters.add(GatewayCounter.WS_REFUSED_FRAMES, 1);
    this.end(CloseCode.POLICY, 'message rate');
    return false;
  }

  frameRefused(): void {
    if (++this.refusals < REFUSALS_IN_A_ROW_MAX) return;
    this.#shared.counters.add(GatewayCounter.WS_REFUSED_MALFORMED, 1);
    this.end(CloseCode.POLICY, 'malformed requests');
  }

  /** Its client is told so behind all that waits for it, unless too much waits for those that have ended. */
  end(code: number, reason: string): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    if (this.#shared.total.mayLeave(socket.getBufferedAmount())) socket.end(code, reason);
    else socket.close();
  }

  /** Ended without a word since its client does not read and the memory is needed; counted. */
  cut(): void {
    if (this.#socket === undefined) return;
    this.#shared.counters.add(GatewayCounter.WS_SLOW_CONSUMER_CLOSES, 1);
    this.#socket.close();
  }

  /** Ended because its client does not read; counted. */
  endSlow(): void {
    if (this.#socket === undefined) return;
    this.#shared.counters.add(GatewayCounter.WS_SLOW_CONSUMER_CLOSES, 1);
    this.end(CloseCode.SLOW_CONSUMER, 'slow_consumer');
  }

  /** uWebSockets has closed the socket. */
  closed(): void {
    this.#socket = undefined;
  }

  join(topic: string): void {
    this.#socket?.subscribe(topic);
  }

  leave(topic: string): void {
    this.#socket?.unsubscribe(topic);
  }

  /** Bytes that wait for the client. */
  buffered(): number {
    return this.#socket?.getBufferedAmount() ?? 0;
  }

  /** Those beyond what it asked for itself. */
  backlog(): number {
    const buffered = this.buffered();
    if (buffered < this.#allowance) this.#allowance = buffered;
    return buffered - this.#allowance;
  }

  sendHeld(): void {
    const held = this.#held;
    this.#held = [];
    let first = 0;
    let bytes = 0;
    for (let k = 0; k < held.length; k++) {
      const { length } = held[k].message;
      if (bytes + length > TOGETHER_BYTES_MAX && k > first) {
        this.#sendTogether(held.slice(first, k));
        first = k;
        bytes = 0;
      }
      bytes += length;
    }
    this.#sendTogether(held.slice(first));
  }

  #send(message: Uint8Array | string, binary: boolean, beginning: boolean): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    const length = typeof message === 'string' ? Buffer.byteLength(message) : message.length;
    const { counters, together } = this.#shared;
    counters.add(GatewayCounter.WS_MESSAGES, 1);
    counters.add(GatewayCounter.WS_BYTES, length);
    if (!together.holding) {
      if (!this.#isReading()) return;
      socket.send(message, binary);
      if (beginning) this.#allow(length);
      return;
    }
    if (this.#held.length === 0) together.note(this);
    this.#held.push({ message: together.copy(message), binary, beginning });
  }

  #sendTogether(messages: readonly Held[]): void {
    if (!this.#isReading()) return;
    const socket = this.#socket;
    socket?.cork(() => {
      for (const { message, binary } of messages) socket.send(message, binary);
    });
    for (const { message, beginning } of messages) if (beginning) this.#allow(message.length);
  }

  /** Once the bytes wait: backlog() forgets what is allowed beyond those that do. */
  #allow(bytes: number): void {
    this.#allowance = Math.min(this.#allowance + bytes, ALLOWANCES_MAX * this.#shared.backpressureBytesMax);
  }

  /** False: it has ended, or ends now since too much waits for its client. */
  #isReading(): boolean {
    if (this.backlog() <= this.#shared.backpressureBytesMax) return this.open;
    this.endSlow();
    return false;
  }
}

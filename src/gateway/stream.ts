// WS /stream: sends what the market-data agent wrote into the stream ring to every socket of this gateway. Broadcast only.
// Gateway thread. Owns the sockets and the position in the ring. Must never let a slow socket grow without bound, nor let
// uWebSockets drop a message silently: a socket gets every message, or it is closed and told why.

import type { HttpRequest, HttpResponse, us_socket_context_t, WebSocket, WebSocketBehavior } from 'uWebSockets.js';
import type { Clock } from '../runtime/clock.ts';
import { type BroadcastReader, LAPPED } from '../shared-memory/broadcast-ring.ts';
import type { CounterBlock } from '../shared-memory/counters.ts';
import { GatewayCounter } from '../wire/counters.ts';
import { StreamType } from '../wire/stream-codec.ts';

export const CloseCode = { SHUTDOWN: 1001, POLICY: 1008, TRY_LATER: 1013, SLOW_CONSUMER: 4008 } as const;

/** Clients have nothing to say here; this much of it is ignored, in a while of this length. */
const CLIENT_MESSAGE_BYTES_MAX = 1024;
const CLIENT_MESSAGES_MAX = 64;
const CLIENT_WHILE_US = 10_000_000;
/** A message is sent to all sockets together with others, up to this much. */
const BATCH_BYTES_MAX = 256 * 1024;
const BATCH_MESSAGES_MAX = 512;
const IDLE_TIMEOUT_S = 60;

interface SocketData {
  /** Messages it sent us in the current while, and when that began, by the clock's stopwatch. */
  messages: number;
  sinceUs: number;
}

type Socket = WebSocket<SocketData>;

export class StreamSockets {
  readonly #reader: BroadcastReader;
  readonly #counters: CounterBlock;
  readonly #clock: Clock;
  readonly #backpressureBytesMax: number;
  readonly #sockets = new Set<Socket>();
  /** Messages of the batch under way: their bytes one after the other, and where each ends. */
  readonly #batch: Uint8Array;
  readonly #ends = new Uint32Array(BATCH_MESSAGES_MAX);
  #batchMessages = 0;
  #batchBytes = 0;
  #views: Uint8Array[] = [];
  #corked: Socket | undefined;
  #closing = false;
  /** The turn under way has come to a gap. */
  #gap = false;

  readonly #receive = (type: number, offset: number, lengthBytes: number): void => {
    if (type === StreamType.GAP) {
      this.#gap = true;
      return;
    }
    const { bytes } = this.#reader;
    for (let i = 0; i < lengthBytes; i++) this.#batch[this.#batchBytes + i] = bytes[offset + i];
    this.#batchBytes += lengthBytes;
    this.#ends[this.#batchMessages++] = this.#batchBytes;
  };

  readonly #sendBatch = (): void => {
    const socket = this.#corked;
    if (socket === undefined) return;
    for (const message of this.#views) if (this.#sockets.has(socket)) socket.send(message, false);
  };

  constructor(reader: BroadcastReader, counters: CounterBlock, clock: Clock, backpressureBytesMax: number) {
    this.#reader = reader;
    this.#counters = counters;
    this.#clock = clock;
    this.#backpressureBytesMax = backpressureBytesMax;
    // The longest message may come on top of a batch that is full but for a byte.
    this.#batch = new Uint8Array(BATCH_BYTES_MAX + reader.bytes.length);
  }

  /** What uWebSockets is told about /stream; `ended` hears of each socket that was open and is no more. */
  behavior(admit: (res: HttpResponse) => boolean, ended: () => void): WebSocketBehavior<SocketData> {
    return {
      maxPayloadLength: CLIENT_MESSAGE_BYTES_MAX,
      // Ours decides; its own limit lies beyond anything that one batch can add to ours, and closes rather than drops.
      maxBackpressure: 2 * (this.#backpressureBytesMax + this.#batch.length),
      closeOnBackpressureLimit: true,
      idleTimeout: IDLE_TIMEOUT_S,
      sendPingsAutomatically: true,
      upgrade: (res, req, context) => upgrade(res, req, context, admit),
      open: (socket) => this.#opened(socket),
      message: (socket) => this.#messaged(socket),
      close: (socket) => {
        this.#closed(socket);
        ended();
      },
    };
  }

  /** Sends what is new in the ring, one batch. Returns messages sent. */
  doWork(): number {
    if (this.#sockets.size === 0) return 0;
    this.#batchMessages = 0;
    this.#batchBytes = 0;
    this.#gap = false;
    let polled = 0;
    do {
      polled = this.#reader.poll(this.#receive, 1);
    } while (polled > 0 && !this.#gap && !this.#isBatchFull());
    if (this.#batchMessages > 0) this.#broadcast();
    if (polled === LAPPED || this.#gap) this.#lapped();
    return this.#batchMessages;
  }

  /** Closes every socket; no new one is let in. */
  close(code: number, reason: string): void {
    this.#closing = true;
    this.#closeAll(code, reason);
  }

  #isBatchFull(): boolean {
    return this.#batchMessages === BATCH_MESSAGES_MAX || this.#batchBytes >= BATCH_BYTES_MAX;
  }

  #broadcast(): void {
    const views: Uint8Array[] = [];
    for (let i = 0, start = 0; i < this.#batchMessages; i++) {
      const end = this.#ends[i];
      views.push(this.#batch.subarray(start, end));
      start = end;
    }
    this.#views = views;
    for (const socket of this.#sockets) {
      this.#corked = socket;
      socket.cork(this.#sendBatch);
      this.#counters.add(GatewayCounter.STREAM_MESSAGES, this.#batchMessages);
      if (!this.#sockets.has(socket) || socket.getBufferedAmount() <= this.#backpressureBytesMax) continue;
      this.#counters.add(GatewayCounter.SLOW_CONSUMER_CLOSES, 1);
      socket.end(CloseCode.SLOW_CONSUMER, 'slow_consumer');
    }
    this.#corked = undefined;
  }

  /**
   * The writer went round the whole ring before this gateway read it, or market data itself has lost its place: what is lost is
   * lost, so nobody may think otherwise.
   */
  #lapped(): void {
    this.#counters.add(GatewayCounter.STREAM_LAPPED, 1);
    this.#closeAll(CloseCode.TRY_LATER, 'lapped');
    this.#reader.seekNewest();
  }

  #opened(socket: Socket): void {
    if (this.#sockets.size === 0) this.#reader.seekNewest(); // nobody listened: what the ring holds is old
    this.#sockets.add(socket);
    this.#publishCount();
    if (this.#closing) socket.end(CloseCode.SHUTDOWN, 'shutdown');
  }

  #messaged(socket: Socket): void {
    const data = socket.getUserData();
    const nowUs = this.#clock.monotonicUs();
    if (nowUs - data.sinceUs > CLIENT_WHILE_US) {
      data.sinceUs = nowUs;
      data.messages = 0;
    }
    if (++data.messages > CLIENT_MESSAGES_MAX) socket.end(CloseCode.POLICY, 'broadcast_only');
  }

  #closed(socket: Socket): void {
    this.#sockets.delete(socket);
    this.#publishCount();
  }

  #closeAll(code: number, reason: string): void {
    for (const socket of [...this.#sockets]) socket.end(code, reason);
  }

  /** The market-data agent writes stream messages only while some gateway says that it has listeners. */
  #publishCount(): void {
    this.#counters.set(GatewayCounter.STREAM_CONNECTIONS, this.#sockets.size);
  }
}

function upgrade(
  res: HttpResponse,
  req: HttpRequest,
  context: us_socket_context_t,
  admit: (res: HttpResponse) => boolean,
): void {
  const key = req.getHeader('sec-websocket-key');
  const protocol = req.getHeader('sec-websocket-protocol');
  const extensions = req.getHeader('sec-websocket-extensions');
  if (admit(res)) res.upgrade<SocketData>({ messages: 0, sinceUs: 0 }, key, protocol, extensions, context);
}

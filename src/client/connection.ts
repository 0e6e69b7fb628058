// One socket at a time, and another whenever it ends, until close(). Knows nothing of what is said on it. A socket on which
// nothing comes, not even the answer to a ping, is given up: a connection can be dead without anybody having said so.

import type { WebSocketConstructor, WebSocketLike } from './socket.ts';
import { Alarm, Backoff, type Timers } from './timers.ts';

export interface ConnectionOptions {
  readonly url: string;
  readonly WebSocket: WebSocketConstructor;
  readonly timers: Timers;
  /** The first and the longest wait before another attempt, milliseconds; each is shortened at random, by up to half. */
  readonly backoffMs: readonly [min: number, max: number];
  /** How long a socket may take to open. */
  readonly openMs: number;
  /** A socket that was silent so long is asked for a sign of life, and given up after as long again. */
  readonly silenceMs: number;
}

/** Why a socket ended, and when the next attempt comes. */
export interface Disconnected {
  /** The close code; 1006 when there was no closing. */
  readonly code: number;
  readonly reason: string;
  readonly retryMs: number;
}

export interface ConnectionOwner {
  opened(): void;
  received(data: unknown): void;
  /** Told once for each attempt: the socket ended, or never opened. */
  lost(how: Disconnected): void;
  /** A sign of life is wanted. */
  ping(): void;
}

/** Abnormal closure: what a socket says that ended without a word (RFC 6455). */
const ABNORMAL = 1006;
const NORMAL = 1000;
/** Policy and length: what was done wrong will be done wrong again, so the next attempt is far away. */
const POLICY = 1008;
const TOO_LONG = 1009;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #owner: ConnectionOwner;
  readonly #backoff: Backoff;
  /** For the next attempt; while a socket is there, for its opening and then for its silence. */
  readonly #alarm: Alarm;
  /** Once a socket has been open so long, the next one that ends is a new trouble. */
  readonly #settled: Alarm;
  #socket: WebSocketLike | undefined;
  #open = false;
  #heard = false;

  constructor(options: ConnectionOptions, owner: ConnectionOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#backoff = new Backoff(options.timers, ...options.backoffMs);
    this.#alarm = new Alarm(options.timers);
    this.#settled = new Alarm(options.timers);
  }

  get open(): boolean {
    return this.#open;
  }

  connect(): void {
    const { url, WebSocket, openMs } = this.#options;
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#alarm.set(openMs, () => this.#lose(ABNORMAL, 'it did not open'));
    // What a socket says that has been given up is nobody's any more.
    const current = () => this.#socket === socket;
    socket.addEventListener('open', () => {
      if (current()) this.#opened();
    });
    socket.addEventListener('message', ({ data }) => {
      if (!current()) return;
      this.#heard = true;
      this.#owner.received(data);
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (current()) this.#lose(code, reason);
    });
    // Always followed by its close; but unheard it would be thrown.
    socket.addEventListener('error', () => {});
  }

  /** False, and nothing is sent, while there is no open socket. */
  send(text: string): boolean {
    if (!this.#open || this.#socket === undefined) return false;
    this.#socket.send(text);
    return true;
  }

  /** Gives the socket up and tries another. */
  abandon(reason: string): void {
    if (this.#socket !== undefined) this.#lose(ABNORMAL, reason);
  }

  close(): void {
    this.#drop();
  }

  #opened(): void {
    this.#open = true;
    this.#settled.set(this.#backoff.maxMs, () => this.#backoff.reset());
    this.#listen(false);
    this.#owner.opened();
  }

  /** Looks again after `silenceMs` whether anything came; `asked`: a sign of life was wanted. */
  #listen(asked: boolean): void {
    this.#heard = false;
    this.#alarm.set(this.#options.silenceMs, () => {
      if (this.#heard) this.#listen(false);
      else if (asked) this.#lose(ABNORMAL, 'no sign of life');
      else {
        this.#listen(true);
        this.#owner.ping();
      }
    });
  }

  #lose(code: number, reason: string): void {
    this.#drop();
    if (code === POLICY || code === TOO_LONG) this.#backoff.exhaust();
    const retryMs = this.#backoff.nextMs();
    this.#alarm.set(retryMs, () => this.connect());
    this.#owner.lost({ code, reason, retryMs });
  }

  /** The socket is none of ours any more. Its closing may take as long as it likes. */
  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#open = false;
    this.#alarm.clear();
    this.#settled.clear();
    socket?.close(NORMAL);
  }
}

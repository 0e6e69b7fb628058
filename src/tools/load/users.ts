// The users of a load's thread: each sends one request at a time over a connection that it may share. Owns the connections, and who is
// idle. A tool's thread. What is sent, and what becomes of the answers, is the task's; one task at a time. Must never have two
// requests of one user under way.

import { assert } from '../../assert.ts';
import { HttpLane } from './http-lane.ts';
import type { Lane, LaneListener, Transport } from './lane.ts';
import type { OrderStream } from './order-stream.ts';
import type { LoadRequest, Reply } from './requests.ts';
import { SocketLane } from './socket-lane.ts';

export interface User {
  readonly stream: OrderStream;
  readonly lane: Lane;
  readonly slot: number;
  /** Under way. */
  request: LoadRequest | undefined;
  /** When it was to be sent, was sent, and the last one was answered: performance.now(). */
  dueMs: number;
  sentMs: number;
  idleMs: number;
  /** Which task its request belongs to: one that ends does not wait for ever. */
  task: Task | undefined;
}

export interface Task {
  answered(user: User, request: LoadRequest, reply: Reply): void;
  lost(user: User, request: LoadRequest, why: string): void;
  strange(why: string): void;
  /** Somebody has become idle, or is gone. Called after each answer, and once for those that came together. */
  wake(): void;
}

export interface UsersOptions {
  readonly url: URL;
  readonly over: Transport;
  readonly connections: number;
  /** Users of each connection; over HTTP 1. */
  readonly pipeline: number;
  /** One for each user. */
  readonly streams: readonly OrderStream[];
}

/** Connections that are opened at once. */
const OPENING_MAX = 32;

export class Users {
  task: Task | undefined;
  readonly #lanes: Lane[] = [];
  readonly #users: User[] = [];
  /** Those who have been idle for longest come first: a ring. */
  readonly #idle: User[];
  #idleFrom = 0;
  #idleCount = 0;
  #alive: number;
  #waking = false;

  /** Rejects with ConnectionLost. */
  static async open(options: UsersOptions): Promise<Users> {
    const users = new Users(options.streams.length);
    for (let first = 0; first < options.connections; first += OPENING_MAX) {
      const count = Math.min(OPENING_MAX, options.connections - first);
      await Promise.all(Array.from({ length: count }, (_, k) => users.#open(options, first + k)));
    }
    assert(users.#users.length === options.streams.length, 'each stream has a user');
    return users;
  }

  private constructor(count: number) {
    this.#idle = new Array(count);
    this.#alive = count;
  }

  /** Users that can send anything yet. */
  get alive(): number {
    return this.#alive;
  }

  get underWay(): number {
    return this.#alive - this.#idleCount;
  }

  /** Who has been idle for longest; undefined: nobody is. */
  firstIdle(): User | undefined {
    return this.#idleCount === 0 ? undefined : this.#idle[this.#idleFrom];
  }

  /** The first idle one sends. */
  send(request: LoadRequest, dueMs: number): void {
    const user = this.firstIdle();
    assert(user !== undefined, 'somebody is idle');
    this.#idleFrom = (this.#idleFrom + 1) % this.#idle.length;
    this.#idleCount--;
    user.request = request;
    user.task = this.task;
    user.dueMs = dueMs;
    user.sentMs = performance.now();
    user.lane.send(user.slot, request);
  }

  flush(): void {
    for (const lane of this.#lanes) lane.flush();
  }

  /** Calls `take` with each request under way of this task, whose answers are of no interest any more. */
  abandon(take: (request: LoadRequest) => void): void {
    for (const user of this.#users) {
      if (user.request === undefined || user.task !== this.task) continue;
      take(user.request);
      user.task = undefined;
    }
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
  }

  async #open({ url, over, pipeline, streams }: UsersOptions, k: number): Promise<void> {
    const own: User[] = [];
    const listener = this.#listenerOf(own);
    const lane =
      over === 'http'
        ? new HttpLane(url, listener)
        : await SocketLane.open(url, over === 'ws-binary', pipeline, listener);
    this.#lanes.push(lane);
    for (const [slot, stream] of streams.slice(k * pipeline, (k + 1) * pipeline).entries()) {
      const times = { dueMs: 0, sentMs: 0, idleMs: 0 };
      const user: User = { stream, lane, slot, request: undefined, task: undefined, ...times };
      own.push(user);
      this.#users.push(user);
      this.#rest(user);
    }
  }

  #listenerOf(own: readonly User[]): LaneListener {
    return {
      answered: (slot, reply) => {
        const user = own[slot];
        const { request, task } = user;
        assert(request !== undefined, 'what is answered was asked');
        this.#rest(user);
        task?.answered(user, request, reply);
        this.#wake();
      },
      lost: (slot, why, dead) => {
        const user = own[slot];
        const { request, task } = user;
        assert(request !== undefined, 'what is lost was asked');
        if (dead) this.#alive--;
        else this.#rest(user);
        user.request = undefined;
        task?.lost(user, request, why);
        this.#wake();
      },
      strange: (why) => this.task?.strange(why),
    };
  }

  #rest(user: User): void {
    user.request = undefined;
    user.idleMs = performance.now();
    this.#idle[(this.#idleFrom + this.#idleCount) % this.#idle.length] = user;
    this.#idleCount++;
  }

  /** Many answers come in one read; what follows from them is one write. */
  #wake(): void {
    if (this.#waking) return;
    this.#waking = true;
    queueMicrotask(() => {
      this.#waking = false;
      this.task?.wake();
    });
  }
}

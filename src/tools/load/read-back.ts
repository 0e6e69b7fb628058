// Reads acknowledged orders back, one for each idle user at a time, and holds them to what was acknowledged about them. A tool's
// thread. What the server cannot tell yet it is asked again, until no order has been told for too long.

import { describe } from './load-phase.ts';
import { judge } from './reply-checks.ts';
import type { LoadRequest, Placed, Reply } from './requests.ts';
import type { Task, User, Users } from './users.ts';

export interface ReadBackResult {
  /** Found, and as they must be. */
  readonly good: number;
  /** The server does not know them, or knows them otherwise. */
  readonly bad: number;
  /** It could not tell. */
  readonly untold: number;
  /** The first of the bad and untold. */
  readonly faults: readonly string[];
}

/** A ledger that has fallen behind under load tells closed orders only when it is level again. */
const PATIENCE_MS = 60_000;
const AGAIN_MS = 100;
const FAULTS_KEPT = 5;

export class ReadBack implements Task {
  readonly #users: Users;
  readonly #left: Placed[];
  readonly #timer: NodeJS.Timeout;
  readonly #again: Placed[] = [];
  readonly #faults: string[] = [];
  #good = 0;
  #bad = 0;
  #underWay = 0;
  #lastMs = performance.now();
  #why = '';
  #ended: () => void = () => {};

  constructor(users: Users, orders: readonly Placed[]) {
    this.#users = users;
    this.#left = [...orders].reverse();
    this.#timer = setInterval(() => this.#askAgain(), AGAIN_MS);
  }

  get done(): number {
    return this.#good + this.#bad;
  }

  async run(): Promise<ReadBackResult> {
    const ended = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    this.#users.task = this;
    this.wake();
    await ended;
    clearInterval(this.#timer);
    const untold = this.#left.length + this.#again.length + this.#underWay;
    if (untold > 0) this.#keep(`${untold} orders could not be read back: ${this.#why}`);
    return { good: this.#good, bad: this.#bad, untold, faults: this.#faults };
  }

  answered(_user: User, request: LoadRequest, reply: Reply): void {
    this.#underWay--;
    const { outcome, fault } = judge(request, reply);
    if (outcome === 'refused' || outcome === 'unknown') {
      this.#later(request, reply.code);
      return;
    }
    this.#lastMs = performance.now();
    if (outcome === 'accepted') {
      this.#good++;
      return;
    }
    this.#bad++;
    this.#keep(`${describe(request)}: ${fault}`);
  }

  lost(_user: User, request: LoadRequest, why: string): void {
    this.#underWay--;
    this.#later(request, why);
  }

  strange(why: string): void {
    this.#bad++;
    this.#keep(why);
  }

  wake(): void {
    while (this.#users.firstIdle() !== undefined) {
      const placed = this.#left.pop();
      if (placed === undefined) break;
      this.#underWay++;
      this.#users.send({ kind: 'status', placed }, performance.now());
    }
    this.#users.flush();
    if (this.#left.length + this.#again.length + this.#underWay === 0 || this.#users.alive === 0) this.#ended();
  }

  #later(request: LoadRequest, why: string): void {
    this.#why = why;
    if (request.kind === 'status') this.#again.push(request.placed);
  }

  #askAgain(): void {
    if (performance.now() - this.#lastMs > PATIENCE_MS) {
      this.#ended();
      return;
    }
    this.#left.push(...this.#again.splice(0));
    this.wake();
  }

  #keep(fault: string): void {
    if (this.#faults.length < FAULTS_KEPT) this.#faults.push(fault);
  }
}

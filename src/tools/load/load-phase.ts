// One stretch of load in one thread: sends on schedule, whether or not earlier requests are answered (open loop), or each user's next
// request as soon as the last is answered (closed loop). A tool's thread. Owns the counts and histograms of the stretch.
//
// In the open loop a latency counts from when the request was to be sent, by the schedule: what waits for a free connection, since the
// server is slow, waits on the clock, so a stall shows in every request that it held up (no coordinated omission). What was not sent
// at all by the end is counted with the time it had waited by then. Apart from that the time from the true sending is kept (service
// time), and how far this thread itself was behind: from when a request was due and a connection free until it was sent.

import type { Acknowledged } from './acknowledged.ts';
import { type HistogramData, LatencyHistogram } from './histogram.ts';
import { judge, noteUnknown } from './reply-checks.ts';
import type { LoadRequest, Reply } from './requests.ts';
import type { Task, User, Users } from './users.ts';

export interface PhaseOptions {
  /** Of this thread; undefined: closed loop. */
  readonly perSecond: number | undefined;
  /** Share of one interval, 0 to 1, by which this thread's schedule begins later, so that threads take turns. */
  readonly offset: number;
  /** Sent before anything is measured. */
  readonly warmupMs: number;
  readonly measuredMs: number;
  /** Answers that come later than this after the end of sending are none. */
  readonly patienceMs: number;
}

export interface PhaseCounts {
  sent: number;
  /** Of what was due once the warm-up was over. */
  measuredSent: number;
  /** After the warm-up and before the end of sending. */
  answeredInTime: number;
  acknowledged: number;
  acknowledgedOrders: number;
  /** Cancels and amends of orders that were closed by then. */
  tooLate: number;
  /** By code. */
  refused: Record<string, number>;
  unanswered: number;
  /** Due, and never sent: no connection was free. */
  unsent: number;
  /** Sent so much too late that it shows, by this thread's own fault. */
  lateSends: number;
  wrong: number;
}

export interface PhaseResult {
  readonly counts: PhaseCounts;
  readonly intended: HistogramData;
  readonly service: HistogramData;
  /** How far the thread was behind. */
  readonly behind: HistogramData;
  /** The first things that were wrong, or lost. */
  readonly faults: readonly string[];
}

/** Since the last such call. */
export interface PhaseProgress {
  readonly answered: number;
  readonly latency: HistogramData;
  /** Since the start. */
  readonly refused: number;
  readonly unanswered: number;
  readonly wrong: number;
}

/** A send that is more behind than this is late. */
export const LATE_MS = 10;
/** The longest nap between two looks at the clock and the sockets, while the next request is due soon. */
const NAP_MS = 0.25;
/** What is due later than this is left to a timer, which may ring a millisecond late. */
const SOON_MS = 2;
/** Between looks at whether the schedule has run dry of users. */
const BUSY_MS = 5;
const FAULTS_KEPT = 5;

const napping = new Int32Array(new SharedArrayBuffer(4));

export class LoadPhase implements Task {
  readonly #users: Users;
  readonly #acknowledged: Acknowledged;
  readonly #options: PhaseOptions;
  readonly #startMs = performance.now();
  readonly #measureFromMs: number;
  readonly #endMs: number;
  readonly #counts = noCounts();
  readonly #intended = new LatencyHistogram();
  readonly #service = new LatencyHistogram();
  readonly #behind = new LatencyHistogram();
  readonly #interval = new LatencyHistogram();
  readonly #faults: string[] = [];
  /** Arrivals of the schedule so far. */
  #arrived = 0;
  #underWay = 0;
  #over = false;
  #ended: () => void = () => {};

  constructor(users: Users, acknowledged: Acknowledged, options: PhaseOptions) {
    this.#users = users;
    this.#acknowledged = acknowledged;
    this.#options = options;
    this.#measureFromMs = this.#startMs + options.warmupMs;
    this.#endMs = this.#measureFromMs + options.measuredMs;
  }

  /** Resolves when all is answered, or it is too late for more. */
  async run(): Promise<PhaseResult> {
    const ended = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    this.#users.task = this;
    this.#turn();
    await ended;
    this.#users.abandon((request) => this.#unknown(request, 'no answer in time'));
    return {
      counts: this.#counts,
      intended: this.#intended.data(),
      service: this.#service.data(),
      behind: this.#behind.data(),
      faults: this.#faults,
    };
  }

  takeProgress(): PhaseProgress {
    const { refused, unanswered, wrong } = this.#counts;
    const latency = this.#interval.data();
    this.#interval.clear();
    return { answered: latency.count, latency, refused: total(refused), unanswered, wrong };
  }

  answered(user: User, request: LoadRequest, reply: Reply): void {
    this.#underWay--;
    this.#measure(user);
    const { outcome, fault, placed } = judge(request, reply);
    if (outcome === 'wrong') this.#note(request, fault);
    else if (outcome === 'unknown') this.#unknown(request, reply.code);
    else if (outcome === 'late') this.#counts.tooLate++;
    else if (outcome === 'refused') this.#counts.refused[reply.code] = (this.#counts.refused[reply.code] ?? 0) + 1;
    else this.#counts.acknowledged++;
    if (placed === undefined) return;
    this.#counts.acknowledgedOrders++;
    this.#acknowledged.add(placed);
    user.stream.acknowledged(placed);
  }

  lost(_user: User, request: LoadRequest, why: string): void {
    this.#underWay--;
    this.#unknown(request, why);
  }

  strange(why: string): void {
    this.#counts.wrong++;
    this.#keep(why);
  }

  wake(): void {
    if (!this.#over) this.#sendDue();
    else if (this.#underWay === 0) this.#ended();
  }

  /** The one loop of the schedule: sends what is due, then waits until more is. */
  #turn = (): void => {
    const nowMs = this.#sendDue();
    if (nowMs >= this.#endMs || this.#users.alive === 0) {
      this.#stop();
      return;
    }
    const leftMs = this.#endMs - nowMs;
    // With nobody idle, and in the closed loop, it is the answers that wake.
    const isTimed = this.#options.perSecond !== undefined && this.#users.firstIdle() !== undefined;
    const waitMs = isTimed ? this.#nextDueMs() - nowMs : leftMs;
    if (waitMs > SOON_MS || !isTimed) {
      setTimeout(this.#turn, Math.min(waitMs, leftMs, isTimed ? leftMs : BUSY_MS) - 1);
      return;
    }
    // Neither spins, which would take a processor from the server, nor trusts a timer of whole milliseconds.
    Atomics.wait(napping, 0, 0, Math.min(NAP_MS, Math.max(waitMs, 0.05)));
    setImmediate(this.#turn);
  };

  #stop(): void {
    this.#over = true;
    for (; this.#nextDueMs() < this.#endMs; this.#arrived++) {
      this.#counts.unsent++;
      if (this.#nextDueMs() >= this.#measureFromMs) this.#intended.record(this.#endMs - this.#nextDueMs());
    }
    if (this.#underWay === 0) this.#ended();
    else setTimeout(this.#ended, this.#options.patienceMs).unref();
  }

  /** Returns the time. */
  #sendDue(): number {
    let nowMs = performance.now();
    for (let user = this.#users.firstIdle(); user !== undefined; user = this.#users.firstIdle()) {
      const dueMs = this.#options.perSecond === undefined ? nowMs : this.#nextDueMs();
      if (dueMs > nowMs || dueMs >= this.#endMs) break;
      this.#send(user, dueMs, nowMs);
      nowMs = performance.now();
    }
    this.#users.flush();
    return nowMs;
  }

  #send(user: User, dueMs: number, nowMs: number): void {
    const behindMs = nowMs - Math.max(dueMs, user.idleMs);
    const request = user.stream.next();
    this.#users.send(request, dueMs);
    this.#arrived++;
    this.#underWay++;
    this.#counts.sent++;
    if (dueMs < this.#measureFromMs) return;
    this.#counts.measuredSent++;
    this.#behind.record(behindMs);
    if (behindMs > LATE_MS) this.#counts.lateSends++;
  }

  #nextDueMs(): number {
    const { perSecond, offset } = this.#options;
    if (perSecond === undefined) return this.#endMs;
    return this.#startMs + ((this.#arrived + offset) * 1000) / perSecond;
  }

  #measure({ dueMs, sentMs }: User): void {
    const nowMs = performance.now();
    this.#interval.record(nowMs - dueMs);
    if (nowMs >= this.#measureFromMs && nowMs < this.#endMs) this.#counts.answeredInTime++;
    if (dueMs < this.#measureFromMs) return;
    this.#intended.record(nowMs - dueMs);
    this.#service.record(nowMs - sentMs);
  }

  #unknown(request: LoadRequest, why: string): void {
    noteUnknown(request);
    this.#counts.unanswered++;
    this.#keep(`${describe(request)}: ${why}`);
  }

  #note(request: LoadRequest, fault: string): void {
    noteUnknown(request);
    this.#counts.wrong++;
    this.#keep(`${describe(request)}: ${fault}`);
  }

  #keep(fault: string): void {
    if (this.#faults.length < FAULTS_KEPT) this.#faults.push(fault);
  }
}

export function describe(request: LoadRequest): string {
  if (request.kind === 'place') return `place ${request.key} ${JSON.stringify(request.order)}`;
  const { id, number } = request.placed;
  return `${request.kind} of ${id === '' ? `order ${number}` : id}`;
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function noCounts(): PhaseCounts {
  const measured = { sent: 0, measuredSent: 0, answeredInTime: 0, unsent: 0, lateSends: 0 };
  return { ...measured, acknowledged: 0, acknowledgedOrders: 0, tooLate: 0, refused: {}, unanswered: 0, wrong: 0 };
}

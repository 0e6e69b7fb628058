// What became of a load's requests, by numbers, and the first things that went wrong, in words. One for each stretch and thread.

import { noteUnknown, type Verdict } from './reply-checks.ts';
import type { LoadRequest, Placed, Reply } from './requests.ts';

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

const FAULTS_KEPT = 5;

export class Tally {
  readonly counts: PhaseCounts = {
    ...{ sent: 0, measuredSent: 0, answeredInTime: 0, unsent: 0, lateSends: 0 },
    ...{ acknowledged: 0, acknowledgedOrders: 0, tooLate: 0, refused: {}, unanswered: 0, wrong: 0 },
  };
  /** The first things that were wrong, or lost. */
  readonly faults: string[] = [];

  /** Returns the order that was placed, if one was. */
  judged(request: LoadRequest, { code }: Reply, { outcome, fault, placed }: Verdict): Placed | undefined {
    const { counts } = this;
    if (outcome === 'wrong') this.#wrong(request, fault);
    else if (outcome === 'unknown') this.unknown(request, code);
    else if (outcome === 'late') counts.tooLate++;
    else if (outcome === 'refused') counts.refused[code] = (counts.refused[code] ?? 0) + 1;
    else counts.acknowledged++;
    if (placed !== undefined) counts.acknowledgedOrders++;
    return placed;
  }

  /** What became of the request nobody can tell. */
  unknown(request: LoadRequest, why: string): void {
    noteUnknown(request);
    this.counts.unanswered++;
    this.#keep(`${describe(request)}: ${why}`);
  }

  /** An answer to nothing that was asked. */
  strange(why: string): void {
    this.counts.wrong++;
    this.#keep(why);
  }

  /** Whether it was executed is not known either. */
  #wrong(request: LoadRequest, fault: string): void {
    noteUnknown(request);
    this.strange(`${describe(request)}: ${fault}`);
  }

  #keep(fault: string): void {
    if (this.faults.length < FAULTS_KEPT) this.faults.push(fault);
  }
}

export function describe(request: LoadRequest): string {
  if (request.kind === 'place') return `place ${request.key} ${JSON.stringify(request.order)}`;
  const { id, number } = request.placed;
  return `${request.kind} of ${id === '' ? `order ${number}` : id}`;
}

export function refusedOf({ refused }: Pick<PhaseCounts, 'refused'>): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}

/** At least one. */
export function sumOfCounts(parts: readonly PhaseCounts[]): PhaseCounts {
  const [first, ...others] = parts;
  const sum = { ...first, refused: { ...first.refused } };
  for (const part of others) {
    sum.sent += part.sent;
    sum.measuredSent += part.measuredSent;
    sum.answeredInTime += part.answeredInTime;
    sum.acknowledged += part.acknowledged;
    sum.acknowledgedOrders += part.acknowledgedOrders;
    sum.tooLate += part.tooLate;
    sum.unanswered += part.unanswered;
    sum.unsent += part.unsent;
    sum.lateSends += part.lateSends;
    sum.wrong += part.wrong;
    for (const [code, count] of Object.entries(part.refused)) sum.refused[code] = (sum.refused[code] ?? 0) + count;
  }
  return sum;
}

// What was done to databases and what came of it, as a table with a row for each kind of fault. A tool's process; pure.

import type { Outcome } from './fault-bench.ts';
import { quantile } from './quantile.ts';
import type { PhaseCounts } from './steady-load.ts';

interface FaultRow {
  times: number;
  hits: number;
  acknowledged: number;
  not202: number;
  lost: number;
  latenciesMs: number[];
  /** Infinity: it was not level in time. */
  levelSeconds: number;
}

export class FaultTable {
  readonly #rows = new Map<string, FaultRow>();

  /** One fault, and what was acknowledged from its beginning until it was made good. */
  add(kind: string, outcome: Outcome, counts: PhaseCounts): void {
    const row = this.#rows.get(kind) ?? noFaults();
    this.#rows.set(kind, row);
    row.times++;
    if (outcome.hit) row.hits++;
    row.levelSeconds = Math.max(row.levelSeconds, outcome.levelSeconds ?? Number.POSITIVE_INFINITY);
    row.acknowledged += counts.acknowledged;
    row.not202 += counts.not202;
    row.lost += counts.lost;
    for (const latency of counts.latenciesMs) row.latenciesMs.push(latency);
  }

  /** Of all kinds together. */
  get missed(): number {
    return this.#sum((row) => row.times - row.hits);
  }

  get neverLevel(): number {
    return [...this.#rows.values()].filter((row) => !Number.isFinite(row.levelSeconds)).length;
  }

  /** Orders that got no answer, or another than 202. */
  get unanswered(): number {
    return this.#sum((row) => row.not202 + row.lost);
  }

  text(): string {
    const head = ['', 'times', 'hit', 'acknowledged', 'p99 ms', 'slowest ms', 'level after, s'];
    const rows = [...this.#rows].map(([kind, row]) => [
      kind,
      ...[row.times, row.hits, row.acknowledged].map((value) => value.toLocaleString('en')),
      quantile(row.latenciesMs, 0.99).toFixed(1),
      quantile(row.latenciesMs, 1).toFixed(0),
      row.levelSeconds.toFixed(1),
    ]);
    const all = [head, ...rows];
    const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column].length)));
    const line = (cells: string[]) =>
      cells.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]) : cell.padStart(widths[k]))).join('  ');
    return `${all.map((cells) => line(cells).trimEnd()).join('\n')}\n`;
  }

  #sum(of: (row: FaultRow) => number): number {
    let sum = 0;
    for (const row of this.#rows.values()) sum += of(row);
    return sum;
  }
}

function noFaults(): FaultRow {
  return { times: 0, hits: 0, acknowledged: 0, not202: 0, lost: 0, latenciesMs: [], levelSeconds: 0 };
}

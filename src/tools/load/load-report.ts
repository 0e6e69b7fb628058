// What a load says: a line a second while it runs, on standard error, and tables or JSON at the end, on standard output. A tool's
// process.

import type { Stretch, StretchProgress, StretchResult } from './crew.ts';
import type { LatencyHistogram } from './histogram.ts';
import { LATE_MS } from './load-phase.ts';
import type { LoadOptions } from './options.ts';
import type { ReadBackResult } from './read-back.ts';
import { generatorTooSlow, lateShare, refusedOf } from './verdict.ts';

const QUANTILES: readonly (readonly [string, number])[] = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p99', 0.99],
  ['p99.9', 0.999],
];
const LABEL_WIDTH = 16;
const FIGURE_WIDTH = 9;

/** One line that is overwritten on a terminal, lines elsewhere. */
export class LiveLine {
  readonly #startMs = performance.now();
  readonly #label: string;

  constructor(label: string) {
    this.#label = label;
  }

  readonly progress = ({ answered, latency, refused, unanswered, wrong }: StretchProgress): void => {
    const seconds = Math.round((performance.now() - this.#startMs) / 1000);
    const ms = (q: number) => `${latency.quantile(q).toFixed(1)} ms`;
    this.say(
      `${String(seconds).padStart(3)} s  ${number(answered)}/s answered  p50 ${ms(0.5)}  p99 ${ms(0.99)}  ` +
        `max ${latency.maxMs.toFixed(1)} ms  ${number(refused)} refused  ${number(unanswered)} unanswered  ${number(wrong)} wrong`,
    );
  };

  readonly reading = (done: number, of: number): void => this.say(`${number(done)} of ${number(of)} orders read back`);

  say(text: string): void {
    const line = `${this.#label}${text}`;
    process.stderr.write(process.stderr.isTTY ? `\r${line}\x1b[K` : `${line}\n`);
  }

  /** What comes next has a line of its own. */
  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }
}

export interface Verification {
  readonly read: ReadBackResult;
  readonly acknowledgedOrders: number;
  readonly acknowledged: number;
  /** By how much the server's sequence grew. */
  readonly sequenced: number;
}

export function headline(options: LoadOptions): string {
  const { over, connections, pipeline, threads, perSecond, mixName, seed, seconds, warmupSeconds } = options;
  const ways = over === 'http' ? `${connections} connections` : `${connections} sockets x ${pipeline}`;
  const loop = perSecond === undefined ? 'closed loop' : `open loop, ${number(perSecond)}/s`;
  return (
    `${options.url.origin}  ${over}, ${ways}, ${threads} ${threads === 1 ? 'thread' : 'threads'}; ${loop}; ` +
    `${mixName}, seed ${seed}; ${seconds} s after ${warmupSeconds} s of warm-up\n`
  );
}

export function runTable(result: StretchResult, { perSecond, seconds }: Stretch): string {
  const { counts, intended, service, behind, processors } = result;
  const isOpen = perSecond !== undefined;
  const late = `${number(counts.lateSends)} (${(100 * lateShare(counts)).toFixed(2)} %) more than ${LATE_MS} ms behind`;
  return [
    row(
      'sent',
      `${number(counts.sent)}${counts.unsent > 0 ? `; ${number(counts.unsent)} due and not sent: no connection was free` : ''}`,
    ),
    row('answered', `${number(counts.answeredInTime / seconds)}/s${isOpen ? ` of ${number(perSecond)}/s` : ''}`),
    row('latency, ms', [...QUANTILES.map(([name]) => name), 'max'].map((name) => name.padStart(FIGURE_WIDTH)).join('')),
    ...(isOpen ? [row('  from intended', latencies(intended))] : []),
    row('  service time', latencies(service)),
    row('acknowledged', number(counts.acknowledged)),
    row('too late', `${number(counts.tooLate)} cancels and amends of closed orders`),
    row('refused', refusals(counts.refused)),
    row('unanswered', number(counts.unanswered)),
    row('wrong', number(counts.wrong)),
    ...(isOpen ? [row('late sends', `${late}; p99 ${behind.quantile(0.99).toFixed(2)} ms`)] : []),
    row('generator', `${processors.toFixed(2)} processors`),
  ].join('');
}

export function verificationRows({ read, acknowledgedOrders, acknowledged, sequenced }: Verification): string {
  const { good, bad, untold } = read;
  const asked = good + bad + untold;
  const others = [
    ...(bad > 0 ? [`${number(bad)} missing or other than acknowledged`] : []),
    ...(untold > 0 ? [`${number(untold)} could not be read`] : []),
  ];
  return [
    row(
      'read back',
      [`${number(good)} of ${number(asked)}, of ${number(acknowledgedOrders)} orders`, ...others].join('; '),
    ),
    row('sequence', `grew by ${number(sequenced)}, ${number(acknowledged)} acknowledged`),
  ].join('');
}

export interface Step {
  readonly perSecond: number;
  readonly result: StretchResult;
  /** Why it did not hold; '': it did. */
  readonly reason: string;
}

export const STEPS_HEAD = `${['rate', 'answered', 'p50 ms', 'p99 ms', 'max ms', 'generator'].map((name) => name.padStart(FIGURE_WIDTH + 2)).join('')}\n`;

export function stepRow({ perSecond, result, reason }: Step, seconds: number): string {
  const { counts, intended, processors } = result;
  const figures = [
    number(perSecond),
    number(counts.answeredInTime / seconds),
    intended.quantile(0.5).toFixed(2),
    intended.quantile(0.99).toFixed(2),
    intended.maxMs.toFixed(1),
    processors.toFixed(2),
  ];
  return `${figures.map((figure) => figure.padStart(FIGURE_WIDTH + 2)).join('')}  ${reason === '' ? 'held' : reason}\n`;
}

/** Of one stretch, latencies in ms. */
export function figuresOf(result: StretchResult, { perSecond, seconds }: Stretch): object {
  const { counts, intended, service, behind, processors } = result;
  return {
    per_second: perSecond ?? null,
    seconds,
    answered_per_second: counts.answeredInTime / seconds,
    ...(perSecond === undefined ? {} : { intended_ms: latencyFigures(intended) }),
    service_ms: latencyFigures(service),
    behind_ms: latencyFigures(behind),
    counts,
    refused: refusedOf(counts),
    generator_too_slow: generatorTooSlow(result),
    generator_processors: processors,
  };
}

export function verificationFigures({ read, acknowledgedOrders, acknowledged, sequenced }: Verification): object {
  const { good, bad, untold } = read;
  return { read_back: { good, bad, untold }, acknowledged_orders: acknowledgedOrders, acknowledged, sequenced };
}

function latencyFigures(histogram: LatencyHistogram): Record<string, number> {
  return { ...Object.fromEntries(QUANTILES.map(([name, q]) => [name, histogram.quantile(q)])), max: histogram.maxMs };
}

function latencies(histogram: LatencyHistogram): string {
  const values = [...QUANTILES.map(([, q]) => histogram.quantile(q)), histogram.maxMs];
  return values.map((ms) => ms.toFixed(2).padStart(FIGURE_WIDTH)).join('');
}

function refusals(refused: Readonly<Record<string, number>>): string {
  const codes = Object.entries(refused).map(([code, count]) => `${number(count)} ${code}`);
  return codes.length === 0 ? '0' : codes.join(', ');
}

function row(label: string, value: string): string {
  return `${label.padEnd(LABEL_WIDTH)}${value}\n`;
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en');
}

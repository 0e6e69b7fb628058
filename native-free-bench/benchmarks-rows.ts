// The rows of BENCHMARKS.md: each figure beside its reference of the same run, what it is to reach, and whether it
// does. Main thread of the benchmark; pure.

import { median } from '#ringbook/tools/quantile.js';
import { medianShare, type Paired } from '#ringbook/tools/turns.js';
import type { Results } from './benchmarks-results.ts';
import type { Row } from './measure.ts';

export interface BenchmarkRow {
  readonly what: string;
  readonly figure: string;
  readonly reference: string;
  readonly target: string;
  /** 'yes', 'no', or why neither can be said. */
  readonly met: string;
  readonly method: string;
}

type Judged = Omit<BenchmarkRow, 'what' | 'target' | 'method'>;
/** Of a measurement, or undefined when it is missing. */
type Judge = (results: Results) => Judged | undefined;

const LONG_MS = 100;

export function benchmarkRows(results: Results): BenchmarkRow[] {
  return ROWS.map(({ what, target, method, judge }) => {
    const missing = { figure: '-', reference: '-', met: 'not measured' };
    return { what, target, method, ...(judge(results) ?? missing) };
  });
}

const ROWS: readonly { what: string; target: string; method: string; judge: Judge }[] = [
  {
    what: 'Durable `POST /orders`, 200 connections',
    target: '>= 80 % of the reference',
    method:
      'compare-http: closed loop; the reference is a bare uWebSockets.js handler, of one thread, that parses, validates and answers the same JSON',
    judge: ({ http }) =>
      http && sharedRate({ ...http, problems: [...http.problems, ...notDurable(http)] }, 0.8, 'orders/s'),
  },
  {
    what: 'Order latency at 2,000 a second, open loop, fsync',
    target: 'p50 < 1 ms, p99 < 5 ms, no wait > 100 ms but for the disk',
    method:
      'order-latency: from when an order was due by the schedule; the reference is 4 KiB by O_DSYNC at the same rate, server idle',
    judge: ({ latency }) => latency && judgeLatency(latency),
  },
  {
    what: '`GET /orderbook?levels=20`',
    target: '>= 80 % of the reference',
    method:
      'compare-book: closed loop, 200 connections; the reference is a bare handler, of one thread, that sends the same bytes',
    judge: ({ book }) => book && sharedRate(book, 0.8, 'reads/s'),
  },
  {
    what: 'Ring hop, one way, both threads awake',
    target: '<= 2 x the reference',
    method: 'suite hop: the reference is an Atomics ping-pong over two words',
    judge: ({ suites }) => {
      const pair = pairOf(suites.rows, 'hop', 'Atomics ping-pong, two words', 'command ring there and back');
      if (pair === undefined) return undefined;
      const times = 1 / medianShare(pair);
      const ns = (rates: readonly number[]) => `${Math.round(1e9 / median(rates))} ns`;
      return {
        figure: `${ns(pair.subject)} (${times.toFixed(2)} x)`,
        reference: ns(pair.reference),
        met: yesNo(times <= 2),
      };
    },
  },
  {
    what: 'Ring throughput across two threads',
    target: '>= 50 % of the reference, >= 10 M records/s',
    method:
      'suite throughput: records of 64 bytes, each committed by itself; the reference is a plain typed-array copy loop, one flag for 256 records',
    judge: ({ suites }) => {
      const pair = pairOf(suites.rows, 'throughput', 'plain copy loop, 64 bytes', 'command ring, 64 bytes');
      return pair && judgeShare(pair, 'records/s', (share) => share >= 0.5 && median(pair.subject) >= 10e6);
    },
  },
  {
    what: 'Postgres projection',
    target: '>= 50 % of the reference',
    method:
      'compare-projection: from events to a committed ledger; the reference is the same rows by pg-copy-streams alone into the same tables and indexes, in as many transactions',
    judge: ({ projection }) =>
      projection &&
      unlessProblem(
        projection,
        judgeShare(projection.rowsPerSecond, 'rows/s', (share) => share >= 0.5),
      ),
  },
  {
    what: 'Postgres projection, behind at 20,000 orders a second',
    target: '< 1 s',
    method: 'projection-lag: asked four times a second while orders come; the reference is the target alone',
    judge: ({ lag }) => {
      if (lag === undefined) return undefined;
      const figure = `${lag.maxSeconds.toFixed(2)} s at most, ${lag.p50Seconds.toFixed(2)} s in the middle`;
      return unlessProblem(lag, { figure, reference: '-', met: yesNo(lag.maxSeconds < 1) });
    },
  },
  {
    what: 'Journal write, frames of 64 commands',
    target: '>= 80 % of the reference',
    method:
      'suite write: each frame durable before the next; the reference is the same bytes by sequential O_DSYNC writes, as dd would',
    judge: ({ suites }) => {
      const pair = pairOf(
        suites.rows,
        'write',
        'O_DSYNC writes of the same bytes, frames of 64',
        'journal, frames of 64',
      );
      return pair && judgeShare(pair, 'commands/s', (share) => share >= 0.8);
    },
  },
  {
    what: 'Processor time of an order at 5,000 a second',
    target: '<= 60 us over all threads, garbage collection < 1 %',
    method:
      'order-cost: the process without PostgreSQL; collections as a share of that time; the reference is the bare handler at the same rate',
    judge: ({ cost }) => {
      if (cost === undefined) return undefined;
      const { subject, reference, garbageShare } = cost;
      const figure = `${subject.toFixed(1)} us, ${(100 * garbageShare).toFixed(2)} % garbage collection`;
      const met = yesNo(subject <= 60 && garbageShare < 0.01);
      return unlessProblem(cost, { figure, reference: `${reference.toFixed(1)} us`, met });
    },
  },
];

function notDurable({ turns }: NonNullable<Results['http']>): string[] {
  const others = turns.flatMap(({ health }) => (health === undefined || health.durability === 'fsync' ? [] : [health]));
  return others.length === 0 ? [] : [`durability was ${others[0].durability}`];
}

/** The rounds of two cases of a suite. */
function pairOf(rows: readonly Row[], suite: string, reference: string, subject: string): Paired | undefined {
  const roundsOf = (name: string) => rows.find((row) => row.suite === suite && row.name === name)?.rounds;
  const [ours, theirs] = [roundsOf(subject), roundsOf(reference)];
  return ours && theirs && { reference: theirs, subject: ours };
}

function sharedRate(
  compared: { readonly perSecond: Paired; readonly problems: readonly string[] },
  least: number,
  unit: string,
): Judged {
  return unlessProblem(
    compared,
    judgeShare(compared.perSecond, unit, (share) => share >= least),
  );
}

function judgeShare(pair: Paired, unit: string, reaches: (share: number) => boolean): Judged {
  const share = medianShare(pair);
  return {
    figure: `${whole(median(pair.subject))} ${unit} (${(100 * share).toFixed(1)} %)`,
    reference: `${whole(median(pair.reference))} ${unit}`,
    met: yesNo(reaches(share)),
  };
}

/** A wait beyond 100 ms is the process's unless the journal's disk took as long for a sync in that round. */
function judgeLatency(latency: NonNullable<Results['latency']>): Judged {
  const { sync, order, rounds } = latency;
  const text = ({ p50, p99, max }: typeof sync) =>
    `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, longest ${max.toFixed(1)} ms`;
  const longSyncs = rounds.reduce((sum, round) => sum + round.longSyncs, 0);
  const isDisk = longSyncs > 0;
  const isFast = order.p50 < 1 && order.p99 < 5 && (order.max <= LONG_MS || isDisk);
  const blame = isDisk ? `; ${longSyncs} syncs of the journal beyond ${LONG_MS} ms` : '';
  return unlessProblem(latency, { figure: text(order) + blame, reference: `sync ${text(sync)}`, met: yesNo(isFast) });
}

/** Figures of a run that went wrong are shown, and judged by nobody. */
function unlessProblem({ problems }: { readonly problems: readonly string[] }, judged: Judged): Judged {
  return problems.length === 0 ? judged : { ...judged, met: `does not count: ${problems.join('; ')}` };
}

function yesNo(isMet: boolean): string {
  return isMet ? 'yes' : 'no';
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

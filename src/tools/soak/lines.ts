// Samples of a soak in a line each. A tool's process; pure.

import type { Directory, Sample } from './sample.ts';
import { growthOf } from './verdict.ts';

const MIB = 2 ** 20;

export function sampleLine(sample: Sample): string {
  const { lag, bytes, counts } = sample;
  const minutes = (sample.seconds / 60).toFixed(1).padStart(6);
  const sizes = (['journal', 'spool', 'snapshots', 'archive', 'postgres'] as const).map(
    (name) => `${name} ${mib(bytes[name])}`,
  );
  return (
    `${minutes} min  ${sample.perSecond.toFixed(0)}/s  p50 ${ms(sample.p50Ms)} p99 ${ms(sample.p99Ms)} max ${ms(sample.maxMs)}  ` +
    `rss ${mib(sample.rssBytes)} heap ${mib(sample.heapBytes)} external ${mib(sample.externalBytes)}  ${sample.fds} fds  ` +
    `${sample.openOrders.toLocaleString('en')} open  ${sample.keys.toLocaleString('en')} keys  ${sample.snapshots} snapshots  ` +
    `behind: follower ${lag.follower} s market ${lag.market_data} s postgres ${lag.postgres} s redis ${lag.redis} s  ` +
    `MiB: ${sizes.join(' ')}  ${counts.late} late ${counts.refused} refused ${counts.lost} lost`
  );
}

/** What grows with history, by the hour. */
export function growthLine(samples: readonly Sample[]): string {
  const perHour = (name: Directory) => `${name} +${mib(growthOf(samples, name))} MiB/h`;
  return `history: ${perHour('archive')}, ${perHour('postgres')}`;
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

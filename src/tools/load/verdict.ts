// What a stretch of load comes to: whether everything was right, whether the generator kept up with its own schedule, whether a rate
// held. A tool's process; pure.

import type { Stretch, StretchResult } from './crew.ts';

/** Of the sends: more of them late, and the generator was too slow. */
const LATE_SHARE_MAX = 0.01;
/** Of the rate: so much must be answered within the time. What is under way at the end is not. */
const KEPT_SHARE_MIN = 0.98;
const FAULTS_SHOWN = 5;

/** What must not happen, whatever the rate, in one stretch or in several summed up; behind it the first faults. */
export function wrongs({ counts, faults }: Pick<StretchResult, 'counts' | 'faults'>): string[] {
  const { sent, wrong, unanswered, acknowledged } = counts;
  const problems = [];
  if (sent === 0) problems.push('nothing was sent');
  else if (acknowledged === 0) problems.push('nothing was acknowledged');
  if (wrong > 0) problems.push(`${wrong.toLocaleString('en')} replies were wrong`);
  if (unanswered > 0) problems.push(`${unanswered.toLocaleString('en')} requests were not answered`);
  return [...problems, ...(problems.length > 0 ? faults.slice(0, FAULTS_SHOWN).map((fault) => `  ${fault}`) : [])];
}

/** Share of late sends, 0 to 1. */
export function lateShare({ lateSends, measuredSent }: StretchResult['counts']): number {
  return measuredSent === 0 ? 0 : lateSends / measuredSent;
}

/** A run whose latencies would be the generator's own does not count. */
export function generatorTooSlow({ counts }: Pick<StretchResult, 'counts'>): boolean {
  return lateShare(counts) > LATE_SHARE_MAX;
}

/** Why the rate of an open loop did not hold; '' when it did. */
export function limitReason(result: StretchResult, { perSecond = 0, seconds }: Stretch, p99MsMax: number): string {
  const { counts, intended } = result;
  const [problem] = wrongs(result);
  if (problem !== undefined) return problem;
  const refused = refusedOf(counts);
  if (refused > 0) return `${refused.toLocaleString('en')} refused`;
  if (generatorTooSlow(result)) return 'the generator was too slow';
  const answered = counts.answeredInTime / seconds;
  if (answered < perSecond * KEPT_SHARE_MIN) return `only ${Math.round(answered).toLocaleString('en')}/s answered`;
  const p99Ms = intended.quantile(0.99);
  return p99Ms > p99MsMax ? `p99 ${p99Ms.toFixed(1)} ms` : '';
}

export function refusedOf({ refused }: Pick<StretchResult['counts'], 'refused'>): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}

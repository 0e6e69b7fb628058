// Comparisons in turns: each round a reference and what it is held against, one after the other, and what they came to.
// A tool's process; pure.

import { median } from './quantile.ts';

/** One figure of both, by round: those of one index were measured one after the other. */
export interface Paired {
  readonly reference: readonly number[];
  readonly subject: readonly number[];
}

/** The subject's share of the reference by round: what else the machine does in a round slows both. */
export function shares({ reference, subject }: Paired): number[] {
  return subject.map((figure, round) => figure / reference[round]);
}

export function medianShare(paired: Paired): number {
  return median(shares(paired));
}

/** One line for people: both medians, and the share with those of the rounds. */
export function shareText(paired: Paired): string {
  const whole = (values: readonly number[]) => Math.round(median(values)).toLocaleString('en');
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return (
    `median    bare ${whole(paired.reference)}/s, ringbook ${whole(paired.subject)}/s\n` +
    `ringbook reaches ${percent(medianShare(paired))} of the bare server (by round: ${shares(paired).map(percent).join(', ')})\n`
  );
}

// Every call of the fixed history, failing in every way: the cases, one by one, and what came of each. One thread; owns nothing but
// the sums. A difference is told with what repeats its case.

import type { Stop } from '../simulation/simulated-disk.ts';
import { CALLS, type Call, type Fault, WAYS_OF } from './failing-disk.ts';
import { type HistorySize, runFixedHistory } from './fixed-history.ts';
import { Tally } from './tally.ts';

export interface FaultCase extends HistorySize {
  readonly fault: Fault;
  readonly stop: Stop;
}

export interface EnumerationOptions extends HistorySize {
  /** No call beyond this one of its kind fails. */
  readonly max: number;
  /** Default: all kinds. */
  readonly calls?: readonly Call[];
}

/** Some hundred cases a kind and way: some minutes. */
export const WHOLE: HistorySize = { lives: 3, rounds: 24 };

/** Every second machine dies by a power cut instead of a kill: what recovery then finds differs, and so may its number of calls. */
function stopOf(k: number): Stop {
  return k % 2 === 0 ? 'kill' : 'power cut';
}

/** All cases there are, in order. Runs the history for each kind of call and each end of the machine, to count its calls. */
export async function* faultCases({ max, calls = CALLS, ...size }: EnumerationOptions): AsyncGenerator<FaultCase> {
  for (const call of calls) {
    const counts = {
      kill: await countCalls(call, size, 'kill'),
      'power cut': await countCalls(call, size, 'power cut'),
    };
    for (const way of WAYS_OF[call]) {
      for (const isSticky of [false, true]) {
        // Whether all calls are slow or all but the first: nothing is wrong with either.
        const last = way === 'slow' && isSticky ? 1 : max;
        for (let k = 1; k <= last; k++) {
          const stop = stopOf(k);
          if (k <= counts[stop]) yield { ...size, fault: { call, k, way, isSticky }, stop };
        }
      }
    }
  }
}

async function countCalls(call: Call, size: HistorySize, stop: Stop): Promise<number> {
  const never: Fault = { call, k: Number.POSITIVE_INFINITY, way: 'EIO', isSticky: false };
  const { counts } = await runFixedHistory({ ...size, fault: never, stop });
  return counts.get(call) ?? 0;
}

export class Enumeration {
  readonly tally = new Tally();
  /** By the error that it was: how often a thread ended with it. */
  readonly errors = new Map<string, number>();
  readonly differences: string[] = [];

  /** Runs the case. Whatever it throws is a difference. */
  async run(one: FaultCase): Promise<void> {
    const { call, way, isSticky } = one.fault;
    const name = `${call}, ${way}${isSticky ? ', from k on' : ''}`;
    try {
      const { ending, error } = await runFixedHistory(one);
      if (ending === 'none') throw new Error('no call failed');
      this.tally.count(name, ending);
      if (error !== '') this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
    } catch (error) {
      this.tally.count(name, 'difference');
      this.differences.push(`${error instanceof Error ? error.stack : error}\nagain: ${commandOf(one)}`);
    }
  }
}

function commandOf({ fault: { call, k, way, isSticky } }: FaultCase): string {
  return `npm run io-faults -- --call ${call} --way '${way}' --k ${k}${isSticky ? ' --sticky' : ''}`;
}

// What the measurements say that BENCHMARKS.md is made of: the JSON of the suites and of the tools, as far as it is
// read here. Types only.

import type { Paired } from '#ringbook/tools/turns.js';
import type { Output } from './output.ts';

/** Of every tool: what speaks against its figures. */
interface Judged {
  readonly problems: readonly string[];
}

interface Compared extends Judged {
  readonly perSecond: Paired;
  readonly turns: readonly {
    readonly load: { readonly tool: string };
    readonly health?: { readonly durability: string };
  }[];
}

/** Milliseconds. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** undefined: the tool said nothing that can be read. */
export interface Results {
  readonly suites: Output;
  readonly http: Compared | undefined;
  readonly book: Compared | undefined;
  readonly ws: (Judged & { readonly perSecond: Readonly<Record<string, Paired>> }) | undefined;
  readonly latency:
    | (Judged & {
        readonly sync: Latency;
        readonly order: Latency;
        readonly rounds: readonly { readonly longSyncs: number }[];
      })
    | undefined;
  readonly projection: (Judged & { readonly rowsPerSecond: Paired }) | undefined;
  readonly lag: (Judged & { readonly p50Seconds: number; readonly maxSeconds: number }) | undefined;
  readonly cost:
    | (Judged & {
        /** Microseconds of processors for each order. */
        readonly reference: number;
        readonly subject: number;
        readonly garbageShare: number;
      })
    | undefined;
  readonly fanOut: { readonly turns: readonly FanOutTurn[] } | undefined;
}

interface FanOutTurn extends Judged {
  readonly server: string;
  readonly seconds: number;
  readonly figures: { readonly messages: number; readonly delayP50Ms: number; readonly delayP99Ms: number };
}

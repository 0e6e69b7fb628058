// How much V8 inlines. The engine is many small functions, one for each rule; at V8's own limits most of an order's path is
// calls, and many a float64 that passes through one is boxed. With two to four times the limits, apply becomes a few large
// functions: a sixth more commands per second on the everyday flow (native-free-bench). Optimising takes longer, in the
// background and once. Must be called where a process begins; V8's flags are the process's, all threads have them.

import { setFlagsFromString } from 'node:v8';

/** Bytes of bytecode: of all that one function inlines, of one function that is inlined, of one that is optimised. */
const LIMITS = [
  '--max-inlined-bytecode-size-cumulative=4000',
  '--max-inlined-bytecode-size=1500',
  '--max-optimized-bytecode-size=120000',
];

export function raiseInliningLimits(): void {
  for (const limit of LIMITS) setFlagsFromString(limit);
}

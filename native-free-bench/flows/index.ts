// Order flows for benchmarks, invented from a seed beforehand. Shared by the suites of the book and the engine, and by the
// rivals. Main thread of the benchmark.

export { oneLevel, uniformCancels } from './churn.ts';
export { Action, CLIENTS, Columns, type Flow } from './columns.ts';
export { everyday, sparse } from './everyday.ts';
export { flashCrash } from './flash-crash.ts';
export { RestingOrders } from './resting.ts';
export { sweep } from './sweep.ts';

// Starts empty engines and prints as JSON how long it took, in ms, by StartFigure. A process of its own.

/** What is printed, in this order; warm is the median of many. */
export type StartFigure = 'fresh process: load modules' | 'fresh process: new Engine' | 'warm: new Engine';

const WARM_STARTS = 101;

const begun = performance.now();
const { DEFAULT_INSTRUMENTS, Engine } = await import('#ringbook/domain/index.js');
const { SILENT_LISTENER } = await import('#ringbook/domain/listener.js');
const loaded = performance.now();
const started = start();

function start(): number {
  const from = performance.now();
  const engine = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER);
  const took = performance.now() - from;
  if (engine.openOrders !== 0) throw new Error('an empty engine has no orders');
  return took;
}

const warm = Array.from({ length: WARM_STARTS }, start).sort((a, b) => a - b);
process.stdout.write(JSON.stringify([loaded - begun, started, warm[WARM_STARTS >> 1]]));

// Garbage collection in steady state: an engine plays the everyday flow for ten seconds and more, and every collection
// that begins meanwhile is counted. Commands are made beforehand and lie in buffers, outside of the heap. Main thread.
// A control that makes one object for every command shows that collections would be seen. A time of today has more than
// 31 bits: V8 boxes it once a batch, 16 bytes for 64 commands. Small times show what is made without that.

import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as eventLoop } from 'node:timers/promises';
import type { Command } from '#ringbook/domain/index.js';
import { EnginePlayer } from './engine-player.ts';
import { type Columns, everyday, type Flow } from './flows/index.ts';
import type { Report, ReportLine, SuiteOptions } from './suite.ts';

const RESTING = 10_000;
/** Before these every table has its size: with them 2^22 keys are there, and each new one evicts one. */
const WARM_COMMANDS = 9_000_000;
const COMMANDS = 31_000_000;
/** The event loop runs between chunks, and with it the observer. */
const CHUNK = 250_000;
const MS_PER_SECOND = 1_000;
const TEN_THOUSAND = 10_000;

export async function steadyReport({ tiny, seed }: SuiteOptions): Promise<Report> {
  const scale = tiny ? 1 / TEN_THOUSAND : 1;
  const warm = WARM_COMMANDS * scale;
  const flow = everyday({ seed, resting: RESTING * scale, commands: warm + COMMANDS * scale, isFresh: true });
  return {
    name: 'steady',
    columns: ['commands', 'seconds', 'bytes/command', 'minor gc', 'major gc', 'pause ms', 'longest ms'],
    lines: [
      await played('no keys', flow, warm, new EnginePlayer(false)),
      await played('no keys, times below 2^31', flow, warm, new EnginePlayer(false, 0)),
      await played('keys on new orders', flow, warm, new EnginePlayer(true)),
      await played('control: an object for every command', flow, warm, new Wasteful(false)),
    ],
  };
}

/** Makes garbage. */
class Wasteful extends EnginePlayer {
  last: object | undefined;

  override fill(columns: Columns, at: number, sequence: number): Command {
    this.last = { at };
    return super.fill(columns, at, sequence);
  }
}

/** All collections while it watches, also those that V8 puts off until the event loop runs. */
class Watch {
  private readonly collections: PerformanceEntry[] = [];
  private readonly observer = new PerformanceObserver((list) => this.collections.push(...list.getEntries()));

  constructor() {
    this.observer.observe({ entryTypes: ['gc'] });
  }

  /** Yields first, so that all are delivered. */
  async end(): Promise<PerformanceEntry[]> {
    await eventLoop();
    await eventLoop();
    this.observer.disconnect();
    return this.collections;
  }
}

async function played(name: string, flow: Flow, warm: number, player: EnginePlayer): Promise<ReportLine> {
  const { tape, resting } = flow;
  player.play(resting, 0, resting.length);
  for (let from = 0; from < warm; from += CHUNK) player.play(tape, from, Math.min(from + CHUNK, warm));
  await eventLoop();
  const watch = new Watch();
  let ms = 0;
  let made = 0;
  let commandsCounted = 0;
  for (let from = warm; from < tape.length; from += CHUNK) {
    await eventLoop();
    const before = process.memoryUsage().heapUsed;
    const begun = performance.now();
    player.play(tape, from, Math.min(from + CHUNK, tape.length));
    ms += performance.now() - begun;
    const grown = process.memoryUsage().heapUsed - before;
    // The heap shrinks when there was a collection: then the chunk says nothing of what it allocated.
    if (grown < 0) continue;
    made += grown;
    commandsCounted += Math.min(CHUNK, tape.length - from);
  }
  const collections = await watch.end();
  const major = collections.filter(isMajor).length;
  const pauses = collections.map((one) => one.duration);
  const pause = pauses.reduce((sum, ms) => sum + ms, 0);
  const counts = [collections.length - major, major, pause, Math.max(0, ...pauses)];
  const figures = [ms / MS_PER_SECOND, made / Math.max(1, commandsCounted), ...counts];
  return { name, figures: [tape.length - warm, ...figures.map((value) => Math.round(value * 100) / 100)] };
}

/** Of the old generation, in full or in a step. */
function isMajor(collection: PerformanceEntry): boolean {
  const detail: unknown = Reflect.get(collection, 'detail');
  return !(detail instanceof Object && Reflect.get(detail, 'kind') === constants.NODE_PERFORMANCE_GC_MINOR);
}

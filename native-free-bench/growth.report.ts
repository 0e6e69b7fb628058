// Stalls while pools, maps and tables grow: the time of each single command from an empty engine to one with 4 million
// resting orders, and beside it of the same orders once more, after all were cancelled and nothing has to grow. Main
// thread. The clock is read once per command; what is written down goes to memory that was touched before.
//
// What is measured is the machine as well: fresh memory costs a page fault every few dozen commands, and a core that
// is shared takes the process off for milliseconds, with growth or without. Both are counted beside the times. So all of
// it is done several times over: `max` is the longest command of all rounds, and `always` the longest of each command's
// shortest times. What the engine itself does at a certain command, a table that doubles there, it does in every round;
// what the machine does comes at another command each time.

import { EnginePlayer } from './engine-player.ts';
import { Action, type Columns, RestingOrders } from './flows/index.ts';
import type { Report, ReportLine, SuiteOptions } from './suite.ts';

/** As many as keys are kept [12]: with keys, the second time nothing grows either. */
const ORDERS = 2 ** 22;
const WARM_ORDERS = 200_000;
const ROUNDS = 3;
const NS_PER_MS = 1e6;
const STALL_NS = 1e6;

export function growthReport({ tiny, seed }: SuiteOptions): Report {
  const orders = new RestingOrders(seed, tiny ? 500 : ORDERS).refill(1, Infinity);
  return {
    name: 'growth',
    columns: ['p50 ns', 'p99.99 us', 'over 1 ms', 'max us', 'always us', 'at', 'page faults', 'switched off'],
    lines: [...grown('no keys', false, orders), ...grown('with keys', true, orders), copied(orders.length)],
  };
}

function grown(name: string, isKeyed: boolean, orders: Columns): ReportLine[] {
  warmUp(isKeyed, orders);
  const growing = new Times(orders.length);
  const control = new Times(orders.length);
  for (let round = 0; round < ROUNDS; round++) {
    const player = new EnginePlayer(isKeyed);
    growing.watch(round, (times) => place(player, orders, times));
    cancelAll(player, orders);
    control.watch(round, (times) => place(player, orders, times));
    if (player.engine.openOrders !== orders.length) throw new Error('growth: an order does not rest');
  }
  return [growing.line(`${name}: from empty`), control.line(`${name}: again, nothing grows`)];
}

/** Once through all of this, so that what is timed later is compiled code. */
function warmUp(isKeyed: boolean, orders: Columns): void {
  const player = new EnginePlayer(isKeyed);
  const all = orders.length;
  orders.length = Math.min(all, WARM_ORDERS);
  const times = new Float64Array(orders.length);
  for (let round = 0; round < 3; round++) {
    place(player, orders, times);
    cancelAll(player, orders);
  }
  orders.length = all;
}

/** Places every order and writes down how long each took, in ns, and which number it got. */
function place(player: EnginePlayer, orders: Columns, times: Float64Array): void {
  const firstNumber = player.engine.sequence + 1;
  let before = performance.now();
  for (let at = 0; at < orders.length; at++) {
    player.play(orders, at, at + 1);
    const after = performance.now();
    times[at] = (after - before) * NS_PER_MS;
    before = after;
  }
  for (let at = 0; at < orders.length; at++) orders.number[at] = firstNumber + at;
}

function cancelAll(player: EnginePlayer, orders: Columns): void {
  orders.action.fill(Action.CANCEL);
  player.play(orders, 0, orders.length);
  orders.action.fill(Action.REST);
}

/** What growing by copy costs at the last doubling: half of the orders' hot halves move to a buffer twice as large. */
function copied(orders: number): ReportLine {
  const old = new Float64Array(orders * 4).fill(1);
  const copies = new Times(1);
  for (let round = 0; round < ROUNDS; round++) {
    copies.watch(round, (times) => {
      const before = performance.now();
      new Float64Array(old.length * 2).set(old);
      times[0] = (performance.now() - before) * NS_PER_MS;
    });
  }
  return copies.line('what one copy of half the rows takes');
}

/** Of the same commands in every round, in ns, and what the system counted meanwhile. */
class Times {
  private readonly all: Float64Array;
  private readonly commands: number;
  private pageFaults = 0;
  private switches = 0;

  /** Touches all memory that is written to later. */
  constructor(commands: number) {
    this.commands = commands;
    this.all = new Float64Array(commands * ROUNDS).fill(1);
  }

  watch(round: number, run: (times: Float64Array) => void): void {
    const before = process.resourceUsage();
    run(this.round(round));
    const after = process.resourceUsage();
    this.pageFaults += after.minorPageFault - before.minorPageFault;
    this.switches += after.involuntaryContextSwitches - before.involuntaryContextSwitches;
  }

  private round(round: number): Float64Array {
    return this.all.subarray(round * this.commands, (round + 1) * this.commands);
  }

  line(name: string): ReportLine {
    const always = this.leastOfRounds();
    const at = always.reduce((most, ns, i) => (ns > always[most] ? i : most), 0);
    const stalls = this.all.reduce((count, ns) => (ns > STALL_NS ? count + 1 : count), 0);
    const sorted = this.all.sort();
    const us = (ns: number): number => Math.round(ns / 100) / 10;
    const quantile = (share: number): number => sorted[Math.floor(sorted.length * share)];
    const spread = [Math.round(quantile(0.5)), us(quantile(0.9999)), stalls, us(sorted[sorted.length - 1])];
    return { name, figures: [...spread, us(always[at]), at + 1, this.pageFaults, this.switches] };
  }

  private leastOfRounds(): Float64Array {
    const least = this.round(0).slice();
    for (let round = 1; round < ROUNDS; round++) {
      for (const [i, ns] of this.round(round).entries()) least[i] = Math.min(least[i], ns);
    }
    return least;
  }
}

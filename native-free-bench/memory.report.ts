// Bytes for each resting order, measured: of the book alone and of the whole engine, at round sizes and while the table of
// order numbers doubles, when it takes the most. Each size in a process of its own (memory-child.ts). Main thread.
// Tables that doubled earlier wait for a garbage collection, and nothing makes garbage that would bring one about: what is
// resident is given with them and without.

import { numbersFrom } from './child.ts';
import type { Filled } from './memory-child.ts';
import type { Report, ReportLine, SuiteOptions } from './suite.ts';

const THOUSAND = 1_000;
const MILLION = 1_000_000;
/** The table doubles when 65,536 in front and 3 x 2^18, or 3 x 2^21, behind are one too few: just after that. */
const DOUBLED = 860 * THOUSAND;
const DOUBLED_LARGE = 6_400 * THOUSAND;

export function memoryReport({ tiny, seed, large }: SuiteOptions): Report {
  const sizes = [DOUBLED, MILLION, 4 * MILLION, ...(large ? [DOUBLED_LARGE, 10 * MILLION] : [])];
  const lines = tiny
    ? [measured('book', THOUSAND, seed)]
    : [
        ...sizes.map((orders) => measured('book', orders, seed)),
        ...sizes.map((orders) => measured('engine', orders, seed)),
        measured('engine with keys', MILLION, seed),
        measured('engine with keys', 4 * MILLION, seed),
      ];
  return {
    name: 'memory',
    columns: ['resting orders', 'MB', 'bytes/order', 'after gc', 'reserved'],
    lines,
  };
}

function measured(filled: Filled, orders: number, seed: number): ReportLine {
  const [resident, collected, reserved] = numbersFrom('./memory-child.js', [filled, String(orders), String(seed)]);
  return {
    name: filled,
    figures: [
      orders,
      round(resident / MILLION),
      round(resident / orders),
      round(collected / orders),
      round(reserved / orders),
    ],
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

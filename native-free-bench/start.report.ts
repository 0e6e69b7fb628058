// How long an empty engine takes to start: in a fresh process (start-child.ts), and once code is warm. Main thread.

import { numbersFrom } from './child.ts';
import type { StartFigure } from './start-child.ts';
import type { Report, SuiteOptions } from './suite.ts';

const FIGURES: readonly StartFigure[] = [
  'fresh process: load modules',
  'fresh process: new Engine',
  'warm: new Engine',
];

export function startReport({ tiny }: SuiteOptions): Report {
  const runs = Array.from({ length: tiny ? 1 : 21 }, () => numbersFrom('./start-child.js', []));
  return {
    name: 'start',
    columns: ['processes', 'median ms', 'least ms', 'most ms'],
    lines: FIGURES.map((name, figure) => {
      const sorted = runs.map((run) => run[figure]).sort((a, b) => a - b);
      const figures = [sorted[sorted.length >> 1], sorted[0], sorted[sorted.length - 1]];
      return { name, figures: [runs.length, ...figures.map((ms) => Math.round(ms * 1_000) / 1_000)] };
    }),
  };
}

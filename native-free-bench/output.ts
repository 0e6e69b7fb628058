// What a benchmark run says: as JSON, and as tables beside an earlier run's. Main thread of the benchmark; pure.

import { type Machine, machineLine } from './machine.ts';
import type { Row } from './measure.ts';
import type { Report } from './suite.ts';
import { table } from './table.ts';

/** What `--json` prints and `--compare` reads. */
export interface Output {
  readonly seed: number;
  readonly tiny: boolean;
  readonly machine: Machine;
  readonly rows: readonly Row[];
  readonly reports: readonly Report[];
}

/** All of it as text. `earlier`: each row is shown beside its own of that run. */
export function outputText(output: Output, earlier?: Output): string {
  const { rows, reports } = output;
  const tables = [...(rows.length > 0 ? [rowTable(rows, earlier)] : []), ...reports.map(reportTable)];
  return `${[headLines(output, earlier), ...tables].join('\n\n')}\n`;
}

function headLines({ seed, machine }: Output, earlier: Output | undefined): string {
  const head = `seed ${seed}   ${machineLine(machine)}`;
  return earlier === undefined ? head : `${head}\nagainst seed ${earlier.seed}   ${machineLine(earlier.machine)}`;
}

function rowTable(rows: readonly Row[], earlier: Output | undefined): string {
  const head = ['suite', 'case', 'operations/s', 'p50 ns', 'p99 ns', 'runs', 'result'];
  const lines = rows.map((row) => [
    row.suite,
    row.name,
    `${row.operationsPerSecond.toLocaleString('en')} ${row.unit}s`,
    row.p50Ns.toFixed(1),
    row.p99Ns.toFixed(1),
    String(row.runs),
    row.hash,
    ...(earlier === undefined ? [] : comparison(row, earlier)),
  ]);
  return table(earlier === undefined ? head : [...head, 'then', 'ratio', 'note'], lines, 2);
}

/** What it was then, by how many times it is that, and what speaks against comparing the two. */
function comparison(row: Row, { rows }: Output): string[] {
  const then = rows.find(({ suite, name }) => suite === row.suite && name === row.name);
  if (then === undefined) return ['', '', 'new'];
  const ratio = (row.operationsPerSecond / then.operationsPerSecond).toFixed(2);
  return [then.operationsPerSecond.toLocaleString('en'), ratio, row.hash === then.hash ? '' : 'another result'];
}

function reportTable({ name, columns, lines }: Report): string {
  const cells = lines.map((line) => [line.name, ...line.figures.map((figure) => figure.toLocaleString('en'))]);
  return table([name, ...columns], cells, 1);
}

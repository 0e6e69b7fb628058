// What a verification found: one row for each thing checked, and the first differences in full. A tool's process; pure.

const DIFFERENCES_SHOWN = 10;

interface CheckRow {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
  readonly differences: readonly string[];
}

export class CheckReport {
  readonly #rows: CheckRow[] = [];

  /** A row is good when there are no differences. */
  add(name: string, expected: number | string, found: number | string, differences: readonly string[]): void {
    this.#rows.push({ name, expected: show(expected), found: show(found), differences });
  }

  /** A row that is good when both are the same. */
  same(name: string, expected: number | string, found: number | string): void {
    const differs = String(expected) !== String(found);
    this.add(name, expected, found, differs ? [`expected ${expected}, found ${found}`] : []);
  }

  get passed(): boolean {
    return this.#rows.every(({ differences }) => differences.length === 0);
  }

  /** The table, the first differences, and PASS or FAIL. */
  text(): string {
    const rows = [['', 'expected', 'found', ''], ...this.#rows.map(cellsOf)];
    const widths = [0, 1, 2].map((column) => Math.max(...rows.map((cells) => cells[column].length)));
    const table = rows.map(([name, expected, found, verdict]) =>
      `${name.padEnd(widths[0])}  ${expected.padStart(widths[1])}  ${found.padStart(widths[2])}  ${verdict}`.trimEnd(),
    );
    return [...table, ...this.#differences(), this.passed ? 'PASS' : 'FAIL', ''].join('\n');
  }

  #differences(): string[] {
    const all = this.#rows.flatMap(({ name, differences }) => differences.map((text) => `  ${name}: ${text}`));
    if (all.length === 0) return [];
    const hidden = all.length - DIFFERENCES_SHOWN;
    const more = hidden > 0 ? [`  and ${hidden.toLocaleString('en')} more`] : [];
    return ['', 'Differences:', ...all.slice(0, DIFFERENCES_SHOWN), ...more, ''];
  }
}

function cellsOf({ name, expected, found, differences }: CheckRow): string[] {
  return [name, expected, found, differences.length === 0 ? 'ok' : `${differences.length.toLocaleString('en')} WRONG`];
}

function show(value: number | string): string {
  return typeof value === 'number' ? value.toLocaleString('en') : value;
}

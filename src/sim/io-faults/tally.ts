// What came of failing calls, as a table: one line a kind of call and way to fail. Pure.

/**
 * fault: the process ended with an error that says what failed. refused: a start did. went on: it degraded, or the failure was no
 * matter. not reached: there was no such call. difference: something was not as it must be.
 */
const RESULTS = ['fault', 'refused', 'went on', 'not reached', 'difference'] as const;
export type Result = (typeof RESULTS)[number];

type Counts = Record<Result, number>;

export class Tally {
  cases = 0;
  readonly #rows = new Map<string, Counts>();

  count(name: string, result: Result): void {
    this.cases++;
    const row = this.#rows.get(name) ?? none();
    row[result]++;
    this.#rows.set(name, row);
  }

  get differences(): number {
    return this.#sums().difference;
  }

  /** Cases in which something did fail. */
  get reached(): number {
    return this.cases - this.#sums()['not reached'];
  }

  /** With a line of sums. */
  table(): string {
    const rows = [...this.#rows, ['all', this.#sums()] as const];
    const width = Math.max(...rows.map(([name]) => name.length));
    const line = (name: string, cells: readonly string[]) =>
      `${name.padEnd(width)}${cells.map((cell) => cell.padStart(13)).join('')}\n`;
    const lineOf = (name: string, counts: Counts) => {
      const cases = RESULTS.reduce((sum, result) => sum + counts[result], 0);
      return line(
        name,
        [cases, ...RESULTS.map((result) => counts[result])].map((figure) => figure.toLocaleString('en')),
      );
    };
    return line('', ['cases', ...RESULTS]) + rows.map(([name, counts]) => lineOf(name, counts)).join('');
  }

  #sums(): Counts {
    const sums = none();
    for (const counts of this.#rows.values()) for (const result of RESULTS) sums[result] += counts[result];
    return sums;
  }
}

function none(): Counts {
  return { fault: 0, refused: 0, 'went on': 0, 'not reached': 0, difference: 0 };
}

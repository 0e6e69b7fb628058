// How far a tool has come, on standard error: a bar on a terminal, a line for every tenth elsewhere. A tool's process.
// Must never write to standard output: results go there.

const BAR_WIDTH = 30;
const REDRAW_MS = 100;
const TENTHS = 10;

export class Progress {
  readonly #label: string;
  readonly #total: number;
  readonly #startMs = performance.now();
  #nextMs = 0;
  #tenth = 0;

  constructor(label: string, total: number) {
    this.#label = label;
    this.#total = total;
  }

  update(done: number): void {
    if (process.stderr.isTTY) this.#draw(done);
    else this.#report(done);
  }

  #draw(done: number): void {
    const nowMs = performance.now();
    if (nowMs < this.#nextMs && done < this.#total) return;
    this.#nextMs = nowMs + REDRAW_MS;
    const filled = Math.floor((BAR_WIDTH * done) / this.#total);
    const bar = '#'.repeat(filled) + '-'.repeat(BAR_WIDTH - filled);
    process.stderr.write(`\r${this.#label} [${bar}] ${this.#figures(done)}\x1b[K${done === this.#total ? '\n' : ''}`);
  }

  #report(done: number): void {
    const tenth = Math.floor((TENTHS * done) / this.#total);
    if (tenth === this.#tenth) return;
    this.#tenth = tenth;
    process.stderr.write(`${this.#label} ${tenth * 10} % ${this.#figures(done)}\n`);
  }

  #figures(done: number): string {
    const seconds = (performance.now() - this.#startMs) / 1000;
    const rate = Math.round(done / Math.max(seconds, 0.001));
    return `${done.toLocaleString('en')} of ${this.#total.toLocaleString('en')}, ${rate.toLocaleString('en')}/s`;
  }
}

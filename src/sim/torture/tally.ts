// What a torture run has seen, as figures and as a table. A tool's process; pure.

import type { Exchange } from '../../e2e/testing/traffic.ts';

export class Tally {
  cycles = 0;
  acknowledged = 0;
  /** Final answers that something cannot be done. */
  refused = 0;
  /** Requests without an answer, by what sending them again has shown. */
  unknownExecuted = 0;
  unknownNot = 0;
  /** Repeated keys that were acknowledged, by other connections. */
  echoes = 0;
  fromSnapshot = 0;
  tornTails = 0;
  references = 0;
  readonly #ends = new Map<string, number>();
  readonly #startMs = performance.now();

  /** A server ended as planned, or otherwise. */
  countEnd(name: string): void {
    this.#ends.set(name, (this.#ends.get(name) ?? 0) + 1);
  }

  /** What the banner of a recovered server says. */
  countStart(banner: string): void {
    if (banner.includes('from the snapshot of sequence')) this.fromSnapshot++;
    if (banner.includes('torn tail was cut')) this.tornTails++;
  }

  /** Exchanges that are final, and those of them that had no answer at first. */
  countOutcomes(exchanges: readonly Exchange[], unknown: readonly Exchange[]): void {
    this.acknowledged += exchanges.filter(({ outcome }) => outcome === 'accepted').length;
    this.refused += exchanges.filter(({ outcome }) => outcome === 'refused').length;
    const executed = unknown.filter(({ executedUnseen }) => executedUnseen).length;
    this.unknownExecuted += executed;
    this.unknownNot += unknown.length - executed;
  }

  get seconds(): number {
    return (performance.now() - this.#startMs) / 1_000;
  }

  /** One line while it runs. */
  line(): string {
    const { cycles, acknowledged, unknownExecuted, unknownNot, fromSnapshot, tornTails } = this;
    return (
      `${number(cycles)} cycles, ${number(acknowledged)} acknowledged, ${unknownExecuted + unknownNot} unknown, ` +
      `${fromSnapshot} from snapshots, ${tornTails} tails cut, ${this.seconds.toFixed(0)} s`
    );
  }

  table(): string {
    const ends = [...this.#ends].sort(([a], [b]) => a.localeCompare(b));
    const rows: [string, number][] = [
      ['cycles', this.cycles],
      ...ends.map(([name, count]): [string, number] => [`  ended by ${name}`, count]),
      ['acknowledged', this.acknowledged],
      ['refused by the engine', this.refused],
      ['unknown, found executed', this.unknownExecuted],
      ['unknown, found not executed', this.unknownNot],
      ['acknowledged to a repeated key', this.echoes],
      ['starts from a snapshot', this.fromSnapshot],
      ['torn tails cut', this.tornTails],
      ['compared with the reference engine', this.references],
      ['seconds', Math.round(this.seconds)],
    ];
    const width = Math.max(...rows.map(([name]) => name.length));
    return rows.map(([name, count]) => `${name.padEnd(width)}  ${number(count).padStart(12)}\n`).join('');
  }
}

function number(count: number): string {
  return count.toLocaleString('en');
}

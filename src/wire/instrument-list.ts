// The instruments as they were at one moment: found by name, with their currencies. Pure; any thread; never changes.
// Whoever reads instruments takes an InstrumentSource: a list is one that stays, an InstrumentDirectory one that follows.

import { InstrumentStatus } from '../domain/codes.ts';
import type { Instrument } from '../domain/instrument.ts';
import { WordTable } from './word-table.ts';

/** Where instruments come from. Numbers and scales never change, so what is derived from them may be kept for ever. */
export interface InstrumentSource {
  readonly current: InstrumentList;
}

export class InstrumentList implements InstrumentSource {
  /** By number. Delisted ones are there too: old orders and trades name them. */
  readonly all: readonly Instrument[];
  /** Sequence of the command that made the list what it is, 0 for the ones a journal begins with. */
  readonly version: number;
  /** Names of the currencies in the engine's order: as they first appear, base before quote. */
  readonly currencies: readonly string[];
  /**
   * Number of the instrument that is meant when none is named: the first one that is not delisted. Not "the only one":
   * what a request means, or whether it is understood at all, must not change because another instrument was added. A
   * retry of an executed order would be refused then, and a refusal says that nothing was executed. Only delisting the
   * first one changes it. When all are delisted it is the first of all, so that the engine answers, from its memory
   * of keys too.
   */
  readonly first: number;
  readonly #names: WordTable;

  constructor(instruments: readonly Instrument[], version = 0) {
    this.all = instruments;
    this.version = version;
    this.#names = new WordTable(instruments.map(({ name }) => name));
    this.currencies = [...new Set(instruments.flatMap(({ base, quote }) => [base, quote]))];
    this.first = Math.max(
      instruments.findIndex(({ status }) => status !== InstrumentStatus.DELISTED),
      0,
    );
  }

  get current(): this {
    return this;
  }

  /** Number of the instrument named in `bytes[from..to)`, -1 when there is none. Allocates: nothing. */
  find(bytes: Uint8Array, from: number, to: number): number {
    return this.#names.find(bytes, from, to);
  }

  /** Number of the instrument with that name, -1 when there is none. */
  indexOf(name: string): number {
    return this.all.findIndex((instrument) => instrument.name === name);
  }

  /** Number of the currency with that name, -1 when no instrument has it. */
  currencyOf(name: string): number {
    return this.currencies.indexOf(name);
  }
}

// What the ledger knows of instruments: those that were there before the first command, and those that the events have
// defined since. On the projector's thread. Read from the events and nowhere else, so that the same events make the
// same rows, however far the rest of the process is. Names, currencies and scales of an instrument never change.

import { assert } from '../assert.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { InstrumentChange } from './instrument-rows.ts';

/** An instrument as rows need it. */
export interface LedgerInstrument {
  readonly instrument: Instrument;
  /** Its name as UTF-8. */
  readonly name: Uint8Array;
  /** Sequence of the command that defined it; 0 for those that were there before the first. */
  readonly since: number;
}

export class LedgerInstruments {
  readonly #known: LedgerInstrument[] = [];

  /** `genesis`: what the engine knew before the first command. */
  constructor(genesis: readonly Instrument[]) {
    for (const [index, instrument] of genesis.entries()) this.note({ index, instrument, sequence: 0, timeUs: 0 });
  }

  /** Takes note of a definition; a later one of the same index changes nothing that rows need. */
  note({ index, instrument, sequence }: InstrumentChange): void {
    const known: LedgerInstrument | undefined = this.#known[index];
    if (known !== undefined) {
      assert(known.instrument.name === instrument.name, 'ledger: an instrument keeps its name');
      return;
    }
    assert(index === this.#known.length, 'ledger: instruments are defined one after the other');
    this.#known.push({ instrument, name: new TextEncoder().encode(instrument.name), since: sequence });
  }

  /** The instrument that `index` named in the command of this sequence, or undefined. */
  at(index: number, sequence: number): LedgerInstrument | undefined {
    const known: LedgerInstrument | undefined = this.#known[index];
    return known !== undefined && known.since <= sequence ? known : undefined;
  }
}

// The instruments of a test's engine as a gateway sees them: anew whenever they changed. Test thread; owns the newest list.

import type { Engine } from '../../domain/engine.ts';
import { InstrumentDefinition } from '../../domain/instrument.ts';
import { InstrumentList, type InstrumentSource } from '../../wire/instrument-list.ts';

export class EngineInstruments implements InstrumentSource {
  readonly #engine: Engine;
  #list = new InstrumentList([], -1);

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get current(): InstrumentList {
    const { instruments, sequence } = this.#engine;
    if (this.#list.version !== sequence) {
      const all = Array.from({ length: instruments.count }, (_, i) =>
        new InstrumentDefinition().set(instruments.get(i)),
      );
      this.#list = new InstrumentList(all, sequence);
    }
    return this.#list;
  }
}

// The events of the everyday flow, as the engine's encoder wrote them. Main thread of the benchmark. Owns one block of
// memory.

import { DEFAULT_INSTRUMENTS, Engine } from '#ringbook/domain/index.js';
import { SILENT_LISTENER } from '#ringbook/domain/listener.js';
import { EventEncoder, type EventSink } from '#ringbook/wire/event-encoder.js';
import { EnginePlayer } from './engine-player.ts';
import { type Columns, everyday } from './flows/index.ts';
import type { SuiteOptions } from './suite.ts';

const NOVEMBER_2023_US = 1_700_000_000_000_000;
/** Commands that share one batch time. */
const BATCH = 64;

/** Records one behind the other, without anything between them. */
class EventTape implements EventSink {
  bytes = new Uint8Array(1 << 16);
  view = new DataView(this.bytes.buffer);
  readonly types: number[] = [];
  readonly offsets: number[] = [];
  #end = 0;
  #claimed = 0;

  claim(type: number, lengthBytes: number): number {
    if (this.#end + lengthBytes > this.bytes.length) this.#grow(this.#end + lengthBytes);
    this.types.push(type);
    this.offsets.push(this.#end);
    this.#claimed = lengthBytes;
    return this.#end;
  }

  commit(): void {
    this.#end += this.#claimed;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    grown.set(this.bytes);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

export class RecordedEvents {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** EventType of each. */
  readonly types: Uint8Array;
  readonly offsets: Int32Array;

  constructor({ seed, tiny }: SuiteOptions) {
    const tape = new EventTape();
    const size = tiny ? { resting: 100, commands: 200 } : { resting: 10_000, commands: 20_000 };
    const flow = everyday({ seed, ...size, isFresh: true });
    const filler = new EnginePlayer(false);
    let encoder: EventEncoder | undefined;
    const engine: Engine = new Engine(DEFAULT_INSTRUMENTS, {
      ...SILENT_LISTENER,
      onTrade: (number, maker, taker, price, lots) => encoder?.trade(number, maker, taker, price, lots),
      onOrder: (change, row, delta) => encoder?.order(change, row, delta),
    });
    encoder = new EventEncoder(engine, tape);
    const play = (columns: Columns): void => {
      for (let at = 0; at < columns.length; at++) {
        const sequence = engine.sequence + 1;
        const timeUs = NOVEMBER_2023_US + Math.ceil(sequence / BATCH);
        engine.apply(sequence, timeUs, filler.fill(columns, at, sequence));
      }
    };
    play(flow.resting);
    play(flow.tape);
    this.bytes = tape.bytes;
    this.view = tape.view;
    this.types = Uint8Array.from(tape.types);
    this.offsets = Int32Array.from(tape.offsets);
  }

  get length(): number {
    return this.types.length;
  }
}

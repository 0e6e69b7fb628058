// Every thread's view of the instruments: the matching thread publishes the whole table when it changes, anyone reads it.
// The bytes lie in a LatestValue (shared-memory/latest-value.ts), which never hands out parts of two writes.
// Layout: WIRE.md, "Instrument directory". A writer and its readers own a buffer each, never each other's objects.

import { assert } from '../assert.ts';
import { INSTRUMENTS_MAX, type Instrument, InstrumentDefinition } from '../domain/instrument.ts';
import { DEFINITION_BYTES, decodeDefinition, encodeDefinition } from './instrument-codec.ts';
import { InstrumentList, type InstrumentSource } from './instrument-list.ts';

const COUNT = 0;
const DEFINITIONS = 8;

/** Longest value that the directory writes: what its LatestValue is made for. */
export const INSTRUMENT_DIRECTORY_BYTES = DEFINITIONS + INSTRUMENTS_MAX * DEFINITION_BYTES;

/** The writing side of a LatestValue. */
export interface DirectorySink {
  write(bytes: Uint8Array, lengthBytes: number, version: number): void;
}

/** The reading side of a LatestValue. */
export interface DirectoryBytes {
  readonly versionRead: number;
  version(): number;
  read(into: Uint8Array): number;
}

/** The engine's table: domain/instrument-table.ts. */
export interface InstrumentRows {
  readonly count: number;
  get(index: number): Instrument;
}

/** Matching thread. */
export class InstrumentDirectoryWriter {
  readonly #sink: DirectorySink;
  readonly #bytes = new Uint8Array(INSTRUMENT_DIRECTORY_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(sink: DirectorySink) {
    this.#sink = sink;
  }

  /**
   * Shows the table as it is after the command of `sequence`: once when the engine is recovered, and after every command
   * that changed it, before that command's reply and events are shown.
   */
  publish(instruments: InstrumentRows, sequence: number): void {
    const { count } = instruments;
    assert(count <= INSTRUMENTS_MAX, 'the directory has room for every instrument');
    this.#view.setUint32(COUNT, count, true);
    for (let i = 0; i < count; i++) {
      encodeDefinition(this.#bytes, this.#view, DEFINITIONS + i * DEFINITION_BYTES, instruments.get(i));
    }
    this.#sink.write(this.#bytes, DEFINITIONS + count * DEFINITION_BYTES, sequence);
  }
}

/** Any other thread. Looking costs two loads; only a change is read and allocates. */
export class InstrumentDirectory implements InstrumentSource {
  readonly #source: DirectoryBytes;
  readonly #bytes = new Uint8Array(INSTRUMENT_DIRECTORY_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #list = new InstrumentList([], -1);

  constructor(source: DirectoryBytes) {
    this.#source = source;
  }

  /** The newest list; the same object until it changes. Empty until the engine is recovered. */
  get current(): InstrumentList {
    if (this.#source.version() !== this.#list.version) this.#read();
    return this.#list;
  }

  #read(): void {
    if (this.#source.read(this.#bytes) === 0) return;
    const count = this.#view.getUint32(COUNT, true);
    const instruments: Instrument[] = [];
    for (let i = 0; i < count; i++) {
      const definition = new InstrumentDefinition();
      decodeDefinition(this.#bytes, this.#view, DEFINITIONS + i * DEFINITION_BYTES, definition);
      instruments.push(definition);
    }
    this.#list = new InstrumentList(instruments, this.#source.versionRead);
  }
}

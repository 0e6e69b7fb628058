// One instrument's depth as JSON, cut from what the market-data agent prepared (depth-codec.ts): the body of
// GET /orderbook and of the Redis snapshot. Any reading thread; owns a copy of the newest depth and the bodies cut from it.

import type { Instrument } from '../domain/instrument.ts';
import {
  DEPTH_ASKS,
  DEPTH_ASKS_TOTAL,
  DEPTH_BIDS,
  DEPTH_BIDS_TOTAL,
  DEPTH_ENDS,
  DEPTH_SEQUENCE,
  depthTextStart,
} from './depth-codec.ts';

/** Where prepared depth comes from: shared-memory/latest-value.ts. */
export interface LatestDepth {
  readonly maxValueBytes: number;
  /** Version that the last read() copied. */
  readonly versionRead: number;
  version(): number;
  read(into: Uint8Array): number;
}

/** One instrument's newest depth, and the bodies cut from it. */
export class PreparedBook {
  readonly #latest: LatestDepth;
  readonly #name: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #bodies = new Map<number, Uint8Array>();
  #version = -1;

  constructor(latest: LatestDepth, instrument: Instrument) {
    this.#latest = latest;
    this.#name = JSON.stringify(instrument.name);
    this.#bytes = new Uint8Array(latest.maxValueBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Sequence of the newest prepared depth, negative before the first. */
  version(): number {
    return this.#latest.version();
  }

  /** The answer with `levels` a side, or undefined when what is prepared is older than `sequence` or not deep enough. */
  body(levels: number, sequence: number): Uint8Array | undefined {
    const version = this.#latest.version();
    if (version < 0 || version < sequence) return undefined;
    // The same version may be published again with more levels, so a book that is not deep enough is looked at again.
    if (version !== this.#version || !this.#deepEnough(levels)) {
      this.#latest.read(this.#bytes);
      this.#version = this.#latest.versionRead;
      this.#bodies.clear();
      if (!this.#deepEnough(levels)) return undefined;
    }
    const cached = this.#bodies.get(levels);
    if (cached !== undefined) return cached;
    const body = this.#cut(levels);
    this.#bodies.set(levels, body);
    return body;
  }

  #deepEnough(levels: number): boolean {
    const view = this.#view;
    const asksWanted = Math.min(levels, view.getUint32(DEPTH_ASKS_TOTAL, true));
    const bidsWanted = Math.min(levels, view.getUint32(DEPTH_BIDS_TOTAL, true));
    return view.getUint32(DEPTH_ASKS, true) >= asksWanted && view.getUint32(DEPTH_BIDS, true) >= bidsWanted;
  }

  #cut(levels: number): Uint8Array {
    const view = this.#view;
    const asks = view.getUint32(DEPTH_ASKS, true);
    const bids = view.getUint32(DEPTH_BIDS, true);
    const asksStart = depthTextStart(asks, bids);
    const bidsStart = this.#end(asks, asksStart);
    const asksEnd = this.#end(Math.min(levels, asks), asksStart);
    const bidsEnd = this.#end(bids === 0 ? 0 : asks + Math.min(levels, bids), bidsStart);
    const sequence = view.getFloat64(DEPTH_SEQUENCE, true);
    return Buffer.concat([
      Buffer.from(`{"instrument":${this.#name},"sequence":${sequence},"asks":[`),
      this.#bytes.subarray(asksStart, asksEnd),
      Buffer.from('],"bids":['),
      this.#bytes.subarray(bidsStart, bidsEnd),
      Buffer.from(']}'),
    ]);
  }

  /** Where the text of the first `count` levels ends; `none` when that is none. */
  #end(count: number, none: number): number {
    return count === 0 ? none : this.#view.getUint32(DEPTH_ENDS + 4 * (count - 1), true);
  }
}

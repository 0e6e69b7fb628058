// What the main thread of a load and its threads say to each other. Types.

import type { Mix } from './flow.ts';
import type { Transport } from './lane.ts';
import type { PhaseOptions, PhaseProgress, PhaseResult } from './load-phase.ts';
import type { ReadBackResult } from './read-back.ts';

/** What a thread begins with. */
export interface ThreadData {
  readonly url: string;
  readonly over: Transport;
  readonly connections: number;
  /** Users of each connection. */
  readonly pipeline: number;
  readonly seed: number;
  readonly mix: Mix;
  /** Number of its first stream; each user has one. */
  readonly firstStream: number;
  /** Begins every idempotency key. */
  readonly source: string;
  /** Most orders to be read back; Infinity: all. */
  readonly sampleMax: number;
}

/** To a thread; each is answered before the next one comes. */
export type Order =
  | { readonly kind: 'run'; readonly phase: PhaseOptions }
  | { readonly kind: 'read back' }
  | { readonly kind: 'numbers' }
  | { readonly kind: 'end' };

export type Report =
  | { readonly kind: 'open' }
  | { readonly kind: 'progress'; readonly progress: PhaseProgress }
  | { readonly kind: 'ran'; readonly result: PhaseResult }
  | { readonly kind: 'reading back'; readonly done: number; readonly of: number }
  | { readonly kind: 'read'; readonly result: ReadBackResult }
  /** Of all orders that were acknowledged. */
  | { readonly kind: 'numbers'; readonly numbers: Float64Array }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string };

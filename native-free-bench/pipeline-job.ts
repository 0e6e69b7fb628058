// What the pipeline's own threads are given and say. All of them; plain data and shared memory.

import type { SharedMemory, ThreadPlan } from '#ringbook/topology.js';

export interface PipelineJob {
  readonly role: 'producer' | 'consumer';
  readonly memory: SharedMemory;
  readonly threads: readonly ThreadPlan[];
  /** Of a Tape. */
  readonly records: SharedArrayBuffer;
  readonly length: number;
  /** One f64 for each record: when it was due, microseconds of the stopwatch. */
  readonly dueUs: SharedArrayBuffer;
  /** One word: replies taken in this run. The producer sleeps on it. */
  readonly taken: SharedArrayBuffer;
}

/** Begins a run of the tape, the n-th. */
export interface Begin {
  readonly run: number;
  /** Sequence of the last command before. */
  readonly sequence: number;
  /** undefined: as fast as replies come. */
  readonly perSecond: number | undefined;
}

/** What the consumer says at the end of a run. */
export interface Played {
  /** Of all replies and events, numbers counted from the run's beginning. */
  readonly hash: number;
  readonly seconds: number;
  /** From when a command was due to when its reply was taken, microseconds. */
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

// What a benchmark suite is: named cases that compute something, so that the result can be checked and not only timed.
// Main thread of the benchmark; owns nothing.

/** What run.ts was asked for. */
export interface SuiteOptions {
  /** Little work per run: shows that the benchmark still works, not how fast anything is. */
  readonly tiny: boolean;
  /** Seed of everything random. */
  readonly seed: number;
  /** Also what needs gigabytes and minutes. */
  readonly large: boolean;
  /** Folder of a recorded flow (see src/tools/recorded-flow.ts); undefined: none. */
  readonly data: string | undefined;
}

/** One measured thing. */
export interface Case {
  readonly name: string;
  /** What one operation is, in a word or two: an order, a slot. */
  readonly unit: string;
  /** Operations that one call of `run` does. */
  readonly operations: number;
  /** Does them and returns a hash of what came out: the same on every call. Cases with one `resultOf` must agree on it. */
  run(): number | Promise<number>;
  /** Cases of a suite that compute the same thing carry the same name here. */
  readonly resultOf: string;
  /** Before each run, and not measured. */
  prepare?(): void | Promise<void>;
  /** After the last run: ends threads, releases files. */
  close?(): void | Promise<void>;
}

/** What a case does in a run. Its loop is its own: one shared by all cases would measure calls that cannot be inlined. */
export type Run = () => number | Promise<number>;

/** Cases that compute the same thing, by their names. */
export function rivals(unit: string, resultOf: string, operations: number, runs: Record<string, Run>): Case[] {
  return Object.entries(runs).map(([name, run]) => ({ name, unit, operations, resultOf, run }));
}

export interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** Folds `value` into `hash` (FNV-1a over 32-bit words). Start with HASH_START. Allocates: nothing. */
export function hashWord(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01000193) >>> 0;
}

export const HASH_START = 0x811c9dc5;

/** Every 11th byte and the length, so that each place of a word is looked at: what differs shows, and hashing is not what is measured. */
export function foldBytes(hash: number, bytes: Uint8Array, length: number): number {
  let folded = hashWord(hash, length);
  for (let i = 0; i < length; i += 11) folded = hashWord(folded, bytes[i]);
  return folded;
}

/** What is shown by other figures than operations per second: a table of its own. */
export interface Report {
  readonly name: string;
  /** Headings of the figures, with their units. */
  readonly columns: readonly string[];
  readonly lines: readonly ReportLine[];
}

export interface ReportLine {
  readonly name: string;
  /** One for each column. */
  readonly figures: readonly number[];
}

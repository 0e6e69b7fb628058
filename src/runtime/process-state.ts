// The few words all threads share about the process as a whole: its state, its storage's, the journal's identity.
// Owned by main, which creates it and moves it on; the matching thread moves it to OPEN and to POISONED.

/** Where the process is in its life. Numbers only grow, except that nothing follows POISONED but the exit. */
export const ProcessState = {
  /** Journal is being replayed; order entry answers 503 `recovering`. */
  RECOVERING: 0,
  /** Taking orders. */
  OPEN: 1,
  /** Orderly stop: new requests get 503, pending ones are answered. */
  DRAINING: 2,
  /** The journal failed: outcomes of pending commands are unknown, nothing is acknowledged any more. */
  POISONED: 3,
  /** Gateways close their sockets, the matching thread closes the journal; both end. */
  CLOSING: 4,
  /** The projections write what is left and end. */
  FINISHING: 5,
} as const;
export type ProcessState = (typeof ProcessState)[keyof typeof ProcessState];

/** Whether the disk leaves room for commands. Main moves it up as the disk fills, and back to ROOM when an operator says so. */
export const StorageState = {
  ROOM: 0,
  /** Space runs short: only cancels pass. */
  LOW: 1,
  /** The journal cannot be made longer, and what it has is nearly used up: no command passes. */
  FULL: 2,
} as const;
export type StorageState = (typeof StorageState)[keyof typeof StorageState];

const STORAGE_NAMES = ['ok', 'low', 'full'] as const;

/** A storage state's name, as health and the operations page show it. */
export function storageStateName(state: StorageState): 'ok' | 'low' | 'full' {
  return STORAGE_NAMES[state];
}

const NAMES = ['recovering', 'open', 'draining', 'halted', 'closing', 'closing'] as const;

/** A state's name, as health, readiness and the operations page show it. */
export function processStateName(state: number): string {
  return NAMES[state] ?? 'unknown';
}

const STATE = 0;
const JOURNAL_ID_HIGH = 1;
const JOURNAL_ID_LOW = 2;
const EPOCH = 3;
const GATEWAYS_OPEN = 4;
const STORAGE = 5;
/** From here one word per gateway: depth levels it wants published at once, 0 for none. */
const DEPTH_WANTED = 16;
const WORDS = 64;

export class SharedProcessState {
  readonly #words: Int32Array;

  static readonly BYTES = WORDS * 4;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  get(): number {
    return Atomics.load(this.#words, STATE);
  }

  /** Moves on to `state`; a lower state is ignored, so that POISONED is not undone by a late OPEN. */
  advance(state: ProcessState): void {
    const words = this.#words;
    let current = Atomics.load(words, STATE);
    while (current < state) {
      const seen = Atomics.compareExchange(words, STATE, current, state);
      if (seen === current) return;
      current = seen;
    }
  }

  /** Whether commands may be taken as far as the disk is concerned. Allocates: nothing. */
  get storage(): StorageState {
    const state = Atomics.load(this.#words, STORAGE);
    return state === StorageState.ROOM || state === StorageState.LOW ? state : StorageState.FULL;
  }

  /** Main. */
  set storage(state: StorageState) {
    Atomics.store(this.#words, STORAGE, state);
  }

  /** Matching thread, before OPEN: the journal's identity (it keys public ids) and the writer's epoch. */
  setJournal(idHigh: number, idLow: number, epoch: number): void {
    Atomics.store(this.#words, JOURNAL_ID_HIGH, idHigh | 0);
    Atomics.store(this.#words, JOURNAL_ID_LOW, idLow | 0);
    Atomics.store(this.#words, EPOCH, epoch);
  }

  /** Valid once the state has left RECOVERING. */
  get journalIdHigh(): number {
    return Atomics.load(this.#words, JOURNAL_ID_HIGH) >>> 0;
  }

  get journalIdLow(): number {
    return Atomics.load(this.#words, JOURNAL_ID_LOW) >>> 0;
  }

  get epoch(): number {
    return Atomics.load(this.#words, EPOCH);
  }

  /** Gateway: may hold open sockets from now on; the process must not end before it says otherwise. */
  gatewayOpened(): void {
    Atomics.add(this.#words, GATEWAYS_OPEN, 1);
  }

  /** Gateway: has closed every socket. */
  gatewayClosed(): void {
    Atomics.sub(this.#words, GATEWAYS_OPEN, 1);
    Atomics.notify(this.#words, GATEWAYS_OPEN);
  }

  /**
   * Main, last thing before the exit: waits until no gateway holds a socket, since a thread that ends with an open one
   * aborts the process. Blocks at most `timeoutMs` for each gateway. Returns whether all are closed.
   */
  waitGatewaysClosed(timeoutMs: number): boolean {
    let open = Atomics.load(this.#words, GATEWAYS_OPEN);
    while (open > 0) {
      if (Atomics.wait(this.#words, GATEWAYS_OPEN, open, timeoutMs) === 'timed-out') return false;
      open = Atomics.load(this.#words, GATEWAYS_OPEN);
    }
    return true;
  }

  /** Gateway: asks the market-data agent for `levels` of depth at once (then ring its doorbell). */
  wantDepth(gateway: number, levels: number): void {
    if (Atomics.load(this.#words, DEPTH_WANTED + gateway) < levels) {
      Atomics.store(this.#words, DEPTH_WANTED + gateway, levels);
    }
  }

  /** Market-data agent: the most levels any gateway wants now, and clears the wishes. Allocates: nothing. */
  takeDepthWanted(gateways: number): number {
    let most = 0;
    for (let k = 0; k < gateways; k++) {
      const levels = Atomics.exchange(this.#words, DEPTH_WANTED + k, 0);
      if (levels > most) most = levels;
    }
    return most;
  }
}

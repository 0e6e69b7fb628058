// Watches the space that is left for the journal, so that it ends before the disk does: first only cancels are taken, then
// nothing, until an operator says to go on. Sees to the next segment too. Main thread, asynchronous file calls.
// Owns the storage state in shared memory; must never take orders again by itself.

import { statfs } from 'node:fs/promises';
import type { MainAnswer } from '../gateway/context.ts';
import { describeError, isOutOfSpace } from '../journal/errors.ts';
import { ProcessState, type SharedProcessState, StorageState, storageStateName } from '../runtime/process-state.ts';
import type { CounterBlock } from '../shared-memory/counters.ts';
import { MainCounter } from '../wire/counters.ts';

const MEBIBYTE = 1 << 20;
const LOW_BYTES_MIN = 256 * MEBIBYTE;
const LOW_SEGMENTS = 4;
/** On a small file system: this part of it is low. */
const LOW_PART = 10;
/** This part of a segment is kept for what is on its way when commands are no longer taken. */
const RESERVE_PART = 16;

/** What there is room for, bytes. */
interface Room {
  readonly freeBytes: number;
  /** Less than this is low. */
  readonly lowBytes: number;
  readonly segmentBytes: number;
  /** A segment for after the open one is ready or being made. */
  readonly hasNextSegment: boolean;
  /** Of the open segment. */
  readonly segmentBytesLeft: number;
  /** The journal has come to its end: commands wait. */
  readonly isJournalOut: boolean;
}

/** The state that this much room asks for. */
function storageStateOf(room: Room): StorageState {
  const { freeBytes, lowBytes, segmentBytes, hasNextSegment, segmentBytesLeft, isJournalOut } = room;
  const canGoOn = hasNextSegment || freeBytes >= segmentBytes;
  if (isJournalOut || (!canGoOn && segmentBytesLeft < segmentBytes / RESERVE_PART)) return StorageState.FULL;
  return canGoOn && freeBytes >= lowBytes ? StorageState.ROOM : StorageState.LOW;
}

/** When space is low unless a setting says: the larger of four segments and 256 MiB, but at most a tenth of the file system. */
function defaultLowBytes(segmentBytes: number, totalBytes: number): number {
  return Math.min(Math.max(LOW_SEGMENTS * segmentBytes, LOW_BYTES_MIN), Math.floor(totalBytes / LOW_PART));
}

/** journal/segment-preparer.ts SegmentPreparer. */
interface NextSegment {
  readonly isUnderWay: boolean;
  isReady(): boolean;
  prepare(): Promise<void>;
}

export interface StorageWatchOptions {
  /** Any directory of the journal's file system. */
  readonly directory: string;
  /** undefined: defaultLowBytes. */
  readonly lowBytes: number | undefined;
  readonly segmentBytes: number;
  readonly nextSegment: NextSegment;
  readonly segmentBytesLeft: () => number;
  readonly isJournalOut: () => boolean;
  readonly state: SharedProcessState;
  readonly counters: CounterBlock;
  /** The state is another one; `detail` says why, for people. */
  readonly onChanged: (state: StorageState, detail: string) => void;
  /** Not fatal: the matching thread makes a segment itself, slowly, when there is none. */
  readonly onNoSegment: (reason: string) => void;
  /** Replaced by tests. */
  readonly measure?: (directory: string) => Promise<{ freeBytes: number; totalBytes: number }>;
}

/** What health tells of it. */
export interface StorageFacts {
  readonly status: 'ok' | 'low' | 'full';
  /** -1 before the first look. */
  readonly free_bytes: number;
  readonly low_bytes: number;
  readonly detail: string;
}

export class StorageWatch {
  readonly #options: StorageWatchOptions;
  #freeBytes = -1;
  #lowBytes: number;
  #detail = '';
  #looking: Promise<void> | undefined;

  constructor(options: StorageWatchOptions) {
    this.#options = options;
    this.#lowBytes = options.lowBytes ?? 0;
  }

  get facts(): StorageFacts {
    const status = storageStateName(this.#options.state.storage);
    return { status, free_bytes: this.#freeBytes, low_bytes: this.#lowBytes, detail: this.#detail };
  }

  /** Looks once; called about once a second while commands are taken. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#raise(StorageState.LOW, `it cannot be told: ${describeError(error)}`))
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /** A writer other than the journal could not write: when that is for lack of space, it is low. */
  writerFailed(what: string, error: unknown): void {
    if (!isOutOfSpace(error)) return;
    this.#raise(StorageState.LOW, `${what} cannot be written: ${describeError(error)}`);
  }

  /** The operator's word to take orders again, which is heard when there is room. Rejects when that cannot be told. */
  async resume(): Promise<MainAnswer> {
    await this.#looking;
    await this.#measure();
    await this.#seeToNextSegment();
    const { state, counters, onChanged } = this.#options;
    const room = this.#room();
    const found = storageStateOf(room);
    if (found !== StorageState.ROOM) {
      const code = found === StorageState.LOW ? 'storage_low' : 'storage_full';
      return { unavailable: `Still too little space: ${describeRoom(room)}.`, code };
    }
    const was = state.storage;
    state.storage = found;
    counters.set(MainCounter.STORAGE_STATE, found);
    this.#detail = '';
    if (was !== found) onChanged(found, `resumed with ${describeRoom(room)}`);
    return { status: 200, contentType: 'application/json', body: `${JSON.stringify(this.facts)}\n` };
  }

  async #look(): Promise<void> {
    await this.#measure();
    void this.#seeToNextSegment(); // it may take seconds
    const room = this.#room();
    this.#raise(storageStateOf(room), describeRoom(room));
  }

  async #measure(): Promise<void> {
    const { directory, lowBytes, segmentBytes, counters, measure = freeSpace } = this.#options;
    const { freeBytes, totalBytes } = await measure(directory);
    this.#freeBytes = freeBytes;
    this.#lowBytes = lowBytes ?? defaultLowBytes(segmentBytes, totalBytes);
    counters.set(MainCounter.STORAGE_FREE_BYTES, freeBytes);
  }

  /** Not on a disk that is too small for it: to fill that up helps nobody. */
  async #seeToNextSegment(): Promise<void> {
    const { nextSegment, segmentBytes, state, onNoSegment } = this.#options;
    if (this.#freeBytes < segmentBytes || state.get() !== ProcessState.OPEN) return;
    try {
      await nextSegment.prepare();
    } catch (error) {
      onNoSegment(describeError(error));
      this.writerFailed('the next journal segment', error);
    }
  }

  #room(): Room {
    const { segmentBytes, nextSegment, segmentBytesLeft, isJournalOut } = this.#options;
    return {
      freeBytes: this.#freeBytes,
      lowBytes: this.#lowBytes,
      segmentBytes,
      hasNextSegment: nextSegment.isUnderWay || nextSegment.isReady(),
      segmentBytesLeft: segmentBytesLeft(),
      isJournalOut: isJournalOut(),
    };
  }

  /** Moves the state up, never down. */
  #raise(found: StorageState, detail: string): void {
    const { state, counters, onChanged } = this.#options;
    if (found <= state.storage) return;
    state.storage = found;
    counters.set(MainCounter.STORAGE_STATE, found);
    this.#detail = detail;
    onChanged(found, detail);
  }
}

function describeRoom({ freeBytes, lowBytes, hasNextSegment, segmentBytesLeft }: Room): string {
  const mebibytes = (bytes: number) => `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
  const next = hasNextSegment ? 'the next journal segment is there' : 'there is no next journal segment';
  return `${mebibytes(freeBytes)} free, low is ${mebibytes(lowBytes)}, ${next}, ${mebibytes(segmentBytesLeft)} left in this one`;
}

/** What this user may still write, not what the file system keeps for root. */
async function freeSpace(directory: string): Promise<{ freeBytes: number; totalBytes: number }> {
  const { bsize, bavail, blocks } = await statfs(directory);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

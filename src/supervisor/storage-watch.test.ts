// When the disk keeps orders out: at which room, that it stays so until an operator says, and what a next segment has to do with it.

import { beforeEach, describe, expect, it } from 'vitest';
import { ProcessState, SharedProcessState, StorageState } from '../runtime/process-state.ts';
import { CounterBlock, counterBytesNeeded } from '../shared-memory/counters.ts';
import { MainCounter } from '../wire/counters.ts';
import { StorageWatch } from './storage-watch.ts';

const MIB = 1 << 20;
const SEGMENT = 64 * MIB;

/** The disk and the journal as the watch sees them. */
const disk = {
  freeBytes: 0,
  totalBytes: 0,
  segmentBytesLeft: 0,
  journalOut: false,
  spare: false,
  prepared: 0,
  prepareFails: undefined as Error | undefined,
};
let state: SharedProcessState;
let counters: CounterBlock;
let watch: StorageWatch;
let changes: string[];

function watchOf(lowBytes?: number): StorageWatch {
  return new StorageWatch({
    directory: '/data',
    lowBytes,
    segmentBytes: SEGMENT,
    nextSegment: {
      isUnderWay: false,
      isReady: () => disk.spare,
      prepare: () => {
        disk.prepared++;
        if (disk.prepareFails !== undefined) return Promise.reject(disk.prepareFails);
        disk.spare = true;
        return Promise.resolve();
      },
    },
    segmentBytesLeft: () => disk.segmentBytesLeft,
    isJournalOut: () => disk.journalOut,
    state,
    counters,
    onChanged: (to) => changes.push(String(to)),
    onNoSegment: (reason) => changes.push(reason),
    measure: async () => ({ freeBytes: disk.freeBytes, totalBytes: disk.totalBytes }),
  });
}

beforeEach(() => {
  Object.assign(disk, { freeBytes: 9_000 * MIB, totalBytes: 100_000 * MIB, segmentBytesLeft: SEGMENT, spare: false });
  Object.assign(disk, { journalOut: false, prepared: 0, prepareFails: undefined });
  state = new SharedProcessState(new SharedArrayBuffer(SharedProcessState.BYTES));
  state.advance(ProcessState.OPEN);
  counters = new CounterBlock(new SharedArrayBuffer(counterBytesNeeded(1)), 0);
  changes = [];
  watch = watchOf();
});

async function stateAt(room: Partial<typeof disk>, lowBytes?: number): Promise<StorageState> {
  Object.assign(disk, room);
  state.storage = StorageState.ROOM;
  await watchOf(lowBytes).look();
  return state.storage;
}

describe('the state that room asks for', () => {
  it('is low below 256 MiB, below a tenth of a small file system, or below what was set', async () => {
    expect(await stateAt({ freeBytes: 256 * MIB })).toBe(StorageState.ROOM);
    expect(await stateAt({ freeBytes: 256 * MIB - 1 })).toBe(StorageState.LOW);
    expect(await stateAt({ freeBytes: 100 * MIB, totalBytes: 1_000 * MIB })).toBe(StorageState.ROOM);
    expect(await stateAt({ freeBytes: 100 * MIB - 1 })).toBe(StorageState.LOW);
    expect(await stateAt({ freeBytes: 100 * MIB - 1 }, 90 * MIB)).toBe(StorageState.ROOM);
  });

  it('is low when there is no next segment and no room for one, full when this one is nearly used up as well', async () => {
    const tight = { freeBytes: SEGMENT - 1, totalBytes: 64 * MIB };
    expect(await stateAt(tight)).toBe(StorageState.LOW);
    expect(disk.prepared).toBe(0); // it would only have filled the disk
    expect(await stateAt({ segmentBytesLeft: SEGMENT / 16 })).toBe(StorageState.LOW);
    expect(await stateAt({ segmentBytesLeft: SEGMENT / 16 - 1 })).toBe(StorageState.FULL);
    expect(await stateAt({ spare: true })).toBe(StorageState.ROOM);
    expect(await stateAt({ journalOut: true })).toBe(StorageState.FULL);
  });
});

describe('the watch', () => {
  it('makes sure of the next segment, and is not moved by a disk that refuses for another reason', async () => {
    disk.prepareFails = new Error('EIO: i/o error, write');
    await watch.look();
    await watch.look();
    expect([disk.prepared, changes, state.storage]).toEqual([2, Array(2).fill('EIO: i/o error, write'), 0]);
    disk.prepareFails = undefined;
    await watch.look();
    expect(disk.spare).toBe(true);
  });

  it('goes up by itself and down only by the operator’s word, and by that only with room', async () => {
    disk.freeBytes = 5 * MIB;
    await watch.look();
    expect([state.storage, watch.facts.status]).toEqual([StorageState.LOW, 'low']);
    expect(watch.facts.detail).toContain('5.0 MiB free');
    expect(await watch.resume()).toMatchObject({ code: 'storage_low' });
    disk.segmentBytesLeft = 0;
    await watch.look();
    expect(await watch.resume()).toMatchObject({ code: 'storage_full' });
    disk.freeBytes = 900 * MIB;
    await watch.look();
    expect([state.storage, counters.get(MainCounter.STORAGE_STATE)]).toEqual([StorageState.FULL, StorageState.FULL]);
    expect(await watch.resume()).toMatchObject({ status: 200 });
    expect([state.storage, watch.facts.status, watch.facts.detail]).toEqual([StorageState.ROOM, 'ok', '']);
    expect(counters.get(MainCounter.STORAGE_FREE_BYTES)).toBe(900 * MIB);
    expect(changes).toEqual(['1', '2', '0']);
  });

  it('hears of a writer that found the disk full, and of no other failure', async () => {
    watch.writerFailed('the event spool', 'EIO: i/o error, write');
    expect(state.storage).toBe(StorageState.ROOM);
    watch.writerFailed('the event spool', 'ENOSPC: no space left on device, write');
    expect(state.storage).toBe(StorageState.LOW);
    expect(watch.facts.detail).toContain('the event spool cannot be written');
  });
});

// Every event once and in order, with the real ring, counters and spool, and a writer that stops where it hurts: in the
// middle of a batch that overruns the ring, in the middle of a command, between the follower's two counters.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SpoolReader, SpoolWriter } from '../journal/spool.ts';
import {
  BroadcastReader,
  BroadcastWriter,
  broadcastBytesNeeded,
  createBroadcastRing,
} from '../shared-memory/broadcast-ring.ts';
import { CounterBlock, counterBytesNeeded } from '../shared-memory/counters.ts';
import { FollowerCounter, MatchingCounter } from '../wire/counters.ts';
import { EVENT_SEQUENCE, EVENT_TIME_US, EventType } from '../wire/event-codec.ts';
import { EventSource } from './event-source.ts';

/** With its header 64 bytes, so that a ring of 2^n records has 2^n of them. */
const RECORD_BYTES = 64;
const EVENT_BYTES = RECORD_BYTES - 8;

/** Lets somebody in behind a poll. */
class WatchedReader extends BroadcastReader {
  afterPoll = (_count: number): void => {};

  override poll(receive: Parameters<BroadcastReader['poll']>[0], limit: number): number {
    const count = super.poll(receive, limit);
    this.afterPoll(count);
    return count;
  }
}

/** Matching and follower as the event source sees them, one step at a time. Event k of a command is named 'sequence.k'. */
class Rig {
  readonly delivered: string[] = [];
  readonly reader: WatchedReader;
  readonly spoolReader: SpoolReader;
  readonly source: EventSource;
  readonly #counters = new SharedArrayBuffer(counterBytesNeeded(2));
  readonly #matching = new CounterBlock(this.#counters, 0);
  readonly #follower = new CounterBlock(this.#counters, 1);
  readonly #ring: BroadcastWriter;
  readonly #spool: SpoolWriter;

  constructor(directory: string, ringRecords: number) {
    const buffer = new SharedArrayBuffer(broadcastBytesNeeded(ringRecords * RECORD_BYTES));
    createBroadcastRing(buffer, ringRecords * RECORD_BYTES);
    this.#ring = new BroadcastWriter(buffer);
    this.#spool = new SpoolWriter(directory);
    this.spoolReader = new SpoolReader(directory);
    this.reader = new WatchedReader(buffer);
    this.source = new EventSource(
      this.reader,
      this.spoolReader,
      this.#matching,
      this.#follower,
      (_type, _bytes, view, offset) => {
        const at = (field: number) => view.getFloat64(offset + field, true);
        this.delivered.push(`${at(EVENT_SEQUENCE)}.${at(EVENT_TIME_US)}`);
      },
    );
  }

  /** The matching thread writes events of one command into the ring; nobody sees them yet. */
  commit(sequence: number, events = 1): void {
    for (let k = 0; k < events; k++) writeEvent(this.#ring, sequence, k);
  }

  publish(sequence: number): void {
    this.#ring.publish();
    this.#matching.set(MatchingCounter.SEQUENCE, sequence);
  }

  /** The follower writes a command's events to the spool; returns the position behind them. */
  spool(sequence: number, events = 1): number {
    for (let k = 0; k < events; k++) writeEvent(this.#spool, sequence, k);
    const position = this.#spool.flush();
    this.#follower.set(FollowerCounter.SPOOL_POSITION, position);
    return position;
  }

  spooled(sequence: number): void {
    this.#follower.set(FollowerCounter.SPOOL_SEQUENCE, sequence);
  }

  /** As many turns as change anything, and one more. */
  poll(): void {
    for (let turns = 0; turns < 100 && this.source.poll() > 0; turns++);
  }
}

function writeEvent(into: BroadcastWriter | SpoolWriter, sequence: number, k: number): void {
  const at = into.claim(EventType.ORDER, EVENT_BYTES);
  into.view.setFloat64(at + EVENT_SEQUENCE, sequence, true);
  into.view.setFloat64(at + EVENT_TIME_US, k, true);
  into.commit();
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, k) => first + k);
}

const eventsOf = (first: number, last: number) => range(first, last).map((sequence) => `${sequence}.0`);

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-events-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('going live', () => {
  it('waits while a batch that is not published yet overruns the ring', () => {
    const rig = new Rig(directory, 16);
    for (const sequence of range(1, 20)) rig.commit(sequence);
    rig.poll();
    rig.publish(20);
    rig.poll();
    for (const sequence of range(1, 20)) rig.spool(sequence);
    rig.spooled(20);
    rig.poll();
    rig.commit(21);
    rig.publish(21);
    rig.poll();
    expect(rig.delivered).toEqual(eventsOf(1, 21));
    expect(rig.source.live).toBe(true);
  });

  it('waits for what was published and then overwritten by such a batch', () => {
    const rig = new Rig(directory, 16);
    for (const sequence of range(1, 3)) rig.commit(sequence);
    rig.publish(3);
    for (const sequence of range(4, 22)) rig.commit(sequence);
    rig.poll();
    expect([rig.source.live, rig.source.sequence]).toEqual([false, 0]);
    for (const sequence of range(1, 3)) rig.spool(sequence);
    rig.spooled(3);
    rig.poll();
    expect([rig.source.live, rig.source.sequence]).toEqual([true, 3]);
    rig.publish(22);
    rig.poll();
    for (const sequence of range(4, 22)) rig.spool(sequence);
    rig.spooled(22);
    rig.poll();
    expect(rig.delivered).toEqual(eventsOf(1, 22));
  });

  it('loses nothing when the ring is overrun between the look at it and the first reading', () => {
    const rig = new Rig(directory, 16);
    rig.commit(1);
    rig.publish(1);
    rig.spool(1);
    rig.spooled(1);
    let overruns = 0;
    rig.reader.afterPoll = (count) => {
      if (count !== 1 || overruns++ > 0) return;
      for (const sequence of range(2, 30)) rig.commit(sequence);
      rig.publish(30);
    };
    rig.poll();
    for (const sequence of range(2, 30)) rig.spool(sequence);
    rig.spooled(30);
    rig.poll();
    expect(overruns).toBeGreaterThan(0);
    expect(rig.delivered).toEqual(eventsOf(1, 30));
  });

  it('waits for the rest of a command whose first events it has and whose next are overwritten', () => {
    const rig = new Rig(directory, 2_048);
    rig.poll();
    rig.commit(1, 1_500);
    rig.publish(1);
    expect(rig.source.poll()).toBe(1_024);
    rig.commit(2, 1_700);
    rig.publish(2);
    rig.poll();
    expect(rig.delivered).toHaveLength(1_024);
    rig.spool(1, 1_500);
    rig.spool(2, 1_700);
    rig.spooled(2);
    rig.poll();
    const all = [...range(0, 1_499).map((k) => `1.${k}`), ...range(0, 1_699).map((k) => `2.${k}`)];
    expect(rig.delivered).toEqual(all);
  });
});

describe('the spool behind a live source', () => {
  it('is not left behind beyond what was delivered, while the follower is between its two counters', () => {
    const rig = new Rig(directory, 16);
    rig.poll();
    for (const sequence of range(1, 2)) rig.commit(sequence);
    rig.publish(2);
    for (const sequence of range(1, 2)) rig.spool(sequence);
    rig.spooled(2);
    rig.poll();
    for (const sequence of range(3, 4)) rig.spool(sequence); // and the sequence comes later
    rig.poll();
    for (const sequence of range(3, 40)) rig.commit(sequence);
    rig.publish(40);
    for (const sequence of range(5, 40)) rig.spool(sequence);
    rig.spooled(40);
    rig.poll();
    expect(rig.source.lapped).toBe(1);
    expect(rig.delivered).toEqual(eventsOf(1, 40));
  });

  it('is left behind one step late', () => {
    const rig = new Rig(directory, 16);
    rig.poll();
    const positions = [0];
    for (const sequence of range(1, 20)) {
      rig.commit(sequence);
      rig.publish(sequence);
      positions.push(rig.spool(sequence));
      rig.spooled(sequence);
      rig.poll();
      expect(rig.spoolReader.position).toBe(positions[sequence - 1]);
    }
    expect(rig.source.lapped).toBe(0);
  });
});

// Seals and the goodbye, by the matching agent's own clock: when a pause gets its seal, that nobody stumbles over it, and what
// the next start makes of a stop that was none.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Side, TimeInForce } from '../domain/codes.ts';
import { FrameFlag } from '../journal/frame.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { segmentPath } from '../journal/segment-files.ts';
import { ProcessState } from '../runtime/process-state.ts';
import { InProcessExchange, type InProcessOptions } from './in-process-exchange.ts';
import { limitOrder } from './testing/commands.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-seal-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const SEAL_AFTER_US = 5_000;
const IDLE_MS = 1_000;

const start = (options: Partial<InProcessOptions> = {}) =>
  new InProcessExchange({ directory, durability: 'fsync', ...options });

let orders = 0;
/** One order, in a frame of its own. */
function trade(exchange: InProcessExchange): void {
  exchange.submit(limitOrder(`ann-${++orders}`, Side.SELL, 7_000_000, 10));
  expect(exchange.turnMatching()).toBe(1);
}

/** Every frame: a number of records, or the flag of one that has none. */
function framesOf(exchange: InProcessExchange): (number | string)[] {
  const names = new Map(Object.entries(FrameFlag).map(([name, flag]): [number, string] => [flag, name]));
  const reader = new JournalReader(join(directory, 'journal'));
  const frames: (number | string)[] = [];
  for (let frame = reader.next(exchange.durableFrame); frame; frame = reader.next(exchange.durableFrame)) {
    frames.push(frame.recordCount > 0 ? frame.recordCount : (names.get(frame.flags & ~FrameFlag.DIGEST) ?? 'unknown'));
  }
  reader.close();
  return frames;
}

it('seals the last frame once, when no other has come for a while', () => {
  const exchange = start();
  expect([exchange.turnMatching(), exchange.matchingIdleMs]).toEqual([0, IDLE_MS]);
  trade(exchange);
  expect(exchange.matchingIdleMs).toBe(SEAL_AFTER_US / 1_000);
  exchange.advance(SEAL_AFTER_US - 1);
  expect([exchange.turnMatching(), exchange.matchingIdleMs]).toEqual([0, 0.001]);
  trade(exchange); // in time: it proves the one before
  exchange.advance(SEAL_AFTER_US);
  expect(exchange.matchingIdleMs).toBe(0);
  expect([exchange.turnMatching(), exchange.matchingIdleMs]).toEqual([1, IDLE_MS]);
  exchange.advance(60_000_000);
  expect(exchange.turnMatching()).toBe(0);
  expect(framesOf(exchange)).toEqual(['EPOCH_START', 1, 1, 'SEAL']);
  trade(exchange);
  exchange.advance(SEAL_AFTER_US);
  exchange.turnMatching();
  expect(framesOf(exchange).slice(4)).toEqual([1, 'SEAL']);
  expect(exchange.durablePoint).toMatchObject({ frame: 6, sequence: 3, epoch: 1, cleanShutdown: false });
  exchange.close();
  expect(framesOf(exchange).slice(6)).toEqual(['CLEAN_SHUTDOWN']);
  expect(exchange.durablePoint).toMatchObject({ frame: 7, sequence: 3, cleanShutdown: true });
});

it('sleeps no longer than until the seal is due', () => {
  const exchange = start();
  trade(exchange);
  const before = exchange.nowUs;
  exchange.submit(
    limitOrder('bob', Side.SELL, 7_000_000, 10, { expiresUs: before + 3_500_000, timeInForce: TimeInForce.GTT }),
  );
  expect(exchange.runMatchingUntil(3)).toBe(5); // the seal, three seconds, and what is left until the order ends
  expect(framesOf(exchange)).toEqual(['EPOCH_START', 1, 1, 'SEAL', 1]);
  exchange.close();
});

it('is passed over by the follower, by market data and by the next start', () => {
  const first = start();
  for (let k = 0; k < 3; k++) {
    trade(first);
    first.settle();
  }
  const depth = first.depth();
  const digest = first.digest();
  expect(framesOf(first).filter((frame) => frame === 'SEAL')).toHaveLength(3);
  rmSync(join(directory, 'snapshots'), { recursive: true }); // so that the start reads the seals
  const second = start();
  expect(second.recovered).toMatchObject({ sequence: 3, frames: 7, cut: undefined, notes: [] });
  expect([second.depth(), second.digest()]).toEqual([depth, digest]);
  expect(framesOf(second).slice(7)).toEqual(['EPOCH_START']);
  second.close();
});

it('keeps damage of the last orders from being taken for a torn write', () => {
  const flip = () => {
    const file = segmentPath(join(directory, 'journal'), 1);
    const bytes = readFileSync(file);
    bytes[4096 + 200] ^= 1;
    writeFileSync(file, bytes);
  };
  const unsealed = start();
  trade(unsealed);
  flip();
  expect(start().recovered).toMatchObject({ sequence: 0, cut: expect.stringContaining('frame 2') });
  rmSync(directory, { recursive: true });
  const sealed = start();
  trade(sealed);
  sealed.advance(SEAL_AFTER_US);
  sealed.turnMatching();
  flip();
  expect(() => start()).toThrow('which says that frame 2 was durable');
});

it('writes no seal in mode os, where it would prove nothing, and says what is synced at the stop only', () => {
  const exchange = start({ durability: 'os' });
  trade(exchange);
  expect(exchange.matchingIdleMs).toBe(IDLE_MS);
  exchange.advance(SEAL_AFTER_US);
  expect(exchange.turnMatching()).toBe(0);
  expect(exchange.durablePoint).toBe(undefined);
  exchange.close();
  expect(framesOf(exchange)).toEqual(['EPOCH_START', 1, 'CLEAN_SHUTDOWN']);
  expect(exchange.durablePoint).toMatchObject({ frame: 3, sequence: 1, cleanShutdown: true });
});

it('says no goodbye after a turn that failed', () => {
  const exchange = start();
  trade(exchange);
  exchange.onClockRead(() => {
    throw new Error('a fault of ours');
  });
  expect(() => exchange.turnMatching()).toThrow('a fault of ours');
  exchange.onClockRead(() => {});
  exchange.close();
  expect(exchange.durablePoint).toMatchObject({ frame: 2, cleanShutdown: false });
  const next = start();
  expect(next.recovered).toMatchObject({ sequence: 1, frames: 2 });
  expect(framesOf(next)).toEqual(['EPOCH_START', 1, 'EPOCH_START']);
  next.close();
});

it('says no goodbye when another thread failed', () => {
  const exchange = start();
  trade(exchange);
  exchange.state.advance(ProcessState.POISONED);
  exchange.state.advance(ProcessState.FINISHING); // as main does it then; an orderly stop comes by CLOSING
  exchange.close();
  expect(exchange.durablePoint).toMatchObject({ frame: 2, cleanShutdown: false });
  const next = start();
  expect(next.recovered).toMatchObject({ sequence: 1, frames: 2 });
  next.close();
});

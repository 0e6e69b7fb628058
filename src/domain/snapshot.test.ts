// Snapshots: the same state gives the same bytes, a restored engine goes on as if it had never stopped, and damage is
// refused by name. Restoring in the middle of long hostile runs is part of fuzz.test.ts.

import { describe, expect, it } from 'vitest';
import { SILENT_LISTENER } from '../sim/testing/silent-listener.ts';
import { CommandType, Reason } from './codes.ts';
import { Command } from './command.ts';
import { Engine } from './engine.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { DEFAULT_INSTRUMENTS } from './instrument.ts';
import type { EngineListener } from './listener.ts';
import { stateHash } from './state-hash.ts';

function filled(): Exchange {
  const exchange = createExchange();
  for (let i = 0; i < 30; i++) {
    const side = i % 2 === 0 ? 'buy' : 'sell';
    const priceTicks = side === 'buy' ? 100 - (i % 5) : 98 + (i % 7);
    exchange.newOrder({
      clientId: `client-${i % 4}`,
      side,
      priceTicks,
      quantityLots: 5 + i,
      idempotencyKey: `key ${i}`,
    });
  }
  return exchange;
}

/** The bytes with a change, and a checksum that fits them again: what only the checks behind it can find. */
function resealed(bytes: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  change(view);
  const checksum = stateHash(view, copy.length - 16);
  for (let i = 0; i < 16; i++) copy[copy.length - 16 + i] = checksum.charCodeAt(i);
  return copy;
}

describe('engine snapshot', () => {
  it('brings back the state, whatever its memory looked like', () => {
    const { engine } = filled();
    const restored = Engine.fromSnapshot(engine.writeSnapshot(), DEFAULT_INSTRUMENTS, SILENT_LISTENER);
    expect(restored.writeSnapshot()).toEqual(engine.writeSnapshot());
    expect(restored.digest()).toBe(engine.digest());
    expect(restored.digest()).toMatch(/^[0-9a-f]{16}$/);
    expect([restored.sequence, restored.timeUs, restored.lastTradeNumber]).toEqual([
      ...[engine.sequence, engine.timeUs, engine.lastTradeNumber],
    ]);
    expect([restored.openOrders, restored.idempotencyKeys]).toEqual([engine.openOrders, engine.idempotencyKeys]);
  });

  it('has another digest when anything that decides the future is other', () => {
    const { engine } = filled();
    const bytes = engine.writeSnapshot();
    const digests = new Set([engine.digest()]);
    // One digest per changed byte: each byte counts.
    for (let i = 0; i < bytes.length - 16; i += 7) {
      bytes[i] ^= 1;
      digests.add(stateHash(new DataView(bytes.buffer), bytes.length - 16));
      bytes[i] ^= 1;
    }
    expect(digests.size).toBe(1 + Math.ceil((bytes.length - 16) / 7));
  });

  it('gives the same digest however the state was reached', () => {
    const straight = createExchange();
    const roundabout = createExchange();
    for (const exchange of [straight, roundabout]) {
      for (let i = 0; i < 200; i++)
        exchange.newOrder({ clientId: 'a', side: 'buy', priceTicks: 1 + i, quantityLots: 1 });
    }
    // Opposite orders of cancelling leave other free lists, rows and levels behind.
    for (let i = 1; i <= 190; i++) straight.cancel(i);
    for (let i = 190; i >= 1; i--) roundabout.cancel(i);
    for (const exchange of [straight, roundabout]) {
      exchange.newOrder({ clientId: 'a', side: 'sell', priceTicks: 1_000, quantityLots: 1 });
    }
    expect(roundabout.engine.digest()).toBe(straight.engine.digest());
  });

  it('is refused for every cut and every flipped bit', () => {
    const bytes = filled().engine.writeSnapshot();
    for (let length = 0; length < bytes.length; length += 13) {
      expect(() => Engine.fromSnapshot(bytes.slice(0, length), DEFAULT_INSTRUMENTS, SILENT_LISTENER)).toThrow(
        /snapshot/,
      );
    }
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice();
      damaged[i] ^= 1 << (i % 8);
      expect(() => Engine.fromSnapshot(damaged, DEFAULT_INSTRUMENTS, SILENT_LISTENER), `byte ${i}`).toThrow(/snapshot/);
    }
  });

  it.each([
    ['wrong magic', (view: DataView) => view.setUint8(0, 0)],
    ['version is 9', (view: DataView) => view.setUint32(8, 9, true)],
    ['says 5 bytes', (view: DataView) => view.setFloat64(16, 5, true)],
    ['2 instruments', (view: DataView) => view.setUint32(12, 2, true)],
    ['sequence is -1', (view: DataView) => view.setFloat64(24, -1, true)],
    ['30 keys at a limit of 16', (view: DataView) => view.setFloat64(48, 16, true)],
    ['another definition of instrument BTC-USD', (view: DataView) => view.setUint8(96, 3)],
    ['cannot rest', (view: DataView) => view.setFloat64(24, 3, true)],
    ['ends early', (view: DataView) => view.setFloat64(72, 2 ** 20, true)],
  ])('says what is wrong: %s', (message, change) => {
    const bytes = resealed(filled().engine.writeSnapshot(), change);
    expect(() => Engine.fromSnapshot(bytes, DEFAULT_INSTRUMENTS, SILENT_LISTENER)).toThrow(message);
  });

  it('is refused with anything behind it', () => {
    const bytes = filled().engine.writeSnapshot();
    const longer = new Uint8Array(bytes.length + 8);
    longer.set(bytes.subarray(0, bytes.length - 16));
    const sealed = resealed(longer, (view) => view.setFloat64(16, longer.length, true));
    expect(() => Engine.fromSnapshot(sealed, DEFAULT_INSTRUMENTS, SILENT_LISTENER)).toThrow('8 bytes too many');
  });

  it('is refused under other instruments', () => {
    const bytes = filled().engine.writeSnapshot();
    const [bitcoin] = DEFAULT_INSTRUMENTS;
    const other = [{ ...bitcoin, maxPriceTicks: 5 }];
    expect(() => Engine.fromSnapshot(bytes, other, SILENT_LISTENER)).toThrow('another definition');
    expect(() => Engine.fromSnapshot(bytes, [bitcoin, { ...bitcoin, name: 'B' }], SILENT_LISTENER)).toThrow(
      'instruments',
    );
  });

  it('keeps keys and their results', () => {
    const { engine } = filled();
    const replayed: number[] = [];
    const listener: EngineListener = { ...SILENT_LISTENER, onReplayed: (result) => replayed.push(result) };
    const restored = Engine.fromSnapshot(engine.writeSnapshot(), DEFAULT_INSTRUMENTS, listener);
    const command = new Command();
    command.bytes = new TextEncoder().encode('client-2key 6');
    command.clientLength = 8;
    command.keyOffset = 8;
    command.keyLength = 5;
    command.priceTicks = 99;
    command.quantityLots = 11;
    restored.apply(restored.sequence + 1, restored.timeUs, command);
    expect(replayed.map((row) => restored.results.sequence[row])).toEqual([7]);
  });

  it('keeps refusals, which stand though they could be carried out by now', () => {
    const { engine } = filled();
    const cancel = new Command();
    cancel.type = CommandType.CANCEL_ORDER;
    cancel.bytes = new TextEncoder().encode('client-1once');
    cancel.clientLength = 8;
    cancel.keyOffset = 8;
    cancel.keyLength = 4;
    // The order after this cancel: there is none yet.
    cancel.targetOrder = engine.sequence + 2;
    engine.apply(engine.sequence + 1, engine.timeUs, cancel);
    const told: string[] = [];
    const listener: EngineListener = {
      ...SILENT_LISTENER,
      onRefused: (reason, order) => told.push(`${reason} ${order}`),
    };
    const restored = Engine.fromSnapshot(engine.writeSnapshot(), DEFAULT_INSTRUMENTS, listener);
    const order = new Command();
    order.bytes = cancel.bytes;
    order.clientLength = 8;
    order.priceTicks = 1;
    order.quantityLots = 5;
    restored.apply(restored.sequence + 1, restored.timeUs, order);
    const { openOrders } = restored;
    restored.apply(restored.sequence + 1, restored.timeUs, cancel);
    expect(told).toEqual([`${Reason.ORDER_UNKNOWN} -1`]);
    expect(restored.openOrders).toBe(openOrders);
    expect(restored.findOrder(cancel.targetOrder)).toBeGreaterThanOrEqual(0);
  });
});

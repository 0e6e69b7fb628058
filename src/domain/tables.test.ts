// The tables and indexes under the engine, each against the plainest model of itself.

import { describe, expect, it } from 'vitest';
import { Random } from '../sim/testing/random.ts';
import { ClientTable } from './client-table.ts';
import { Side } from './codes.ts';
import { IdempotencyTable } from './idempotency-table.ts';
import { assertInstruments, DEFAULT_INSTRUMENTS } from './instrument.ts';
import { OrderMap } from './order-map.ts';
import { OrderPool } from './order-pool.ts';
import { PriceLevels } from './price-levels.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

describe('order map', () => {
  it.each([
    ['consecutive numbers', (random: Random, last: number) => last + 1 + random.below(3)],
    ['numbers beyond 32 bits', (random: Random, last: number) => last + 2 ** 33 + random.below(100)],
    ['numbers with equal low bits', (_random: Random, last: number) => last + 2 ** 32],
  ])('is a map: %s', (_name, next) => {
    const random = new Random(7);
    const map = new OrderMap();
    const model = new Map<number, number>();
    const keys: number[] = [];
    let last = 1;
    for (let i = 0; i < 20_000; i++) {
      if (random.below(100) < (i % 2_000 < 1_000 ? 70 : 30) || keys.length === 0) {
        last = next(random, last);
        keys.push(last);
        model.set(last, i);
        map.add(last, i);
      } else {
        const [key] = keys.splice(random.below(keys.length), 1);
        model.delete(key);
        map.delete(key);
        expect(map.get(key)).toBe(-1);
      }
      const probe = keys.length === 0 ? 1 : keys[random.below(keys.length)];
      expect(map.get(probe)).toBe(model.get(probe) ?? -1);
      expect(map.size).toBe(model.size);
    }
    for (const key of keys) expect(map.get(key)).toBe(model.get(key));
  });

  it('has nothing under numbers that are no keys', () => {
    const map = new OrderMap();
    for (let key = 1; key <= 7; key++) map.add(key, key);
    for (const none of [0, -0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) expect(map.get(none)).toBe(-1);
  });

  it('stops on a key added twice or deleted twice', () => {
    const map = new OrderMap();
    map.add(5, 0);
    expect(() => map.add(5, 1)).toThrow('absent');
    map.delete(5);
    expect(() => map.delete(5)).toThrow('present');
    expect(() => map.add(0, 1)).toThrow('positive');
  });
});

describe('price levels', () => {
  it.each([
    ['bids, best is highest', Side.BUY, 40],
    ['asks, best is lowest', Side.SELL, 40],
    ['many far apart', Side.SELL, 2 ** 47],
  ])('walk from the best: %s', (_name, side, range) => {
    const random = new Random(3);
    const levels = new PriceLevels(side);
    const model = new Map<number, number>();
    for (let i = 0; i < 6_000; i++) {
      const price = 1 + random.below(range);
      const level = model.get(price);
      if (level === undefined) model.set(price, levels.insert(price));
      else {
        levels.remove(level);
        model.delete(price);
      }
      if (i % 5 === 0 && model.size > 0) {
        const [some] = model.keys();
        levels.remove(levels.find(some));
        model.delete(some);
      }
      expect(levels.find(price)).toBe(model.get(price) ?? -1);
      if (i % 50 > 0) continue;
      const sorted = [...model.keys()].sort((a, b) => (side === Side.BUY ? b - a : a - b));
      expect(Array.from({ length: levels.size }, (_, rank) => levels.priceOf(levels.at(rank)))).toEqual(sorted);
      expect(levels.best()).toBe(sorted.length === 0 ? -1 : model.get(sorted[0]));
    }
  });
});

describe('order pool', () => {
  it('reuses rows and keeps their content when it grows', () => {
    const pool = new OrderPool();
    const rows = Array.from({ length: 500 }, () => pool.take());
    expect(new Set(rows).size).toBe(500);
    rows.forEach((row, i) => {
      pool.orders.number[row] = i + 1;
    });
    for (const row of rows.slice(0, 100)) pool.release(row);
    expect(pool.size).toBe(400);
    const again = Array.from({ length: 100 }, () => pool.take());
    expect([...again].sort((a, b) => a - b)).toEqual(rows.slice(0, 100).sort((a, b) => a - b));
    expect(pool.orders.number[rows[499]]).toBe(500);
  });
});

describe('client table', () => {
  it('gives each id one number, in order of appearance, through growth', () => {
    const table = new ClientTable();
    const ids = Array.from({ length: 5_000 }, (_, i) => `client-${i}-${'x'.repeat(i % 40)}`);
    ids.forEach((id, i) => {
      const bytes = encoder.encode(`__${id}`);
      expect(table.find(bytes, 2, bytes.length - 2)).toBe(-1);
      expect(table.intern(bytes, 2, bytes.length - 2)).toBe(i);
    });
    const target = new Uint8Array(80);
    ids.forEach((id, i) => {
      const bytes = encoder.encode(id);
      expect(table.intern(bytes, 0, bytes.length)).toBe(i);
      expect(table.find(bytes, 0, bytes.length)).toBe(i);
      expect(decoder.decode(table.bytesOf(i))).toBe(id);
      expect(decoder.decode(target.subarray(3, 3 + table.copyTo(i, target, 3)))).toBe(id);
      expect(table.lengthOf(i)).toBe(bytes.length);
    });
    expect(table.count).toBe(5_000);
  });

  it('refuses ids of no or too many bytes', () => {
    const table = new ClientTable();
    expect(() => table.intern(new Uint8Array(100), 0, 0)).toThrow('1 to 64');
    expect(() => table.intern(new Uint8Array(100), 0, 65)).toThrow('1 to 64');
    expect(() => table.intern(new Uint8Array(10), 5, 6)).toThrow('within its bytes');
    expect(() => table.lengthOf(0)).toThrow('exists');
  });
});

describe('idempotency table', () => {
  it('keeps the newest keys, first in first out, whatever their lengths', () => {
    const random = new Random(11);
    const table = new IdempotencyTable(256);
    const model = new Map<string, number>();
    for (let i = 0; i < 5_000; i++) {
      const client = random.below(3);
      // Long keys come late, so that the ring of key bytes must grow after it has wrapped.
      const key = encoder.encode(`${i}`.padStart(1 + random.below(i < 2_500 ? 8 : 64), '-'));
      if (table.find(client, key, 0, key.length) >= 0) continue;
      const row = table.add(client, key, 0, key.length);
      table.results.sequence[row] = i;
      table.results.updatedUs[row] = i;
      model.set(`${client}/${decoder.decode(key)}`, i);
      if (model.size > 256) {
        const [oldest] = model.keys();
        model.delete(oldest);
      }
      expect(table.size).toBe(model.size);
      expect(table.oldestUs()).toBe([...model.values()][0]);
      if (i % 100 > 0) continue;
      expect(contents(table)).toEqual([...model]);
      for (const [name, sequence] of model) expect(sequenceOf(table, name)).toBe(sequence);
    }
  });

  it('tells keys and clients apart by their bytes', () => {
    const table = new IdempotencyTable();
    const key = encoder.encode('ab');
    table.add(0, key, 0, 2);
    expect(table.find(0, key, 0, 2)).toBeGreaterThanOrEqual(0);
    expect(table.find(1, key, 0, 2)).toBe(-1);
    expect(table.find(0, key, 0, 1)).toBe(-1);
    expect(table.oldestUs()).toBe(0);
    expect(() => table.add(0, key, 0, 0)).toThrow('1 to 64');
    expect(() => new IdempotencyTable(100)).toThrow('power of two');
  });

  function contents(table: IdempotencyTable): [string, number][] {
    return Array.from({ length: table.size }, (_, age) => {
      const row = table.rowAt(age);
      const key = new Uint8Array(64);
      const length = table.copyKeyTo(row, key, 0);
      return [`${table.results.client[row]}/${decoder.decode(key.subarray(0, length))}`, table.results.sequence[row]];
    });
  }

  function sequenceOf(table: IdempotencyTable, name: string): number {
    const [client, text] = name.split('/');
    const key = encoder.encode(text);
    return table.results.sequence[table.find(Number(client), key, 0, key.length)];
  }
});

describe('instruments', () => {
  it('are checked against what the arithmetic can carry', () => {
    const [bitcoin] = DEFAULT_INSTRUMENTS;
    assertInstruments(DEFAULT_INSTRUMENTS);
    expect(() => assertInstruments([])).toThrow('at least one');
    expect(() => assertInstruments([bitcoin, bitcoin])).toThrow('distinct');
    expect(() => assertInstruments([{ ...bitcoin, name: '' }])).toThrow('name');
    expect(() => assertInstruments([{ ...bitcoin, priceScale: 16 }])).toThrow('price scale');
    expect(() => assertInstruments([{ ...bitcoin, quantityScale: 0.5 }])).toThrow('quantity scale');
    expect(() => assertInstruments([{ ...bitcoin, minPriceTicks: 0 }])).toThrow('minimum');
    expect(() => assertInstruments([{ ...bitcoin, maxPriceTicks: 2 ** 48 + 2 }])).toThrow('maximum');
    expect(() => assertInstruments([{ ...bitcoin, maxQuantityLots: 2 ** 51 + 1 }])).toThrow('maximum');
  });
});

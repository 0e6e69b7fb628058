import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClientTable } from './client-table.ts';
import { hashAllAlike } from './testing/hash-all-alike.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

describe('client table', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('gives each id one number, in order of appearance, through growth', () => {
    const table = new ClientTable();
    const ids = Array.from({ length: 5_000 }, (_, i) => `client-${i}-${'x'.repeat(i % 40)}`);
    ids.forEach((id, i) => {
      const bytes = encoder.encode(`__${id}`);
      expect(table.find(bytes, 2, bytes.length - 2)).toBe(-1);
      expect(table.intern(bytes, 2, bytes.length - 2)).toBe(i);
      // One that came before, also while the table is growing.
      const known = encoder.encode(ids[i >> 1]);
      expect(table.find(known, 0, known.length)).toBe(i >> 1);
    });
    const target = new Uint8Array(80);
    ids.forEach((id, i) => {
      const bytes = encoder.encode(id);
      expect(table.intern(bytes, 0, bytes.length)).toBe(i);
      expect(decoder.decode(table.bytesOf(i))).toBe(id);
      expect(decoder.decode(target.subarray(3, 3 + table.copyTo(i, target, 3)))).toBe(id);
      expect(table.lengthOf(i)).toBe(bytes.length);
    });
    expect(table.count).toBe(5_000);
  });

  it('tells ids apart by every byte and by their length', () => {
    // Few different bytes, zeros among them: ids that differ in little, or only in how many zeros they end with.
    const id = fc.array(fc.constantFrom(0, 1, 128, 255), { minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(fc.array(id, { minLength: 1, maxLength: 300 }), (ids) => {
        const table = new ClientTable();
        const model = new Map<string, number>();
        for (const bytes of ids) {
          const name = bytes.join();
          const number = model.get(name) ?? model.size;
          expect(table.find(Uint8Array.from(bytes), 0, bytes.length)).toBe(model.get(name) ?? -1);
          expect(table.intern(Uint8Array.from(bytes), 0, bytes.length)).toBe(number);
          expect([...table.bytesOf(number)]).toEqual(bytes);
          model.set(name, number);
        }
        expect(table.count).toBe(model.size);
      }),
    );
  });

  it('tells ids apart whose hashes are the same, of one length and of several', () => {
    hashAllAlike();
    const table = new ClientTable();
    const ids = ['ann', 'bob', 'anna', 'an', 'annabella', 'annabelle', 'x'.repeat(64), `${'x'.repeat(63)}y`];
    const bytes = ids.map((id) => encoder.encode(id));
    expect(bytes.map((id) => table.intern(id, 0, id.length))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(bytes.map((id) => table.find(id, 0, id.length))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(table.find(encoder.encode('annabellx'), 0, 9)).toBe(-1);
  });

  it('refuses ids of no or too many bytes', () => {
    const table = new ClientTable();
    expect(() => table.intern(new Uint8Array(100), 0, 0)).toThrow('1 to 64');
    expect(() => table.intern(new Uint8Array(100), 0, 65)).toThrow('1 to 64');
    expect(() => table.intern(new Uint8Array(10), 5, 6)).toThrow('within its bytes');
    expect(() => table.lengthOf(0)).toThrow('exists');
  });
});

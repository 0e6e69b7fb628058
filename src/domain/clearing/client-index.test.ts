// Clients' rows by column against a plain map: found again, in canonical order, whatever order they came in.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientIndex } from './client-index.ts';

const pair = fc.tuple(
  fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 5_000 })),
  fc.oneof(fc.nat({ max: 4 }), fc.nat({ max: 127 })),
);

describe('a client index', () => {
  it('finds what was added and nothing else, and visits in order of client, then column', () => {
    const sameKey = ([client, column]: [number, number]) => client * 128 + column;
    fc.assert(
      fc.property(fc.uniqueArray(pair, { selector: sameKey, maxLength: 200 }), pair, (pairs, other) => {
        const index = new ClientIndex();
        pairs.forEach(([client, column], row) => {
          index.add(client, column, row);
        });
        const rows = new Map(pairs.map((key, row) => [sameKey(key), row]));
        for (const [key, row] of rows) expect(index.get(Math.floor(key / 128), key % 128)).toBe(row);
        expect(index.get(other[0], other[1])).toBe(rows.get(sameKey(other)) ?? -1);
        const visited: number[] = [];
        index.forEach((row) => {
          visited.push(row);
        });
        const canonical = [...rows].sort(([a], [b]) => a - b);
        expect(visited).toEqual(canonical.map(([, row]) => row));
        const ofOne: number[] = [];
        index.forEachOf(other[0], (row) => {
          ofOne.push(row);
        });
        expect(ofOne).toEqual(canonical.filter(([key]) => Math.floor(key / 128) === other[0]).map(([, row]) => row));
      }),
      { numRuns: 300 },
    );
  });

  it('knows nothing of clients beyond those it has memory for', () => {
    const index = new ClientIndex();
    expect(index.get(1_000_000, 0)).toBe(-1);
    index.add(1_000_000, 0, 7);
    expect([index.get(1_000_000, 0), index.get(999_999, 0), index.get(1_000_001, 0)]).toEqual([7, -1, -1]);
  });

  it('stops on what is already there', () => {
    const index = new ClientIndex();
    index.add(3, 5, 0);
    expect(() => index.add(3, 5, 1)).toThrow('filled once');
    expect(() => index.add(3, 128, 1)).toThrow('a client, a column, a row');
  });
});

// Arenas: what they hold outlives every growth, small by copy and large in place.

import { expect, it } from 'vitest';
import { Arena } from './arena.ts';

const MIB = 2 ** 20;

/** Marks the first and the last byte of what the arena holds; returns how much that is. */
function mark(arena: Arena, value: number): number {
  arena.bytes[0] = value;
  arena.bytes[arena.bytes.length - 1] = value;
  return arena.bytes.length;
}

/** All bytes that are not 0, by place. */
function marks(arena: Arena): [number, number][] {
  const found: [number, number][] = [];
  arena.bytes.forEach((value, place) => {
    if (value !== 0) found.push([place, value]);
  });
  return found;
}

it('keeps its contents and adds zeros, from its first bytes to far beyond the largest copy', () => {
  const arena = new Arena();
  const expected = new Map<number, number>();
  const sizes = [1, 5_000, 20_000, MIB, MIB + 1, 3 * MIB, 3 * MIB + MIB / 2];
  sizes.forEach((size, i) => {
    arena.reserve(size);
    expect(arena.bytes.length).toBeGreaterThanOrEqual(size);
    expect(marks(arena)).toEqual([...expected].sort(([a], [b]) => a - b));
    const length = mark(arena, i + 1);
    expected.set(0, i + 1).set(length - 1, i + 1);
  });
});

it('shows the same memory as words, integers and bytes', () => {
  const arena = new Arena();
  for (const size of [8, MIB, 2 * MIB, 4 * MIB]) {
    arena.reserve(size);
    expect(arena.words.length * 8).toBe(arena.bytes.length);
    expect(arena.ints.length * 4).toBe(arena.bytes.length);
    const last = arena.words.length - 1;
    arena.words[last] = -2;
    expect([...arena.bytes.slice(-8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0xc0]);
    arena.ints[last * 2 + 1] = 0;
    expect(arena.words[last]).toBe(0);
  }
});

it('grows in place once it is large: an older view shows the same bytes', () => {
  const arena = new Arena();
  const small = arena.bytes;
  arena.reserve(2 * MIB);
  const large = arena.bytes;
  arena.reserve(5 * MIB);
  const larger = arena.bytes;
  arena.reserve(12 * MIB);
  arena.bytes[7] = 9;
  expect([small[7], large[7], larger[7]]).toEqual([0, 9, 9]);
  expect(arena.bytes.length).toBeGreaterThanOrEqual(12 * MIB);
});

it('grows by half again at least, and not when there is room', () => {
  const arena = new Arena();
  arena.reserve(4 * MIB);
  const { bytes } = arena;
  arena.reserve(bytes.length);
  expect(arena.bytes).toBe(bytes);
  arena.reserve(bytes.length + 1);
  expect(arena.bytes.length).toBe(bytes.length * 1.5);
});

it('stops at more than 4 GiB, and stays as it was', () => {
  const arena = new Arena();
  arena.bytes[3] = 7;
  const { bytes } = arena;
  expect(() => arena.reserve(2 ** 32 + 1)).toThrow('4 GiB');
  expect(arena.bytes).toBe(bytes);
  expect(marks(arena)).toEqual([[3, 7]]);
});

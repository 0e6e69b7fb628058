// Public ids: round trip, layout, order, and how rarely a made-up id passes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../sim/testing/random.ts';
import { ID_NUMBER_LIMIT, IdKind, PublicIds } from './public-id.ts';

const ids = new PublicIds(0x12345678, 0xfedcba98);
const encoder = new TextEncoder();

const kinds = fc.constantFrom(IdKind.ORDER, IdKind.TRADE);
const numbers = fc.oneof(
  fc.integer({ min: 0, max: ID_NUMBER_LIMIT - 1 }),
  fc.nat(1_000_000),
  fc.constantFrom(0, 1, 2 ** 28 - 1, 2 ** 28, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 42, ID_NUMBER_LIMIT - 1),
);
const times = fc.oneof(
  fc.maxSafeNat(),
  fc.integer({ min: 1_700_000_000_000_000, max: 1_900_000_000_000_000 }),
  fc.constantFrom(0, Number.MAX_SAFE_INTEGER),
);
const keys = fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff));

function decode(from: PublicIds, kind: IdKind, text: string): number {
  const bytes = encoder.encode(`xx${text}yy`);
  return from.decode(kind, bytes, 2, bytes.length - 2);
}

describe('PublicIds', () => {
  it('comes back with its number, as a UUID of version 8 with its time first', () => {
    fc.assert(
      fc.property(keys, kinds, numbers, times, fc.nat(63), ([high, low], kind, number, timeUs, shard) => {
        const own = new PublicIds(high, low, shard);
        const text = own.toString(kind, number, timeUs);
        expect(text).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(Number.parseInt(text.replaceAll('-', '').slice(0, 12), 16)).toBe(Math.floor(timeUs / 1_000));
        expect(decode(own, kind, text)).toBe(number);
        expect(decode(own, kind, text.toUpperCase())).toBe(number);
        const other = kind === IdKind.ORDER ? IdKind.TRADE : IdKind.ORDER;
        expect(decode(own, other, text)).toBe(-1);
        expect(decode(new PublicIds(high, low, (shard + 1) % 64), kind, text)).toBe(-1);
      }),
      { numRuns: 3_000 },
    );
  });

  it('keeps the layout that WIRE.md states', () => {
    const text = ids.toString(IdKind.TRADE, 0x2bcd_ef01_2345, 0x0123_4567_89ab * 1_000 + 999);
    // time 01234567 89ab, version 8, kind 2 and shard 0 and the number's top four bits, variant with 14 bits, 28 bits.
    expect(text.slice(0, 28)).toBe('01234567-89ab-880a-bcde-f012');
    expect(text.slice(28, 31)).toBe('345');
  });

  it('sorts by time, then by number', () => {
    fc.assert(
      fc.property(kinds, numbers, numbers, times, times, (kind, a, b, timeA, timeB) => {
        const order = Math.floor(timeA / 1_000) - Math.floor(timeB / 1_000) || a - b;
        const textA = ids.toString(kind, a, timeA);
        const textB = ids.toString(kind, b, timeB);
        expect(textA < textB ? -1 : textA > textB ? 1 : 0).toBe(Math.sign(order));
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses every change of a single character', () => {
    fc.assert(
      fc.property(keys, kinds, numbers, times, ([high, low], kind, number, timeUs) => {
        const own = new PublicIds(high, low);
        const text = own.toString(kind, number, timeUs);
        for (let i = 0; i < text.length; i++) {
          for (const character of '0123456789abcdef-gG ') {
            if (character === text[i]) continue;
            expect(decode(own, kind, text.slice(0, i) + character + text.slice(i + 1))).toBe(-1);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('refuses other lengths', () => {
    const text = ids.toString(IdKind.ORDER, 7, 1_000_000);
    for (const wrong of ['', text.slice(1), `${text}0`, text.replaceAll('-', ''), `{${text}}`]) {
      expect(decode(ids, IdKind.ORDER, wrong)).toBe(-1);
    }
  });

  it('lets about one in a million through of ids made up or of another key', () => {
    // 2^-20 each; a hundred thousand of each sort give 0.2 on average, and more than four once in a hundred thousand runs.
    let accepted = 0;
    const source = new Random(12_345);
    const random = () => source.below(2 ** 32);
    const text = new Uint8Array(36);
    for (let i = 0; i < 100_000; i++) {
      new PublicIds(random(), random()).write(text, 0, IdKind.ORDER, i, 1_777_000_000_000_000 + i * 1_000);
      if (ids.decode(IdKind.ORDER, text, 0, 36) >= 0) accepted++;
      ids.write(text, 0, IdKind.ORDER, i, 1_777_000_000_000_000 + i * 1_000);
      const digits = random().toString(16).padStart(8, '0');
      for (let digit = 0; digit < 5; digit++) text[31 + digit] = digits.charCodeAt(digit);
      if (ids.decode(IdKind.ORDER, text, 0, 36) >= 0) accepted++;
    }
    expect(accepted).toBeLessThanOrEqual(4);
  });

  it('spreads its check bits over neighbouring numbers', () => {
    const seen = new Set<string>();
    for (let number = 0; number < 10_000; number++) seen.add(ids.toString(IdKind.ORDER, number, 5_000_000).slice(31));
    // Drawn at random, 10,000 of 2^20 values would give about 9,952 different ones.
    expect(seen.size).toBeGreaterThan(9_700);
  });

  it('asserts on numbers it cannot carry', () => {
    const bytes = new Uint8Array(36);
    expect(() => ids.write(bytes, 0, IdKind.ORDER, ID_NUMBER_LIMIT, 0)).toThrow('46 bits');
    expect(() => ids.write(bytes, 0, IdKind.ORDER, Number.NaN, 0)).toThrow('46 bits');
  });
});

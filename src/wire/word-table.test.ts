// The word table finds its words and nothing else.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WordTable } from './word-table.ts';

it('finds what an array finds, also among words that hash alike', () => {
  // Few letters and lengths: most words share length, first and last byte.
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 6 });
  fc.assert(
    fc.property(fc.uniqueArray(word, { maxLength: 120 }), fc.array(word), (words, others) => {
      const table = new WordTable(words);
      for (const asked of [...words, ...others]) {
        const bytes = new TextEncoder().encode(`<${asked}>`);
        const expected = asked === '' ? -1 : words.indexOf(asked);
        expect(table.find(bytes, 1, bytes.length - 1)).toBe(expected);
      }
    }),
  );
});

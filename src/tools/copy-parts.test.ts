import { expect, it } from 'vitest';
import { CopyBuffer } from '../ledger/copy-buffer.ts';
import { copyParts } from './copy-parts.ts';

/** Rows of a number, a text and nothing. */
function copyOf(numbers: readonly number[]): Buffer {
  const copy = new CopyBuffer();
  for (const number of numbers) {
    copy.beginRow(3, 100);
    copy.putBigint(number);
    copy.putText(Buffer.from('x'.repeat(number)), 0, number);
    copy.putNull();
  }
  return Buffer.from(copy.finished());
}

it('cuts between rows, as evenly as can be, and each part is a COPY of its own', () => {
  expect(copyParts(copyOf([1, 2, 3, 4, 5]), 2)).toEqual([copyOf([1, 2, 3]), copyOf([4, 5])]);
  expect(copyParts(copyOf([7, 0, 9]), 3)).toEqual([copyOf([7]), copyOf([0]), copyOf([9])]);
});

it('leaves parts empty when there are too few rows', () => {
  expect(copyParts(copyOf([]), 2)).toEqual([copyOf([]), copyOf([])]);
  const parts = copyParts(copyOf([4]), 3);
  expect(parts.filter((part) => part.length > copyOf([]).length)).toEqual([copyOf([4])]);
});

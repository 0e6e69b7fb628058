import { expect, it } from 'vitest';
import { medianShare, shares, shareText } from './turns.ts';

const PAIRED = { reference: [100, 200, 50], subject: [50, 150, 50] };

it('holds each round against its own reference', () => {
  expect(shares(PAIRED)).toEqual([0.5, 0.75, 1]);
  expect(medianShare(PAIRED)).toBe(0.75);
});

it('says medians, the share and those of the rounds', () => {
  expect(shareText(PAIRED)).toBe(
    'median    bare 100/s, ringbook 50/s\nringbook reaches 75.0 % of the bare server (by round: 50.0 %, 75.0 %, 100.0 %)\n',
  );
});

// What `-e` says is read whole or not at all.

import { describe, expect, it } from 'vitest';
import { choiceOf, countOf, secondsOf, textOf } from './environment.ts';

describe('environment', () => {
  it('falls back for what is missing or empty', () => {
    expect(textOf({}, 'A', 'x')).toBe('x');
    expect(textOf({ A: '' }, 'A', 'x')).toBe('x');
    expect(countOf({}, 'A', 7)).toBe(7);
    expect(secondsOf({}, 'A', '2m')).toBe(120);
    expect(choiceOf({}, 'A', ['rate', 'vus'])).toBe('rate');
  });

  it('reads whole numbers, durations and choices', () => {
    expect(countOf({ A: '2000' }, 'A', 7)).toBe(2000);
    expect(countOf({ A: '0' }, 'A', 7)).toBe(0);
    expect(secondsOf({ A: '90s' }, 'A', '1s')).toBe(90);
    expect(secondsOf({ A: '1h2m3s' }, 'A', '1s')).toBe(3723);
    expect(choiceOf({ A: 'vus' }, 'A', ['rate', 'vus'])).toBe('vus');
  });

  it.each(['-1', '1.5', '2k', '1e3', ' 1', '12345678901'])('takes %j for no whole number', (text) => {
    expect(() => countOf({ A: text }, 'A', 7)).toThrow('A must be a whole number');
  });

  it.each(['60', '0s', '1.5m', '3s1m', 'ms', '500ms'])('takes %j for no duration', (text) => {
    expect(() => secondsOf({ A: text }, 'A', '1s')).toThrow('A must be');
  });

  it('takes no other choice', () => {
    expect(() => choiceOf({ A: 'RATE' }, 'A', ['rate', 'vus'])).toThrow('A must be one of rate, vus, not RATE');
  });
});

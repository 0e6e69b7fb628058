// Chains of a subscriber: what is whole passes, and each way to break one is noticed.

import { describe, expect, it } from 'vitest';
import { WS_EXAMPLES } from '../../src/wire/ws-examples.ts';
import { ChainError, ChannelCheck } from './channel-check.ts';

const SNAPSHOT = { type: 'snapshot', channel: 'level2', instrument: 'BTC-USD', sequence: 10, bids: [], asks: [] };

function update(sequence: number, previous: number, more = {}) {
  return { type: 'l2update', channel: 'level2', instrument: 'BTC-USD', sequence, prev_sequence: previous, ...more };
}

/** A check that has had all but the last, and what the last is taken for. */
function tell(...messages: readonly object[]): string {
  const check = new ChannelCheck();
  return messages.map((message) => check.receive(JSON.stringify(message))).at(-1) ?? '';
}

describe('channel check', () => {
  it('takes a snapshot and what follows it', () => {
    expect(tell(SNAPSHOT, update(12, 9), update(15, 12), update(16, 15))).toBe('update');
  });

  it('takes what lies before the snapshot only right behind it', () => {
    expect(tell(SNAPSHOT, update(9, 8), update(10, 9), update(11, 10))).toBe('update');
    expect(() => tell(SNAPSHOT, update(11, 10), update(10, 9))).toThrow('10 says it follows 9, known is 11');
  });

  it('takes long messages in parts', () => {
    const long = { ...SNAPSHOT, more: true };
    expect(tell(long, long, SNAPSHOT, update(12, 10, { more: true }), update(12, 10), update(13, 12))).toBe('update');
    expect(() => tell(SNAPSHOT, update(12, 10, { more: true }), update(13, 10))).toThrow('12 was never completed');
    expect(() => tell(long, { ...SNAPSHOT, sequence: 11 })).toThrow('10 was never completed');
  });

  it('keeps channels apart', () => {
    const matches = { channel: 'matches' };
    expect(tell(SNAPSHOT, { ...SNAPSHOT, ...matches }, update(12, 10), update(11, 10, matches))).toBe('update');
    const check = new ChannelCheck();
    check.receive(JSON.stringify({ ...SNAPSHOT, more: true }));
    expect(check.begun).toBe(0);
    check.receive(JSON.stringify(SNAPSHOT));
    check.receive(JSON.stringify({ ...SNAPSHOT, ...matches }));
    expect(check.begun).toBe(2);
  });

  it('notices a gap, a repetition, a second snapshot and an update before any', () => {
    expect(() => tell(SNAPSHOT, update(12, 11))).toThrow('12 says it follows 11, known is 10');
    expect(() => tell(SNAPSHOT, update(12, 10), update(14, 13))).toThrow('known is 12');
    expect(() => tell(SNAPSHOT, update(12, 10), update(12, 10))).toThrow(ChainError);
    expect(() => tell(SNAPSHOT, update(12, 10), update(14, 11))).toThrow('14 says it follows 11, known is 12');
    expect(() => tell(SNAPSHOT, SNAPSHOT)).toThrow('a second snapshot');
    expect(() => tell(update(12, 10))).toThrow('before its snapshot');
  });

  it('notices a snapshot that is no book', () => {
    const crossed = { bids: [['70000.00', '1']], asks: [['70000.00', '1']] };
    expect(() => tell({ ...SNAPSHOT, ...crossed })).toThrow('a bid at 70000 and an ask at 70000');
    const unsorted = {
      bids: [
        ['9.00', '1'],
        ['10.00', '1'],
      ],
    };
    expect(() => tell({ ...SNAPSHOT, ...unsorted })).toThrow('not best first');
    expect(() =>
      tell({
        ...SNAPSHOT,
        asks: [
          ['9.00', '1'],
          ['9.00', '1'],
        ],
      }),
    ).toThrow('not best first');
    expect(() => tell({ ...SNAPSHOT, asks: ['9.00'] })).toThrow('not best first');
    expect(
      tell({
        ...SNAPSHOT,
        bids: [
          ['10.00', '1'],
          ['9.00', '1'],
        ],
        asks: [['11.00', '1']],
      }),
    ).toBe('snapshot');
  });

  it('notices an error and what is no message', () => {
    expect(() => tell({ type: 'error', error: { code: 'x' } })).toThrow('{"code":"x"}');
    expect(() => tell({ channel: 'level2' })).toThrow('no message');
    expect(() => new ChannelCheck().receive('{')).toThrow('no message: {');
    expect(() => tell({ ...SNAPSHOT, sequence: '10' })).toThrow('snapshot without a sequence');
    expect(() => tell(SNAPSHOT, { ...update(12, 10), prev_sequence: -1 })).toThrow('strange prev_sequence');
  });

  it('knows every message that the protocol has examples of', () => {
    const told = Object.values(WS_EXAMPLES).flatMap((example) => {
      const { type } = Object.assign({ type: '' }, example);
      return ['subscriptions', 'ticker', 'candle', 'heartbeat', 'resumed', 'conflated', 'pong'].includes(type)
        ? [tell(example)]
        : [];
    });
    expect(new Set(told)).toEqual(new Set(['other']));
    expect(told.length).toBeGreaterThanOrEqual(6);
  });
});

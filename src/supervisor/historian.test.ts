// The queue in front of the history thread: one question at a time, a bounded number, and a thread only while it is needed.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HistoryQuestion } from '../composition/history.ts';
import { Historian, type HistoryListener } from './historian.ts';

const book = (sequence: number) => ({ instrument: 0, levels: 1, sequence });
const answer = (body: string) => ({ status: 200, contentType: 'application/json', body });

/** A thread whose answers a test gives. */
class Stand {
  started = 0;
  ended = 0;
  now = 0;
  durableFrame = 9;
  readonly asked: HistoryQuestion[] = [];
  readonly failures: string[] = [];
  listener: HistoryListener | undefined;
  readonly historian = new Historian({
    startThread: (listener) => {
      this.started++;
      this.listener = listener;
      return { ask: (question) => this.asked.push(question), end: async () => this.ended++ };
    },
    durableFrame: () => this.durableFrame,
    nowSeconds: () => this.now,
    onFailed: ({ message }) => this.failures.push(message),
    idleMs: 1_000,
  });

  async answer(body: string): Promise<void> {
    this.listener?.onAnswer(answer(body));
    await this.turn();
  }

  /** Lets promises that are settled be heard. */
  async turn(): Promise<void> {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }
}

let stand: Stand;
beforeEach(() => {
  vi.useFakeTimers();
  stand = new Stand();
});
afterEach(() => vi.useRealTimers());

describe('the historian', () => {
  test('asks for one book at a time, in order, with the frame that is durable then', async () => {
    const answers = [stand.historian.ask(book(1)), stand.historian.ask(book(2))];
    await stand.turn();
    expect(stand.asked).toEqual([{ ...book(1), throughFrame: 9 }]);
    stand.durableFrame = 12;
    await stand.answer('one');
    expect(stand.asked[1]).toEqual({ ...book(2), throughFrame: 12 });
    await stand.answer('two');
    expect(await Promise.all(answers)).toEqual([answer('one'), answer('two')]);
    expect(stand.started).toBe(1);
  });

  test('lets sixteen wait behind the one at work, and refuses the next', async () => {
    const answers = Array.from({ length: 17 }, (_, i) => stand.historian.ask(book(i)));
    const refusal = { unavailable: 'Too many books of the past are asked for; try again in a moment.' };
    expect(await stand.historian.ask(book(17))).toEqual(refusal);
    for (let i = 0; i < 17; i++) {
      await stand.turn();
      await stand.answer(String(i));
    }
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 17 }, (_, i) => answer(String(i))));
    const again = stand.historian.ask(book(18));
    await stand.turn();
    await stand.answer('again');
    expect(await again).toEqual(answer('again'));
  });

  test('ends the thread when nobody has asked for a while, and starts another when somebody does', async () => {
    const first = stand.historian.ask(book(1));
    await stand.turn();
    await stand.answer('one');
    await first;
    vi.advanceTimersByTime(999);
    expect(stand.ended).toBe(0);
    const second = stand.historian.ask(book(2));
    await stand.turn();
    vi.advanceTimersByTime(5_000);
    expect([stand.started, stand.ended]).toEqual([1, 0]);
    await stand.answer('two');
    await second;
    vi.advanceTimersByTime(1_000);
    expect(stand.ended).toBe(1);
    void stand.historian.ask(book(3));
    await stand.turn();
    expect(stand.started).toBe(2);
  });

  test('a thread that fails takes its question with it, and the next gets a new one', async () => {
    const answers = [stand.historian.ask(book(1)), stand.historian.ask(book(2))];
    await stand.turn();
    stand.listener?.onEnd(new Error('out of memory'));
    await stand.turn();
    expect(await answers[0]).toEqual({ unavailable: 'The book could not be made: out of memory' });
    expect(stand.failures).toEqual(['out of memory']);
    expect(stand.started).toBe(2);
    await stand.answer('two');
    expect(await answers[1]).toEqual(answer('two'));
  });

  test('does no work for who has waited too long', async () => {
    const answers = [stand.historian.ask(book(1)), stand.historian.ask(book(2))];
    await stand.turn();
    stand.now = 51;
    await stand.answer('one');
    expect(await answers[1]).toEqual({ unavailable: 'Other books of the past took too long.' });
    expect(stand.asked).toHaveLength(1);
  });

  test('closed, it tells everyone and ends the thread', async () => {
    const answers = [stand.historian.ask(book(1)), stand.historian.ask(book(2))];
    await stand.turn();
    await stand.historian.close();
    expect(await answers[0]).toEqual({ unavailable: 'The book could not be made: the process is about to end' });
    expect(await answers[1]).toEqual({ unavailable: 'The server is shutting down.' });
    expect([stand.ended, stand.failures]).toEqual([1, []]);
  });
});

// Doorbell: how a thread that found nothing to do sleeps until another thread has something for it.
// The owner arms and waits; any thread rings. Owns one Int32 word on a cache line of its own. Must never carry data: whoever
// rings has committed to a ring before, and the owner looks at its rings, not at the bell.
//
// No wake-up is lost as long as both sides keep their order, for Atomics operations have one order all threads agree on:
//   the ringing thread   1. commits its message   2. looks at the word
//   the owner            1. arms the word         2. looks at its rings once more   3. sleeps while still armed
// If the owner's look (2) missed the message, then the arming (1) was earlier than the ringer's look (2): it rings.
import { assert } from '../assert.ts';
import { CACHE_LINE_BYTES, DOORBELL_ASLEEP, DOORBELL_AWAKE } from './layout.ts';

/** Int32 words from one doorbell to the next: doorbell k is at index `k * DOORBELL_STRIDE_INTS`. */
export const DOORBELL_STRIDE_INTS = CACHE_LINE_BYTES / 4;

/** One thread's bell. Every thread makes its own object over the same word. */
export class Doorbell {
  readonly #words: Int32Array;
  readonly #index: number;

  /** `words` lie over a SharedArrayBuffer; `index` is an index of words, a multiple of DOORBELL_STRIDE_INTS. */
  constructor(words: Int32Array, index: number) {
    assert(words.buffer instanceof SharedArrayBuffer, 'doorbell: its words must lie in a SharedArrayBuffer');
    assert(
      Number.isInteger(index) && index >= 0 && index < words.length && index % DOORBELL_STRIDE_INTS === 0,
      `doorbell: index ${index} is not a multiple of ${DOORBELL_STRIDE_INTS} below ${words.length}`,
    );
    this.#words = words;
    this.#index = index;
  }

  /**
   * Any thread: wakes the owner if it sleeps, and costs one load if it does not. Call it after the commit, once per batch.
   * Of several threads that ring at once, one notifies. Allocates: nothing.
   */
  ring(): void {
    const words = this.#words;
    const index = this.#index;
    // Both pair with the store in arm(), on the owner's thread; the notify with the wait in waitBlocking() or waitAsync().
    if (Atomics.load(words, index) !== DOORBELL_ASLEEP) return;
    if (Atomics.compareExchange(words, index, DOORBELL_ASLEEP, DOORBELL_AWAKE) !== DOORBELL_ASLEEP) return;
    Atomics.notify(words, index);
  }

  /** Owner: says that it is about to sleep. It must look at its rings once more before it waits. Allocates: nothing. */
  arm(): void {
    Atomics.store(this.#words, this.#index, DOORBELL_ASLEEP); // pairs with the load in ring()
  }

  /** Owner: is awake after all, or again. Allocates: nothing. */
  disarm(): void {
    Atomics.store(this.#words, this.#index, DOORBELL_AWAKE); // pairs with the load in ring()
  }

  /** Owner, on a thread that may block: sleeps while still armed, at most `timeoutMs`. Awake afterwards. Allocates: nothing. */
  waitBlocking(timeoutMs: number): void {
    Atomics.wait(this.#words, this.#index, DOORBELL_ASLEEP, timeoutMs); // pairs with the notify in ring()
    this.disarm();
  }

  /**
   * Owner, on an event loop: settles when rung or after `timeoutMs`; undefined when it was rung already. Disarm afterwards.
   * A pending wait does not keep the process alive. Allocates: a promise, and a timer that lives on until `timeoutMs` is over even
   * when the bell rings before: ask for a second or so, or for Infinity, which takes no timer.
   */
  waitAsync(timeoutMs: number): Promise<unknown> | undefined {
    const wait = Atomics.waitAsync(this.#words, this.#index, DOORBELL_ASLEEP, timeoutMs); // pairs with the notify in ring()
    return wait.async ? wait.value : undefined;
  }
}

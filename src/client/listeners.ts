// Typed listeners, by event. One that throws disturbs neither the others nor who tells: its error surfaces as an uncaught
// one of its own.

/** Events by name, each with what its listeners are given. */
type EventMap<E> = { [K in keyof E]: readonly unknown[] };

export class Listeners<E extends EventMap<E>> {
  readonly #byEvent: { [K in keyof E]?: Set<(...values: E[K]) => void> } = {};

  /** Returns the function that takes the listener away again. */
  on<K extends keyof E>(event: K, listener: (...values: E[K]) => void): () => void {
    const listeners = this.#byEvent[event] ?? new Set();
    this.#byEvent[event] = listeners;
    // An entry of its own: the same function may be there twice.
    const entry = (...values: E[K]) => listener(...values);
    listeners.add(entry);
    return () => {
      listeners.delete(entry);
    };
  }

  /** Takes all of them away. */
  clear(): void {
    for (const event in this.#byEvent) this.#byEvent[event]?.clear();
  }

  tell<K extends keyof E>(event: K, ...values: E[K]): void {
    for (const listener of this.#byEvent[event] ?? []) {
      try {
        listener(...values);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

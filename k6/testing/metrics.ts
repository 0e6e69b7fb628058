// Stands in for `k6/metrics` in tests: metrics by name, with all that was added to them.

export const metrics = new Map<string, { readonly type: string; readonly added: number[] }>();

class Metric {
  readonly #added: number[] = [];

  constructor(name: string) {
    metrics.set(name, { type: this.constructor.name, added: this.#added });
  }

  add(value: number): void {
    this.#added.push(value);
  }
}

export class Counter extends Metric {}
export class Trend extends Metric {}

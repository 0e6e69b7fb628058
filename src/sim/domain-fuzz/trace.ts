// What an engine told, as numbers: either engine writes the same numbers for the same events, so that comparing is
// cheap, and only a difference is put into words. narrator.ts and reference-tracer.ts write them. Pure; one trace is used
// for all commands of an engine.

const ORDER_FIELDS = [
  ...['number', 'client', 'instrument', 'side', 'type', 'time in force', 'self-trade', 'flags', 'price', 'quantity'],
  ...['executed', 'prevented', 'display', 'stop price', 'expires', 'notional high', 'notional low', 'status', 'reason'],
  ...['created', 'updated'],
];

/** Each event: its code, then as many numbers as its kind has. */
export const Code = {
  TRADE: 1,
  ORDER: 2,
  REFUSED: 3,
  REFUSED_ORDER: 4,
  REPLAYED: 5,
  REPLAYED_VALUE: 6,
  APPLIED: 7,
  DUE: 8,
};
const KINDS: readonly { readonly name: string; readonly fields: readonly string[] }[] = [
  { name: '', fields: [] },
  {
    name: 'trade',
    fields: [
      ...['trade', 'price', 'quantity', 'maker fee high', 'maker fee low', 'taker fee high', 'taker fee low'],
      ...ORDER_FIELDS.map((field) => `maker ${field}`),
      ...ORDER_FIELDS.map((field) => `taker ${field}`),
    ],
  },
  { name: 'order', fields: ['change', 'delta', ...ORDER_FIELDS] },
  { name: 'refused', fields: ['why'] },
  { name: 'refused, the order being', fields: ['why', ...ORDER_FIELDS] },
  { name: 'replayed', fields: ['sequence', 'first trade', 'trades', ...ORDER_FIELDS] },
  { name: 'replayed', fields: ['sequence', 'value'] },
  { name: 'applied', fields: ['value'] },
  { name: 'obligation', fields: ['cycle', 'client', 'instrument', 'base lots', 'quote high', 'quote low'] },
];

/** Numbers of one command's events. */
export class Trace {
  numbers = new Float64Array(4_096);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  add(value: number): void {
    if (this.length === this.numbers.length) this.grow();
    this.numbers[this.length++] = value;
  }

  private grow(): void {
    const numbers = new Float64Array(this.numbers.length * 2);
    numbers.set(this.numbers);
    this.numbers = numbers;
  }
}

/** True when both say the same. A row's undefined bits are none here: -0 and 0 are equal. */
export function areSame(a: Trace, b: Trace): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a.numbers[i] !== b.numbers[i]) return false;
  }
  return true;
}

/** One event, its numbers by name: those of a trade's orders are `maker price` and so on. */
export interface ToldEvent {
  readonly kind: string;
  readonly values: ReadonlyMap<string, number>;
}

/** The events of a trace. */
export function decode({ numbers, length }: Trace): ToldEvent[] {
  const events: ToldEvent[] = [];
  for (let at = 0; at < length; ) {
    const { name, fields } = KINDS[numbers[at]] ?? { name: `code ${numbers[at]}`, fields: [] };
    const start = at + 1;
    events.push({ kind: name, values: new Map(fields.map((field, i) => [field, numbers[start + i]])) });
    at = start + fields.length;
  }
  return events;
}

/** Events with all their numbers, one line each. */
export function describe(trace: Trace): string[] {
  return decode(trace).map(
    ({ kind, values }) => `${kind}: ${[...values].map(([field, value]) => `${field} ${value}`).join(', ')}`,
  );
}

/** How often each kind of outcome was seen. */
export class OutcomeCounts {
  private readonly counts = new Map<number, number>();

  count({ numbers, length }: Trace): void {
    for (let at = 0; at < length; at += 1 + KINDS[numbers[at]].fields.length) {
      const outcome = outcomeOf(numbers, at);
      this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
    }
  }

  /** By name: `order 1/0` is OrderChange/Reason, `refused 101`, `trade`, `replayed`, `applied`, `obligation`. */
  byName(): Map<string, number> {
    const named = new Map<string, number>();
    for (const [outcome, times] of this.counts) {
      const name = nameOf(outcome);
      named.set(name, (named.get(name) ?? 0) + times);
    }
    return named;
  }
}

const KIND_WEIGHT = 1_000_000;
const CHANGE_WEIGHT = 1_000;

function outcomeOf(numbers: Float64Array, at: number): number {
  const kind = numbers[at];
  if (kind === Code.ORDER) {
    const reason = numbers[at + 3 + ORDER_FIELDS.indexOf('reason')];
    return kind * KIND_WEIGHT + numbers[at + 1] * CHANGE_WEIGHT + reason;
  }
  const isRefused = kind === Code.REFUSED || kind === Code.REFUSED_ORDER;
  return kind * KIND_WEIGHT + (isRefused ? numbers[at + 1] : 0);
}

function nameOf(outcome: number): string {
  const kind = Math.floor(outcome / KIND_WEIGHT);
  const rest = outcome % KIND_WEIGHT;
  if (kind === Code.ORDER) return `order ${Math.floor(rest / CHANGE_WEIGHT)}/${rest % CHANGE_WEIGHT}`;
  if (kind === Code.REFUSED || kind === Code.REFUSED_ORDER) return `refused ${rest}`;
  return KINDS[kind].name;
}

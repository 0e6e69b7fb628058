// For the whole-system tests: clients that trade against each other and remember every request with its outcome.
// Each trader has one connection and one request in flight, so the order of its own outcomes is their order in the engine.
// Every request carries a key, so that it can be sent again.

import { type Answer, Connection } from './http.ts';
import { decimalOf, PRICE_SCALE, QUANTITY_SCALE } from './orders.ts';
import { between } from './random.ts';
import { cancelReplyOf, type Order, orderReplyOf, problemOf } from './replies.ts';

export type RequestKind = 'place' | 'cancel' | 'amend';

export interface Request {
  readonly kind: RequestKind;
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * accepted: 202. refused: the engine's answer, which is final. declined: never executed, and the server said so.
 * unknown: no answer, or one that says so.
 */
export type Outcome = 'accepted' | 'refused' | 'declined' | 'unknown';

export interface Exchange {
  readonly request: Request;
  outcome: Outcome;
  answer: Answer | undefined;
  /** When its answer came, by the stopwatch of this process; undefined without one. */
  answeredAtMs?: number;
  /** Found when it was sent again: it had been executed, and nobody was told. */
  executedUnseen?: boolean;
}

const MID_PRICE_UNITS = 7_000_000;
const PRICE_SPREAD_UNITS = 400;
const QUANTITY_UNITS = 100_000;
const QUANTITY_STEPS = 40;

/** What an answer says about the outcome; undefined for one that good traffic never gets. */
export function outcomeOf(answer: Answer): Outcome | undefined {
  if (answer.status === 202) return 'accepted';
  const { executed, code } = problemOf(answer);
  if (executed === 'unknown') return 'unknown';
  if (code === 'order_closed' || code === 'amend_would_cross' || code === 'amend_invalid') return 'refused';
  if (answer.status === 503 && executed === 'no') return 'declined';
  return undefined;
}

/** The order in an accepted answer. */
export function orderIn(kind: RequestKind, answer: Answer): Order {
  return kind === 'cancel' ? cancelReplyOf(answer).order : orderReplyOf(answer);
}

export class Trader {
  readonly client: string;
  readonly log: Exchange[] = [];
  readonly #random: () => number;
  /** Own orders that may be open still. */
  #open: string[] = [];
  #keys = 0;

  constructor(client: string, random: () => number) {
    this.client = client;
    this.#random = random;
  }

  /** Sends until told to stop, or until the connection breaks. */
  async trade(url: string, go: () => boolean): Promise<void> {
    const connection = new Connection(url);
    try {
      while (go() && (await this.#exchange(connection))) {}
    } finally {
      connection.close();
    }
  }

  /** False: no use to go on. */
  async #exchange(connection: Connection): Promise<boolean> {
    const request = this.#nextRequest();
    const { kind, method, path, body } = request;
    const exchange: Exchange = { request, outcome: 'unknown', answer: undefined };
    this.log.push(exchange);
    const answer = await connection.send(method, path, body).catch(() => undefined);
    if (answer === undefined) return false;
    exchange.answeredAtMs = performance.now();
    const outcome = outcomeOf(answer);
    if (outcome === undefined) throw new Error(`good traffic never gets this: ${answer.status} ${answer.text}`);
    exchange.answer = answer;
    exchange.outcome = outcome;
    if (exchange.outcome === 'accepted') this.#remember(orderIn(kind, answer));
    return exchange.outcome === 'accepted' || exchange.outcome === 'refused';
  }

  #remember(order: Order): void {
    this.#open = this.#open.filter((id) => id !== order.order_id);
    if (order.status === 'open' || order.status === 'partially_filled') this.#open.push(order.order_id);
  }

  #nextRequest(): Request {
    this.#keys += 1;
    const own = { client_id: this.client, idempotency_key: `${this.client}-${this.#keys}` };
    const dice = this.#random();
    const target = this.#open[between(this.#random, 0, this.#open.length - 1)];
    if (target !== undefined && dice < 0.25) {
      return { kind: 'cancel', method: 'POST', path: `/orders/${target}/cancel`, body: own };
    }
    if (target !== undefined && dice < 0.4) {
      return { kind: 'amend', method: 'PATCH', path: `/orders/${target}`, body: { ...own, ...this.#amendment() } };
    }
    return { kind: 'place', method: 'POST', path: '/orders', body: { ...own, ...this.#newOrder() } };
  }

  #newOrder(): Record<string, unknown> {
    const dice = this.#random();
    const side = this.#random() < 0.5 ? 'buy' : 'sell';
    const order = { instrument: 'BTC-USD', side, quantity: this.#quantity() };
    if (dice < 0.08) return { ...order, type: 'market' };
    const limit = { ...order, type: 'limit', price: this.#price() };
    if (dice < 0.2) return { ...limit, time_in_force: 'IOC' };
    return dice < 0.3 ? { ...limit, post_only: true } : limit;
  }

  #amendment(): Record<string, unknown> {
    const dice = this.#random();
    if (dice < 0.4) return { price: this.#price() };
    return dice < 0.8 ? { quantity: this.#quantity() } : { price: this.#price(), quantity: this.#quantity() };
  }

  #price(): string {
    const offset = between(this.#random, -PRICE_SPREAD_UNITS, PRICE_SPREAD_UNITS);
    return decimalOf(BigInt(MID_PRICE_UNITS + offset), PRICE_SCALE);
  }

  #quantity(): string {
    return decimalOf(BigInt(between(this.#random, 1, QUANTITY_STEPS) * QUANTITY_UNITS), QUANTITY_SCALE);
  }
}

export function sendAgain(connection: Connection, { request }: Exchange): Promise<Answer> {
  return connection.send(request.method, request.path, request.body);
}

/** Runs `work` on every item, a few at a time, each worker with a connection of its own. */
export async function overConnections<T>(
  url: string,
  connections: number,
  items: readonly T[],
  work: (connection: Connection, item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async () => {
    const connection = new Connection(url);
    try {
      for (const item of queue) await work(connection, item);
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
}

// The commands of a soak: orders that rest, orders that trade, cancels and amends, each under a key of its own, by some thousand
// clients, with as many orders open as are wanted. A tool's process; pure, the same commands for the same answers.
//
// All sells rest above the middle and all buys below, so that only an order meant to trade does.

import { Random } from '../../sim/testing/random.ts';
import type { IntervalCounts } from './sample.ts';

export interface SoakFlowOptions {
  /** Start of every idempotency key: another one for each run. */
  readonly source: string;
  /** As many orders are kept open. */
  readonly openOrders: number;
  readonly clients: number;
}

interface OpenOrder {
  readonly id: string;
  readonly client: number;
  readonly isSell: boolean;
}

type Kind = 'rest' | 'take' | 'cancel' | 'amend';

export interface SoakCommand {
  readonly kind: Kind;
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly json: string;
  readonly client: number;
  readonly isSell: boolean;
}

/** The count that an answer adds to, of the counts of an interval. */
export type Outcome = keyof IntervalCounts;

const MIDDLE_TICKS = 7_000_000;
/** Where orders rest, in ticks from the middle: most of them near, since the distance is the product of two throws. */
const REST_TICKS = 1_000;
const REACH_TICKS = 2_000;
/** Of a hundred commands; the rest places and cancels, so that the number of open orders stays. */
const TAKES = 12;
const AMENDS = 15;
/** Hundredths: what an order rests with, and what a trading one takes at most. */
const LOTS_MAX = 5;
const ORDER_ID = /"order_id":"([^"]+)"/;
const MAKER_ID = /"maker_order_id":"([^"]+)"/g;
const COUNT_OF: Readonly<Record<Kind, Outcome>> = {
  rest: 'rests',
  take: 'takes',
  cancel: 'cancels',
  amend: 'amends',
};

export class SoakFlow {
  /** In the answers so far. */
  trades = 0;
  readonly #options: SoakFlowOptions;
  readonly #random = new Random(1);
  readonly #open: OpenOrder[] = [];
  readonly #places = new Map<string, number>();
  #resting = 0;
  #sent = 0;

  constructor(options: SoakFlowOptions) {
    this.#options = options;
  }

  next(): SoakCommand {
    const draw = this.#random.below(100);
    const known = this.#open.length;
    if (draw < TAKES) return this.#order('take');
    if (draw < TAKES + AMENDS && known > 0) return this.#amend(this.#open[this.#random.below(known)]);
    if (known + this.#resting < this.#options.openOrders) return this.#order('rest');
    return known > 0 ? this.#cancel(this.#open[this.#random.below(known)]) : this.#order('take');
  }

  /** What a command's answer means, its body read as far as later commands need it. `status` 0: there was none. */
  answered(command: SoakCommand, status: number, body: string): Outcome {
    if (command.kind === 'rest') this.#resting--;
    if (status === 0) return 'lost';
    if (status === 409 && (command.kind === 'cancel' || command.kind === 'amend')) return 'late';
    if (status !== 202) return 'refused';
    if (command.kind === 'rest') this.#remember(ORDER_ID.exec(body)?.[1] ?? '', command);
    if (command.kind === 'take') {
      for (const [, id] of body.matchAll(MAKER_ID)) {
        this.trades++;
        // One that was not eaten whole is at the front and will be by one of the next.
        this.#forget(id);
      }
    }
    return COUNT_OF[command.kind];
  }

  #order(kind: 'rest' | 'take'): SoakCommand {
    const client = this.#random.below(this.#options.clients);
    const isSell = this.#random.below(2) === 0;
    if (kind === 'rest') this.#resting++;
    const price = kind === 'rest' ? this.#restingPrice(isSell) : priceAt(isSell ? -REACH_TICKS : REACH_TICKS);
    const json =
      `${this.#begin(client)},"instrument":"BTC-USD","side":"${isSell ? 'sell' : 'buy'}","type":"limit",` +
      `"time_in_force":"${kind === 'rest' ? 'GTC' : 'IOC'}","price":"${price}","quantity":"${this.#quantity()}"}`;
    return { kind, method: 'POST', path: '/orders', json, client, isSell };
  }

  #amend({ id, client, isSell }: OpenOrder): SoakCommand {
    const change =
      this.#random.below(2) === 0 ? `"price":"${this.#restingPrice(isSell)}"` : `"quantity":"${this.#quantity()}"`;
    const json = `${this.#begin(client)},${change}}`;
    return { kind: 'amend', method: 'PATCH', path: `/orders/${id}`, json, client, isSell };
  }

  #cancel({ id, client, isSell }: OpenOrder): SoakCommand {
    this.#forget(id);
    return {
      kind: 'cancel',
      method: 'POST',
      path: `/orders/${id}/cancel`,
      json: `${this.#begin(client)}}`,
      client,
      isSell,
    };
  }

  #begin(client: number): string {
    this.#sent++;
    return `{"idempotency_key":"${this.#options.source}-${this.#sent}","client_id":"soak-${client}"`;
  }

  #restingPrice(isSell: boolean): string {
    const near = 1 + this.#random.below(1 + this.#random.below(REST_TICKS));
    return priceAt(isSell ? near : -near);
  }

  #quantity(): string {
    return `0.0${1 + this.#random.below(LOTS_MAX)}`;
  }

  #remember(id: string, { client, isSell }: SoakCommand): void {
    this.#places.set(id, this.#open.length);
    this.#open.push({ id, client, isSell });
  }

  /** The last one takes its place. */
  #forget(id: string): void {
    const place = this.#places.get(id);
    const last = this.#open.at(-1);
    if (place === undefined || last === undefined) return;
    this.#open[place] = last;
    this.#places.set(last.id, place);
    this.#open.pop();
    this.#places.delete(id);
  }
}

function priceAt(ticksFromMiddle: number): string {
  const ticks = MIDDLE_TICKS + ticksFromMiddle;
  return `${Math.floor(ticks / 100)}.${String(ticks % 100).padStart(2, '0')}`;
}

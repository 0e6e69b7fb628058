// What a subscriber of `/ws` can check without knowing the book: that each sequenced channel begins with a whole snapshot, and that
// each message names the one before. Pure. src/wire/WEBSOCKET.md is the protocol.

import { jsonOf, valueIn } from './requests.ts';

export type Told = 'snapshot' | 'update' | 'other';

interface Parts {
  readonly type: string;
  readonly sequence: number;
  readonly previous: number | undefined;
}

/** Why the run fails. */
export class ChainError extends Error {
  override readonly name = 'ChainError';
}

/** One socket's channels. */
export class ChannelCheck {
  readonly #chains = new Map<string, Chain>();

  /** Channels whose snapshot has come. */
  get begun(): number {
    return [...this.#chains.values()].filter(({ isLive }) => isLive).length;
  }

  /** Throws ChainError for a gap, a repetition, an error of the server and for what makes no sense. */
  receive(text: unknown): Told {
    const message = jsonOf(text);
    const type = valueIn(message, 'type');
    if (typeof type !== 'string') throw new ChainError(`no message: ${String(text).slice(0, 200)}`);
    if (type === 'error') throw new ChainError(`the server says ${JSON.stringify(valueIn(message, 'error'))}`);
    const sequence = valueIn(message, 'sequence');
    const previous = valueIn(message, 'prev_sequence');
    if (type !== 'snapshot' && previous === undefined) return 'other';
    if (!isSequence(sequence)) throw new ChainError(`${type} without a sequence`);
    const isLast = valueIn(message, 'more') !== true;
    const chain = this.#chainOf(message);
    if (type === 'snapshot') chain.begin(sequence, isLast, message);
    else if (isSequence(previous)) chain.follow({ type, sequence, previous }, isLast);
    else throw new ChainError(`${type} of ${chain.name} at ${sequence} has a strange prev_sequence`);
    return type === 'snapshot' ? 'snapshot' : 'update';
  }

  #chainOf(message: unknown): Chain {
    const name = `${valueIn(message, 'channel')} of ${valueIn(message, 'instrument') ?? valueIn(message, 'client_id')}`;
    const known = this.#chains.get(name);
    if (known !== undefined) return known;
    const chain = new Chain(name);
    this.#chains.set(name, chain);
    return chain;
  }
}

/** One channel of one instrument. */
class Chain {
  readonly name: string;
  #sequence: number | undefined;
  /** Of a snapshot or a command whose last part has not come. */
  #parts: Parts | undefined;
  /** Nothing has come since the snapshot: what comes may lie before it. */
  #isFresh = false;

  constructor(name: string) {
    this.name = name;
  }

  get isLive(): boolean {
    return this.#sequence !== undefined;
  }

  begin(sequence: number, isLast: boolean, message: unknown): void {
    if (this.isLive) throw new ChainError(`a second snapshot of ${this.name} at ${sequence}`);
    this.#join({ type: 'snapshot', sequence, previous: undefined });
    checkLevels(this.name, valueIn(message, 'bids'), valueIn(message, 'asks'));
    if (!isLast) return;
    this.#parts = undefined;
    this.#sequence = sequence;
    this.#isFresh = true;
  }

  follow(part: { type: string; sequence: number; previous: number }, isLast: boolean): void {
    const known = this.#sequence;
    if (known === undefined)
      throw new ChainError(`${part.type} of ${this.name} at ${part.sequence} before its snapshot`);
    if (this.#isFresh && part.sequence <= known) return;
    const isNext = this.#isFresh ? part.previous <= known : part.previous === known;
    if (!isNext || part.sequence <= known) {
      throw new ChainError(`${this.name}: ${part.sequence} says it follows ${part.previous}, known is ${known}`);
    }
    this.#join(part);
    if (!isLast) return;
    this.#parts = undefined;
    this.#sequence = part.sequence;
    this.#isFresh = false;
  }

  /** All parts of one message are alike. */
  #join(part: Parts): void {
    const begun = this.#parts;
    const isAlike = begun?.type === part.type && begun.sequence === part.sequence && begun.previous === part.previous;
    if (begun !== undefined && !isAlike) throw new ChainError(`${this.name}: ${begun.sequence} was never completed`);
    this.#parts = part;
  }
}

/** Best first, and no price twice. A part of a long snapshot may lack either side. */
function checkLevels(name: string, bids: unknown, asks: unknown): void {
  const [bestBid] = pricesOf(name, bids, -1);
  const [bestAsk] = pricesOf(name, asks, 1);
  if (bestBid !== undefined && bestAsk !== undefined && bestBid >= bestAsk) {
    throw new ChainError(`${name}: the snapshot has a bid at ${bestBid} and an ask at ${bestAsk}`);
  }
}

function pricesOf(name: string, levels: unknown, direction: 1 | -1): number[] {
  if (!Array.isArray(levels)) return [];
  const prices = levels.map((level: unknown) => Number(Array.isArray(level) ? level[0] : undefined));
  const isSorted = prices.every((price, i) => price > 0 && (i === 0 || (price - (prices[i - 1] ?? 0)) * direction > 0));
  if (!isSorted) throw new ChainError(`${name}: the levels of the snapshot are not best first`);
  return prices;
}

function isSequence(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

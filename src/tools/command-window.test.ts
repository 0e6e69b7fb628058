// Commands under way at once may overtake each other in any order: the outcome stays that of one by one.

import { describe, expect, it } from 'vitest';
import { Random } from '../sim/testing/random.ts';
import { type Admitted, type CommandResult, CommandWindow } from './command-window.ts';
import type { RecordedCommand, RecordedSide } from './recorded-flow.ts';

interface Resting {
  readonly orderId: string;
  lots: number;
}

/** Price-time matching in its plainest form. */
class PlainBook {
  readonly log: string[] = [];
  readonly #queues = { B: new Map<number, Resting[]>(), S: new Map<number, Resting[]>() };
  readonly #where = new Map<string, Resting[]>();

  execute(command: RecordedCommand): CommandResult {
    if (command.kind === 'cancel') return this.#cancel(command.orderId, command.seq);
    const { side, orderId, postOnly, immediate, market, priceTicks } = command;
    const fills: { makerOrderId: string; quantityLots: number }[] = [];
    let lots = command.quantityLots;
    for (const price of this.#prices(side === 'B' ? 'S' : 'B')) {
      if (!market && (side === 'B' ? price > priceTicks : price < priceTicks)) break;
      if (postOnly) {
        this.log.push(`${orderId} rejected`);
        return { restingLots: 0, fills };
      }
      const queue = this.#queues[side === 'B' ? 'S' : 'B'].get(price) ?? [];
      while (lots > 0 && queue.length > 0) {
        const [maker] = queue;
        const traded = Math.min(lots, maker.lots);
        lots -= traded;
        maker.lots -= traded;
        if (maker.lots === 0) queue.shift();
        fills.push({ makerOrderId: maker.orderId, quantityLots: traded });
        this.log.push(`${orderId} takes ${traded} of ${maker.orderId} at ${price}`);
      }
    }
    if (immediate) lots = 0;
    if (lots > 0) this.#rest(side, priceTicks, { orderId, lots });
    return { restingLots: lots, fills };
  }

  state(): string {
    const show = (side: RecordedSide): string[] =>
      this.#prices(side).map((price) => `${side} ${price} ${JSON.stringify(this.#queues[side].get(price))}`);
    return [...show('B'), ...show('S')].join('\n');
  }

  /** Best first; of non-empty queues. */
  #prices(side: RecordedSide): number[] {
    const prices = [...this.#queues[side]].filter(([, queue]) => queue.length > 0).map(([price]) => price);
    return prices.sort((a, b) => (side === 'B' ? b - a : a - b));
  }

  #rest(side: RecordedSide, price: number, resting: Resting): void {
    const queue = this.#queues[side].get(price) ?? [];
    this.#queues[side].set(price, queue);
    queue.push(resting);
    this.#where.set(resting.orderId, queue);
  }

  #cancel(orderId: string, seq: number): CommandResult {
    const queue = this.#where.get(orderId) ?? [];
    const index = queue.findIndex((resting) => resting.orderId === orderId);
    if (index >= 0) queue.splice(index, 1);
    this.log.push(`cancel ${seq} of ${orderId} ${index >= 0 ? 'took it' : 'found it closed'}`);
    return { restingLots: 0, fills: [] };
  }
}

/** Few prices, so that everything meets everything. */
function randomFlow(seed: number, length: number): RecordedCommand[] {
  const random = new Random(seed);
  const placed: string[] = [];
  return Array.from({ length }, (_, i): RecordedCommand => {
    const seq = i + 1;
    if (placed.length > 0 && random.below(3) === 0) {
      const recent = Math.max(0, placed.length - 1 - random.below(12));
      return { kind: 'cancel', seq, orderId: placed[recent], client: 'c' };
    }
    const market = random.below(20) === 0;
    const immediate = market || random.below(20) === 0;
    const orderId = `o${seq}`;
    placed.push(orderId);
    const side = random.below(2) === 0 ? 'B' : 'S';
    const priceTicks = market ? 0 : 100 + random.below(8) + (side === 'S' ? 3 : 0);
    const postOnly = !immediate && random.below(2) === 0;
    return {
      kind: 'order',
      seq,
      orderId,
      client: 'c',
      side,
      market,
      immediate,
      postOnly,
      priceTicks,
      quantityLots: 1 + random.below(5),
    };
  });
}

/** Executes what is under way in any order, and lets the replies come in any order too. */
function scrambled(commands: readonly RecordedCommand[], size: number, seed: number) {
  const random = new Random(seed);
  const window = new CommandWindow(size);
  const book = new PlainBook();
  const sent: Admitted[] = [];
  const answered: { admitted: Admitted; result: CommandResult }[] = [];
  let next = 0;
  let most = 0;
  for (let done = 0; done < commands.length; ) {
    while (next < commands.length && window.admit(commands[next])) next++;
    for (let ready = window.takeReady(); ready !== undefined; ready = window.takeReady()) sent.push(ready);
    most = Math.max(most, sent.length + answered.length);
    expect(sent.length + answered.length).toBeGreaterThan(0);
    if (sent.length > 0 && (answered.length === 0 || random.below(2) === 0)) {
      const [admitted] = sent.splice(random.below(sent.length), 1);
      answered.push({ admitted, result: book.execute(admitted.command) });
    } else {
      const [{ admitted, result }] = answered.splice(random.below(answered.length), 1);
      window.finish(admitted, result);
      done++;
    }
  }
  return { book, most };
}

describe('the command window', () => {
  it('leaves the same fills, rejections and queues, however commands under way overtake each other', () => {
    let most = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const commands = randomFlow(seed, 250);
      const inOrder = new PlainBook();
      for (const command of commands) inOrder.execute(command);
      const outcome = scrambled(commands, 1 + (seed % 32), seed * 7919);
      expect(outcome.book.state()).toBe(inOrder.state());
      expect([...outcome.book.log].sort()).toEqual([...inOrder.log].sort());
      const trades = (log: readonly string[]): string[] => log.filter((line) => line.includes('takes'));
      expect(trades(outcome.book.log)).toEqual(trades(inOrder.log));
      most = Math.max(most, outcome.most);
    }
    expect(most).toBeGreaterThan(8);
  });

  it('sends one by one with a size of 1', () => {
    expect(scrambled(randomFlow(1, 200), 1, 1).most).toBe(1);
  });
});

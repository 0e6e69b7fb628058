// A history of one instrument, drawn by chance: orders that rest, trade, change and go, kept the slow and obvious way, and
// what each command's messages say. The reference that books of the client are held to; shares no code with them.

import type { Random } from '../../sim/testing/random.ts';
import type { DisplayedChange, FullTrade, LevelChange, LevelText, OrderText, PublicTrade, Side } from '../messages.ts';

/** The market after one command. */
export interface Step {
  readonly sequence: number;
  readonly changes: readonly LevelChange[];
  readonly events: readonly (DisplayedChange | FullTrade)[];
  readonly trades: readonly PublicTrade[];
  readonly bids: readonly LevelText[];
  readonly asks: readonly LevelText[];
  /** Each level in priority order. */
  readonly orders: readonly OrderText[];
  readonly checksum: string;
}

interface Resting {
  readonly id: string;
  readonly side: Side;
  readonly ticks: number;
  lots: number;
}

const SCALE = 100;

/** Steps 0 (the empty market, sequence 0) to `steps`. */
export function drawMarket(random: Random, steps: number): Step[] {
  const market = new DrawnMarket(random);
  return Array.from({ length: steps + 1 }, (_, n) => market.step(n > 0));
}

class DrawnMarket {
  readonly #random: Random;
  /** In the order in which each came to stand where it does. */
  readonly #orders: Resting[] = [];
  #events: (DisplayedChange | FullTrade)[] = [];
  #sequence = 0;
  #numbers = 0;
  #levels = new Map<string, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** One command; a first step without one. Commands of other instruments lie between. */
  step(command: boolean): Step {
    this.#events = [];
    if (command) {
      this.#sequence += 1 + this.#random.below(3);
      do this.#draw();
      while (this.#random.below(3) === 0);
    }
    const before = this.#levels;
    this.#levels = this.#sum();
    const trades = this.#events.flatMap((event) => (event.change === 'trade' ? [withoutChange(event)] : []));
    const bids = this.#side('buy').sort((a, b) => Number(b[0]) - Number(a[0]));
    const asks = this.#side('sell').sort((a, b) => Number(a[0]) - Number(b[0]));
    return {
      sequence: this.#sequence,
      changes: changesBetween(before, this.#levels),
      events: this.#events,
      trades,
      bids,
      asks,
      orders: this.#orders.map(({ id, side, ticks, lots }) => [id, side, text(ticks), text(lots)] as const),
      checksum: wholeChecksum(bids, asks),
    };
  }

  #draw(): void {
    const choice = this.#random.below(10);
    const order = this.#orders.length > 0 ? this.#random.pick(this.#orders) : undefined;
    if (order === undefined || choice < 5) this.#rest();
    else if (choice < 7) this.#trade(order);
    else if (choice === 7) this.#change(order, 'cancelled', -order.lots);
    else if (choice === 8 && order.lots > 1) this.#change(order, 'amended', -1 - this.#random.below(order.lots - 1));
    else this.#replenish(order);
  }

  #rest(): void {
    const side = this.#random.pick<Side>(['buy', 'sell']);
    const ticks = side === 'buy' ? 9_980 + this.#random.below(20) : 10_000 + this.#random.below(20);
    const order = { id: `order-${++this.#numbers}`, side, ticks, lots: 0 };
    this.#orders.push(order);
    this.#change(order, 'rested', 1 + this.#random.below(500));
  }

  #trade(order: Resting): void {
    const lots = 1 + this.#random.below(order.lots);
    this.#events.push({
      change: 'trade',
      trade_id: `trade-${++this.#numbers}`,
      maker_order_id: order.id,
      taker_order_id: `taker-${this.#numbers}`,
      side: order.side === 'buy' ? 'sell' : 'buy',
      price: text(order.ticks),
      quantity: text(lots),
    });
    this.#change(order, 'filled', -lots);
  }

  /** To the end of its level, with more than before. */
  #replenish(order: Resting): void {
    this.#orders.push(...this.#orders.splice(this.#orders.indexOf(order), 1));
    this.#change(order, 'replenished', 1 + this.#random.below(50));
  }

  #change(order: Resting, change: DisplayedChange['change'], lots: number): void {
    const { id, side, ticks } = order;
    order.lots += lots;
    const delta = `${lots < 0 ? '-' : ''}${text(Math.abs(lots))}`;
    this.#events.push({ change, order_id: id, side, price: text(ticks), delta });
    if (order.lots === 0) this.#orders.splice(this.#orders.indexOf(order), 1);
  }

  #sum(): Map<string, number> {
    const levels = new Map<string, number>();
    for (const { side, ticks, lots } of this.#orders) {
      const key = `${side} ${text(ticks)}`;
      levels.set(key, (levels.get(key) ?? 0) + lots);
    }
    return levels;
  }

  #side(side: Side): LevelText[] {
    return [...this.#levels]
      .filter(([key]) => key.startsWith(side))
      .map(([key, lots]) => [key.slice(side.length + 1), text(lots)] as const);
  }
}

/** What turns one state of the levels into another. */
function changesBetween(before: Map<string, number>, after: Map<string, number>): LevelChange[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys]
    .filter((key) => before.get(key) !== after.get(key))
    .map((key) => {
      const price = key.slice(key.indexOf(' ') + 1);
      return [key.startsWith('buy') ? 'buy' : 'sell', price, text(after.get(key) ?? 0)] as const;
    });
}

/** The changes of several steps in one: each level's last. */
export function mergedChanges(steps: readonly Step[]): LevelChange[] {
  const last = new Map<string, LevelChange>();
  for (const { changes } of steps) for (const change of changes) last.set(`${change[0]} ${change[1]}`, change);
  return [...last.values()];
}

function withoutChange({ change: _, ...trade }: FullTrade): PublicTrade {
  return trade;
}

function text(units: number): string {
  return (units / SCALE).toFixed(2);
}

/** The checksum as WEBSOCKET.md states it, over whole numbers without bounds. */
export function wholeChecksum(bids: readonly LevelText[], asks: readonly LevelText[]): string {
  const word = 2n ** 32n;
  const lane = (seed: bigint) => {
    let sum = 0n;
    for (const [levels, side] of [
      [bids, 1n],
      [asks, 2n],
    ] as const) {
      for (const [price, quantity] of levels) {
        const units = [price, quantity].map((decimal) => BigInt(decimal.replace('.', '')));
        let h = seed ^ side;
        for (const w of units.flatMap((n) => [n % word, n / word])) {
          h = ((h ^ w) * 0x85ebca6bn) % word;
          h ^= h >> 13n;
          h = (h * 0xc2b2ae35n) % word;
          h ^= h >> 16n;
        }
        sum += h;
      }
    }
    return (sum % word).toString(16).padStart(8, '0');
  };
  return lane(0x9e3779b9n) + lane(0x7f4a7c15n);
}

// The feed through its rings, with the real engine, journal, follower and spool: a client that keeps to WEBSOCKET.md has the
// engine's book at every message, and a resume from wherever it was leaves no gap.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALL_INSTRUMENTS, CommandType, OrderFlag, OrderType, Side, TimeInForce } from '../../domain/codes.ts';
import type { Command } from '../../domain/command.ts';
import { Engine } from '../../domain/engine.ts';
import { DEFAULT_INSTRUMENTS } from '../../domain/instrument.ts';
import { SILENT_LISTENER } from '../../domain/listener.ts';
import { InProcessExchange, type InProcessOptions } from '../../sim/in-process-exchange.ts';
import { commandOf, definitionOf, limitOrder } from '../../sim/testing/commands.ts';
import { Random } from '../../sim/testing/random.ts';
import { MarketDataCounter } from '../../wire/counters.ts';
import { Channel, SnapshotReason } from '../../wire/feed-codec.ts';
import { GatewaySide, type Message, type Subscriber } from './testing/gateway-side.ts';
import { checksumOf, Follower, FullMirror, LevelMirror, type Levels } from './testing/mirror.ts';

const [BTC_USD] = DEFAULT_INSTRUMENTS;
const ETH_USD = { ...BTC_USD, name: 'ETH-USD', base: 'ETH' };
const CLIENTS = 5;

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-feed-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What the engine says that each client and instrument has seen, by sequence. */
class Reference {
  /** By instrument, by sequence: the book after that command. Sequences without a change are not there. */
  readonly books: Levels[][] = [[], []];
  /** By instrument and by client: sequences with a trade, with any event. */
  readonly traded: Set<number>[] = [new Set(), new Set()];
  readonly told = new Map<string, Set<number>>();
  readonly engine: Engine;

  constructor() {
    this.engine = new Engine(DEFAULT_INSTRUMENTS, {
      ...SILENT_LISTENER,
      onTrade: (_number, maker, taker) => {
        this.traded[this.engine.orders.instrument(taker)].add(this.engine.sequence);
        this.#tell(maker);
        this.#tell(taker);
      },
      onOrder: (_change, order) => this.#tell(order),
    });
  }

  apply(command: Command): void {
    const { engine } = this;
    engine.apply(engine.sequence + 1, engine.timeUs + 1, command);
    for (const instrument of [0, 1]) {
      const levels: Levels = new Map();
      if (instrument < engine.instruments.count) {
        engine.forEachLevel(instrument, Side.BUY, (price, lots) => void levels.set(`buy ${price}`, lots));
        engine.forEachLevel(instrument, Side.SELL, (price, lots) => void levels.set(`sell ${price}`, lots));
      }
      this.books[instrument][engine.sequence] = levels;
    }
  }

  #tell(order: number): void {
    const { orders, clients, sequence } = this.engine;
    const bytes = new Uint8Array(64);
    const client = Buffer.from(bytes.subarray(0, clients.copyTo(orders.client(order), bytes, 0))).toString();
    const sequences = this.told.get(client) ?? new Set();
    this.told.set(client, sequences.add(sequence));
  }
}

/** Much crosses, some orders hide, some wait, much is cancelled. */
function invent(random: Random, number: number): Command {
  const kind = random.below(100);
  const client = `c${random.below(CLIENTS)}`;
  const targetOrder = 1 + random.below(number);
  if (kind < 20) return commandOf(CommandType.CANCEL_ORDER, { targetOrder });
  if (kind < 28) {
    const priceTicks = 1_000 + random.below(30);
    return commandOf(CommandType.AMEND_ORDER, { targetOrder, priceTicks, quantityLots: 1 + random.below(500) });
  }
  if (kind < 30) return commandOf(CommandType.MASS_CANCEL, { instrument: ALL_INSTRUMENTS, side: Side.BUY }, client);
  const rests = random.below(6) > 0;
  const quantityLots = 1 + random.below(1_000);
  const stop = random.below(8) === 0;
  return limitOrder(client, random.below(2) === 0 ? Side.BUY : Side.SELL, 1_000 + random.below(30), quantityLots, {
    instrument: random.below(3) === 0 ? 1 : 0,
    orderType: OrderType.LIMIT,
    timeInForce: rests ? TimeInForce.GTC : TimeInForce.IOC,
    displayLots: rests && random.below(5) === 0 ? 1 + random.below(quantityLots) : 0,
    flags: stop ? OrderFlag.STOP : 0,
    stopPriceTicks: stop ? 1_000 + random.below(30) : 0,
  });
}

class Rig {
  readonly exchange: InProcessExchange;
  readonly reference = new Reference();
  readonly side: GatewaySide;
  readonly random: Random;
  #number = 0;

  constructor(seed: number, options: Partial<InProcessOptions> = {}) {
    this.exchange = new InProcessExchange({ directory, gateways: 2, ...options });
    this.side = new GatewaySide(this.exchange);
    this.random = new Random(seed);
    this.submit(definitionOf(ETH_USD));
    this.settle();
  }

  submit(command: Command): void {
    while (!this.exchange.submit(command)) this.exchange.turnMatching();
    this.#number++;
    this.reference.apply(command);
  }

  /** Commands, with turns of the agents in any order between. */
  run(commands: number): void {
    for (let n = 0; n < commands; n++) {
      this.submit(invent(this.random, this.#number));
      this.exchange.advance(this.random.below(8_000));
      const turn = this.random.below(12);
      if (turn < 4) this.exchange.turnMatching();
      if (turn === 4) this.exchange.turnFollower();
      if (turn > 4 && turn < 8) this.turn();
      this.exchange.replies();
    }
  }

  turn(): void {
    this.exchange.turnMarketData();
    this.side.poll();
  }

  settle(): void {
    this.exchange.settle();
    this.exchange.replies();
    this.side.poll();
    this.exchange.settle();
    this.side.poll();
  }

  get sequence(): number {
    return this.reference.engine.sequence;
  }

  bookAt(instrument: number, sequence: number): Levels {
    return this.reference.books[instrument][sequence] ?? new Map();
  }
}

function follow<M extends { take(message: Message): void }>(subscriber: Subscriber, mirror: M): M {
  for (const message of subscriber.messages) mirror.take(message);
  return mirror;
}

describe('level2', () => {
  it.each([
    { seed: 1, eventRingBytes: 2 ** 20 },
    { seed: 2, eventRingBytes: 2 ** 13 },
    { seed: 3, eventRingBytes: 2 ** 20 },
  ])(
    'has the engine’s book at every message (seed $seed, event ring of $eventRingBytes)',
    ({ seed, eventRingBytes }) => {
      const rig = new Rig(seed, { eventRingBytes });
      const subscribers = [0, 1].flatMap((instrument) =>
        [Channel.LEVEL2, Channel.LEVEL2_BATCH].map((channel) => rig.side.begin({ channel, instrument })),
      );
      rig.run(1_500);
      subscribers.push(rig.side.begin({ channel: Channel.LEVEL2 }), rig.side.begin({ channel: Channel.LEVEL2_BATCH }));
      rig.run(300);
      rig.settle();
      for (const subscriber of subscribers) {
        const instrument = Number(subscriber.key.split('/')[1]);
        const mirror = follow(subscriber, new LevelMirror());
        expect(subscriber.messages[0]).toMatchObject({ type: 'snapshot', reason: 'subscribed' });
        expect(mirror.levels).toEqual(rig.bookAt(instrument, rig.sequence));
        expect(mirror.checked).toBeGreaterThan(5);
        // Each message is the engine's book at its own sequence, not only the last.
        const again = new LevelMirror();
        for (const message of subscriber.messages) {
          again.take(message);
          expect(message.checksum).toBe(checksumOf(rig.bookAt(instrument, message.sequence)));
        }
      }
      if (eventRingBytes < 2 ** 16) expect(rig.exchange.lapped).toBeGreaterThan(0);
    },
  );

  it('resumes from every sequence without a gap', () => {
    const rig = new Rig(4, { feedHistoryBytes: 2 ** 22 });
    rig.run(400);
    rig.settle();
    const asked = Array.from({ length: rig.sequence + 1 }, (_, from) => ({
      from,
      subscriber: rig.side.begin({ channel: from % 2 === 0 ? Channel.LEVEL2 : Channel.LEVEL2_BATCH, from }),
    }));
    rig.settle();
    rig.run(50);
    rig.settle();
    for (const { from, subscriber } of asked) {
      const mirror = follow(subscriber, new LevelMirror(from, rig.bookAt(0, from)));
      expect(subscriber.messages[0]).toMatchObject({ type: 'resumed', from_sequence: from });
      expect(mirror.levels).toEqual(rig.bookAt(0, rig.sequence));
    }
  });

  it('negative control: one change left out is caught by the checksum', () => {
    const rig = new Rig(5);
    const subscriber = rig.side.begin({ channel: Channel.LEVEL2 });
    rig.run(400);
    rig.settle();
    const victim = subscriber.messages.findIndex(({ changes }, at) => at > 20 && (changes?.length ?? 0) > 1);
    const { changes = [], ...rest } = subscriber.messages[victim];
    follow(subscriber, new LevelMirror());
    subscriber.messages[victim] = { ...rest, changes: changes.slice(1) } as Message;
    expect(() => follow(subscriber, new LevelMirror())).toThrow('the checksum after');
    subscriber.messages.splice(victim, 1);
    expect(() => follow(subscriber, new LevelMirror())).toThrow('a gap');
  });
});

// The feed through its rings, with the real engine, journal, follower and spool: a client that keeps to WEBSOCKET.md has the
// engine's book at every message, and a resume from wherever it was leaves no gap.

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
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
import { Channel, FeedFormat, SnapshotReason } from '../../wire/feed-codec.ts';
import { GatewaySide, type Subscriber } from './testing/gateway-side.ts';
import { checksumOf, Follower, FullMirror, LevelMirror, type Levels } from './testing/mirror.ts';
import type { Message } from './testing/read-message.ts';

const [BTC_USD] = DEFAULT_INSTRUMENTS;
const ETH_USD = { ...BTC_USD, name: 'ETH-USD', base: 'ETH' };
const CLIENTS = 5;
const FORMATS = [FeedFormat.JSON, FeedFormat.BINARY];

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-feed-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What the engine says that each client and instrument has seen, by sequence. */
class Reference {
  /** By instrument and by client: sequences with a trade, with any event. */
  readonly traded: Set<number>[] = [new Set(), new Set()];
  readonly told = new Map<string, Set<number>>();
  readonly engine: Engine;
  readonly #commands: Command[] = [];
  /** Behind `engine`, as far as its books were asked for: to copy one after each command costs more than all the rest. */
  readonly #past = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER);
  /** By instrument, by sequence. */
  readonly #books: Levels[][] = [[new Map()], [new Map()]];

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
    this.#commands.push(command);
  }

  /** After that command. */
  bookAt(instrument: number, sequence: number): Levels {
    const { sequence: shown } = this.#past;
    for (const command of this.#commands.slice(shown, sequence)) {
      this.#past.apply(this.#past.sequence + 1, this.#past.timeUs + 1, command);
      for (const each of [0, 1]) this.#books[each].push(this.#book(each));
    }
    return this.#books[instrument][sequence];
  }

  #book(instrument: number): Levels {
    const engine = this.#past;
    const levels: Levels = new Map();
    if (instrument >= engine.instruments.count) return levels;
    engine.forEachLevel(instrument, Side.BUY, (price, lots) => void levels.set(`buy ${price}`, lots));
    engine.forEachLevel(instrument, Side.SELL, (price, lots) => void levels.set(`sell ${price}`, lots));
    return levels;
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
    const rings = { feedRingBytes: 2 ** 22, wishRingBytes: 2 ** 16, feedAnswerRingBytes: 2 ** 20 };
    this.exchange = new InProcessExchange({ directory, gateways: 2, ...rings, ...options });
    this.side = new GatewaySide(this.exchange);
    this.random = new Random(seed);
    this.submit(definitionOf(ETH_USD));
    this.settle();
  }

  submit(command: Command): void {
    while (!this.exchange.submit(command)) {
      this.exchange.turnMatching();
      this.exchange.replies();
    }
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

  /** Until nothing is left to do, and every wish is live or refused. */
  settle(): void {
    for (let n = 0; n < 2 || (n < 1_000 && this.#catchingUp()); n++) {
      this.exchange.settle();
      this.exchange.replies();
      this.side.poll();
    }
  }

  #catchingUp(): boolean {
    return this.exchange.marketDataCounter(MarketDataCounter.FEED_CATCH_UPS) > 0;
  }

  get sequence(): number {
    return this.reference.engine.sequence;
  }

  bookAt(instrument: number, sequence: number): Levels {
    return this.reference.bookAt(instrument, sequence);
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
        FORMATS.flatMap((format) =>
          [Channel.LEVEL2, Channel.LEVEL2_BATCH].map((channel) => rig.side.begin({ channel, instrument, format })),
        ),
      );
      rig.run(1_500);
      for (const format of FORMATS) {
        subscribers.push(rig.side.begin({ channel: Channel.LEVEL2, format }));
        subscribers.push(rig.side.begin({ channel: Channel.LEVEL2_BATCH, format }));
      }
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
      subscriber: rig.side.begin({
        channel: from % 2 === 0 ? Channel.LEVEL2 : Channel.LEVEL2_BATCH,
        from,
        format: FORMATS[Math.floor(from / 2) % 2],
      }),
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

  it.each(FORMATS)('negative control: one change left out is caught by the checksum (format %i)', (format) => {
    const rig = new Rig(5);
    const subscriber = rig.side.begin({ channel: Channel.LEVEL2, format });
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

/** Sequences of the messages behind `from` in which something happened, parts of one counted once. */
function sequencesOf(messages: readonly Message[], from: number): number[] {
  const told = messages.filter(({ trades, events }) => (trades ?? events ?? []).length > 0);
  const sequences = told.map(({ sequence }) => sequence);
  return [...new Set(sequences)].filter((sequence) => sequence > from);
}

const behind = (sequences: Iterable<number>, from: number) => [...sequences].filter((sequence) => sequence > from);

describe('full, matches and user', () => {
  it.each(FORMATS)('tell every command that concerns them, once, live and resumed (format %i)', (format) => {
    const rig = new Rig(6, { feedHistoryBytes: 2 ** 22 });
    const begin = rig.sequence;
    const full = rig.side.begin({ channel: Channel.FULL, from: begin, format });
    const matches = rig.side.begin({ channel: Channel.MATCHES, format });
    const user = rig.side.begin({ channel: Channel.USER, client: 'c1', from: begin, format });
    rig.settle();
    rig.run(600);
    rig.settle();
    const later = Array.from({ length: 100 }, () => {
      const from = rig.random.below(rig.sequence + 1);
      const client = `c${rig.random.below(CLIENTS)}`;
      return {
        from,
        client,
        full: rig.side.begin({ channel: Channel.FULL, from, format }),
        matches: rig.side.begin({ channel: Channel.MATCHES, from, format }),
        user: rig.side.begin({ channel: Channel.USER, client, from, format }),
      };
    });
    rig.run(100);
    rig.settle();
    const { traded, told } = rig.reference;
    const checkAll = (from: number, client: string, subscribers: Record<'full' | 'matches' | 'user', Subscriber>) => {
      const mirror = follow(subscribers.full, new FullMirror(from, rig.bookAt(0, from)));
      expect(mirror.levels).toEqual(rig.bookAt(0, rig.sequence));
      expect(mirror.checked).toBeGreaterThan(0);
      follow(subscribers.user, new Follower(from));
      expect(sequencesOf(subscribers.matches.messages, from)).toEqual(behind(traded[0], from));
      expect(sequencesOf(subscribers.user.messages, from)).toEqual(behind(told.get(client) ?? [], from));
    };
    expect(matches.messages[0]).toMatchObject({ type: 'snapshot', reason: 'subscribed' });
    follow(matches, new Follower());
    checkAll(begin, 'c1', { full, matches, user });
    for (const one of later) {
      follow(one.matches, new Follower(one.from));
      checkAll(one.from, one.client, one);
    }
    expect(rig.exchange.marketDataCounter(MarketDataCounter.RESUMES_FROM_MEMORY)).toBeGreaterThan(50);
  });

  it.each(FORMATS)('say the same when they are replayed (format %i)', (format) => {
    const rig = new Rig(7, { feedHistoryBytes: 2 ** 22 });
    const ask = (from: number) => [
      rig.side.begin({ channel: Channel.FULL, from, format }),
      rig.side.begin({ channel: Channel.MATCHES, from, format }),
      rig.side.begin({ channel: Channel.USER, client: 'c2', from, format }),
    ];
    const begin = rig.sequence;
    const live = ask(begin);
    rig.settle();
    rig.run(300);
    rig.settle();
    const replayed = ask(begin);
    rig.settle();
    const said = ({ messages }: Subscriber) =>
      messages.filter(({ type }) => type !== 'resumed').map(({ checksum: _, prev_sequence, ...rest }) => rest);
    for (const k of [0, 1, 2]) {
      expect(said(live[k]).length).toBeGreaterThan(20);
      expect(said(replayed[k])).toEqual(said(live[k]));
      const { messages } = replayed[k];
      expect(messages[0]).toMatchObject({ type: 'resumed', from_sequence: begin, sequence: messages.at(-1)?.sequence });
    }
  });

  it.each(FORMATS)('cuts what one command did into parts (format %i)', (format) => {
    const rig = new Rig(8, { feedHistoryBytes: 2 ** 22 });
    const orders = 4_200; // levels of more than one part of 64 KiB
    const from = rig.sequence;
    const channels = [
      { channel: Channel.FULL, from, format },
      { channel: Channel.MATCHES, from, format },
      { channel: Channel.USER, client: 'some', from, format },
      { channel: Channel.LEVEL2, format },
    ];
    const live = channels.map((one) => rig.side.begin(one));
    for (let n = 0; n < orders; n++) rig.submit(limitOrder(n % 5 === 0 ? 'some' : 'many', Side.SELL, 1_000 + n, 1));
    rig.settle();
    for (const one of live) one.messages.length = 0;
    rig.submit(limitOrder('taker', Side.BUY, 10_000, orders));
    rig.settle();
    const replayed = channels.map((one) => rig.side.begin({ ...one, from: rig.sequence - 1 }));
    rig.settle();
    for (const { messages, key } of [...live, ...replayed]) {
      const parts = messages.filter(({ type }) => type !== 'resumed');
      expect(parts.length).toBeGreaterThan(1);
      expect(parts.map(({ more }) => more === true)).toEqual(parts.map((_, k) => k < parts.length - 1));
      expect(new Set(parts.map(({ sequence }) => sequence))).toEqual(new Set([rig.sequence]));
      expect(new Set(parts.map(({ prev_sequence }) => prev_sequence)).size).toBe(1);
      const items = parts.flatMap(({ changes, trades, events }) => [...(changes ?? trades ?? events ?? [])]);
      const channel = Number(key.split('/')[0]);
      const each = channel === Channel.USER ? (2 * orders) / 5 : channel === Channel.FULL ? 2 * orders : orders;
      expect(items).toHaveLength(each);
    }
  });
});

describe('a command of thousands of events', () => {
  it('is one message, though market data was overtaken in its midst and must wait for the rest', () => {
    const rig = new Rig(15, { eventRingBytes: 2 ** 21 });
    const many = 'many'.padEnd(64, '.'); // long records: what follows must overrun the ring
    const matches = rig.side.begin({ channel: Channel.MATCHES });
    for (let n = 0; n < 5_000; n++) rig.submit(limitOrder(many, Side.SELL, 1_000 + (n % 50), 1));
    rig.settle();
    rig.submit(limitOrder('taker', Side.BUY, 5_000, 5_000));
    rig.exchange.turnMatching();
    rig.turn(); // as many as a turn takes, and it has more
    const { sequence } = rig;
    for (let n = 0; n < 12_000; n++) rig.submit(limitOrder(many, Side.SELL, 1_000, 1));
    while (rig.exchange.turnMatching() > 0) rig.exchange.replies();
    for (let n = 0; n < 3; n++) rig.turn();
    const late = rig.side.begin({ channel: Channel.LEVEL2 });
    rig.turn();
    expect(late.live).toBe(false);
    rig.settle();
    expect(rig.exchange.lapped).toBe(1);
    const parts = matches.messages.filter((message) => message.sequence === sequence && message.type === 'match');
    expect(parts.filter(({ more }) => more !== true)).toHaveLength(1);
    expect(parts.flatMap(({ trades }) => [...(trades ?? [])])).toHaveLength(5_000);
    expect(follow(late, new LevelMirror()).levels).toEqual(rig.bookAt(0, rig.sequence));
  });
});

describe('a resume', () => {
  it('comes from the spool when memory has gone on, and joins what is live', () => {
    const rig = new Rig(9, { feedHistoryBytes: 2 ** 17, resumeSpoolBytes: 2 ** 28 });
    rig.run(2_500);
    rig.settle();
    const asked = Array.from({ length: 25 }, (_, k) => {
      const from = k * 100 + rig.random.below(100);
      const client = `c${k % CLIENTS}`;
      return {
        from,
        client,
        level2: rig.side.begin({ channel: Channel.LEVEL2, from }),
        full: rig.side.begin({ channel: Channel.FULL, from }),
        user: rig.side.begin({ channel: Channel.USER, client, from }),
      };
    });
    rig.run(100);
    rig.settle();
    for (const { from, client, level2, full, user } of asked) {
      const book = rig.bookAt(0, rig.sequence);
      expect(follow(level2, new LevelMirror(from, rig.bookAt(0, from))).levels).toEqual(book);
      expect(follow(full, new FullMirror(from, rig.bookAt(0, from))).levels).toEqual(book);
      follow(user, new Follower(from));
      expect(sequencesOf(user.messages, from)).toEqual(behind(rig.reference.told.get(client) ?? [], from));
    }
    expect(rig.exchange.marketDataCounter(MarketDataCounter.RESUMES_FROM_SPOOL)).toBeGreaterThan(10);
    expect(rig.exchange.marketDataCounter(MarketDataCounter.SPOOL_FLOOR)).toBe(0);
  });

  it('that cannot be served says why', () => {
    const rig = new Rig(10, { feedHistoryBytes: 2 ** 17, resumeSpoolBytes: 0 });
    rig.run(3_000);
    rig.settle();
    expect(rig.exchange.marketDataCounter(MarketDataCounter.SPOOL_FLOOR)).toBeGreaterThan(0);
    const ask = (from: number) => ({
      level2: rig.side.begin({ channel: Channel.LEVEL2, from }),
      matches: rig.side.begin({ channel: Channel.MATCHES, from }),
      full: rig.side.begin({ channel: Channel.FULL, from }),
      user: rig.side.begin({ channel: Channel.USER, client: 'c1', from }),
    });
    const old = ask(5);
    const ahead = ask(rig.sequence + 1_000);
    const other = rig.side.begin({ channel: Channel.LEVEL2, reason: SnapshotReason.OTHER_JOURNAL });
    rig.settle();
    for (const [asked, reason, code] of [
      [old, 'too_old', SnapshotReason.TOO_OLD],
      [ahead, 'ahead', SnapshotReason.AHEAD],
    ] as const) {
      expect(asked.level2.messages[0]).toMatchObject({ type: 'snapshot', reason, journal: '0000000100000002' });
      expect(follow(asked.level2, new LevelMirror()).levels).toEqual(rig.bookAt(0, rig.sequence));
      expect(asked.matches.messages[0]).toMatchObject({ type: 'snapshot', reason });
      expect([asked.full.live, asked.full.refused, asked.full.messages.length]).toEqual([false, code, 0]);
      expect([asked.user.live, asked.user.refused, asked.user.messages.length]).toEqual([false, code, 0]);
    }
    expect(other.messages[0]).toMatchObject({ type: 'snapshot', reason: 'other_journal' });
  });

  it('goes on when the answer ring was full for a while', () => {
    const rig = new Rig(11, { feedHistoryBytes: 2 ** 22, feedAnswerRingBytes: 2 ** 12 });
    rig.run(400);
    rig.settle();
    const channels = [Channel.FULL, Channel.MATCHES, Channel.LEVEL2, Channel.LEVEL2_BATCH];
    const asked = channels.map((channel) => rig.side.begin({ channel, from: 2 }));
    asked.push(rig.side.begin({ channel: Channel.LEVEL2 }));
    rig.exchange.settle(); // nobody takes the answers
    expect(asked.some(({ live }) => live)).toBe(false);
    rig.run(200);
    for (let n = 0; n < 3_000 && asked.some(({ live }) => !live); n++) rig.turn();
    rig.run(100);
    rig.settle();
    const [full, matches, ...levels] = asked;
    const book = rig.bookAt(0, rig.sequence);
    expect(follow(full, new FullMirror(2, rig.bookAt(0, 2))).levels).toEqual(book);
    follow(matches, new Follower(2));
    expect(sequencesOf(matches.messages, 2)).toEqual(behind(rig.reference.traded[0], 2));
    for (const [k, one] of levels.entries()) {
      expect(follow(one, k < 2 ? new LevelMirror(2, rig.bookAt(0, 2)) : new LevelMirror()).levels).toEqual(book);
    }
  });

  it('goes on from the spool where memory has overtaken it, in the midst of a command too', () => {
    const options = { feedHistoryBytes: 2 ** 21, feedAnswerRingBytes: 2 ** 12, resumeSpoolBytes: 2 ** 28 };
    const rig = new Rig(21, options);
    const many = 'many'.padEnd(64, '.'); // long records: what follows must overrun the history
    for (let n = 0; n < 1_000; n++) rig.submit(limitOrder(many, Side.SELL, 1_000 + n, 1));
    rig.settle();
    const from = rig.sequence;
    const book = rig.bookAt(0, from);
    rig.submit(limitOrder('taker', Side.BUY, 5_000, 1_000)); // messages of several parts, of which few have room
    rig.run(50);
    const asked = [Channel.FULL, Channel.MATCHES, Channel.USER, Channel.LEVEL2].map((channel) =>
      rig.side.begin({ channel, client: many, from }),
    );
    const fresh = [Channel.LEVEL2_BATCH, Channel.TICKER].map((channel) => rig.side.begin({ channel }));
    rig.exchange.settle(); // nobody takes the answers
    const counter = (which: number) => rig.exchange.marketDataCounter(which);
    expect(counter(MarketDataCounter.RESUMES_FROM_MEMORY)).toBe(4);
    for (let n = 0; n < 12_000; n++) rig.submit(limitOrder(many, Side.BUY, 1 + (n % 50), 1));
    rig.exchange.settle();
    const late = rig.side.begin({ channel: Channel.FULL, from });
    for (let n = 0; n < 9_000 && ![...asked, ...fresh, late].every(({ live }) => live); n++) rig.turn();
    rig.run(100);
    rig.settle();
    const [full, matches, user, level2] = asked;
    for (const one of asked) expect(one.messages[0]).toMatchObject({ type: 'resumed', from_sequence: from });
    for (const { messages } of asked) expect(messages.some(({ type }) => type === 'snapshot')).toBe(false);
    const now = rig.bookAt(0, rig.sequence);
    expect(follow(full, new FullMirror(from, book)).levels).toEqual(now);
    expect(follow(level2, new LevelMirror(from, book)).levels).toEqual(now);
    for (const one of [matches, user]) follow(one, new Follower(from));
    expect(sequencesOf(matches.messages, from)).toEqual(behind(rig.reference.traded[0], from));
    expect(sequencesOf(user.messages, from)).toEqual(behind(rig.reference.told.get(many) ?? [], from));
    const items = ({ messages }: Subscriber) =>
      messages.flatMap(({ sequence, trades, events }) => (sequence === from + 1 ? [...(trades ?? events ?? [])] : []));
    expect([full, matches, user].map((one) => items(one).length)).toEqual([2_000, 1_000, 2_000]);
    expect(follow(fresh[0], new LevelMirror()).levels).toEqual(now);
    expect(fresh.map(({ messages }) => messages.filter(({ type }) => type === 'snapshot').length)).toEqual([1, 0]);
    // Only who came when memory had gone on has begun in the spool.
    expect(counter(MarketDataCounter.RESUMES_FROM_SPOOL)).toBe(1);
  });

  it('goes on while events do, and holds up nobody who has missed little', () => {
    const rig = new Rig(16, { feedHistoryBytes: 2 ** 24 });
    rig.run(1_500);
    rig.settle();
    const asked = Array.from({ length: 64 }, (_, k) =>
      rig.side.begin({ channel: Channel.USER, client: `n${k}`, from: 2 }),
    );
    const late = rig.sequence - 20;
    const fresh = [
      rig.side.begin({ channel: Channel.LEVEL2 }),
      rig.side.begin({ channel: Channel.TICKER }),
      rig.side.begin({ channel: Channel.FULL, from: late }),
      rig.side.begin({ channel: Channel.USER, client: 'c1', from: late }),
    ];
    const turn = (): void => {
      for (let n = 0; n < 45; n++) rig.submit(invent(rig.random, rig.sequence));
      while (rig.exchange.turnMatching() > 0) rig.exchange.replies();
      rig.turn();
    };
    turn();
    expect(fresh.map(({ live }) => live)).toEqual([true, true, true, true]);
    for (let n = 0; n < 200; n++) turn();
    expect(asked.filter(({ live }) => !live)).toHaveLength(0);
  });

  it('from a disk that does not give the spool back begins anew', () => {
    const rig = new Rig(17, { resumeSpoolBytes: 2 ** 28 });
    rig.run(2_000);
    rig.settle();
    const spool = join(directory, 'spool');
    for (const name of readdirSync(spool)) {
      rmSync(join(spool, name));
      mkdirSync(join(spool, name)); // opened it is, but not read
    }
    const level2 = rig.side.begin({ channel: Channel.LEVEL2, from: 5 });
    const user = rig.side.begin({ channel: Channel.USER, client: 'c1', from: 5 });
    rig.settle();
    expect(level2.messages[0]).toMatchObject({ type: 'snapshot', reason: 'too_old' });
    expect(follow(level2, new LevelMirror()).levels).toEqual(rig.bookAt(0, rig.sequence));
    expect(user.refused).toBe(SnapshotReason.TOO_OLD);
  });

  it('of a process that has just started goes back to where its spool begins', () => {
    const rig = new Rig(18);
    rig.run(4_000);
    rig.settle();
    const { sequence } = rig;
    rig.exchange.close();
    const exchange = new InProcessExchange({ directory, feedRingBytes: 2 ** 22, resumeSpoolBytes: 2 ** 28 });
    while (exchange.turnFollower() > 0) exchange.advance(20_000);
    exchange.settle();
    const side = new GatewaySide(exchange);
    const level2 = side.begin({ channel: Channel.LEVEL2, from: 2 });
    for (let n = 0; n < 5; n++) {
      exchange.settle();
      side.poll();
    }
    expect(level2.messages[0]).toMatchObject({ type: 'resumed', from_sequence: 2 });
    expect(follow(level2, new LevelMirror(2, rig.bookAt(0, 2))).levels).toEqual(rig.bookAt(0, sequence));
    exchange.close();
  });

  it('that is forgotten is not answered further', () => {
    const rig = new Rig(12, { feedHistoryBytes: 2 ** 22, feedAnswerRingBytes: 2 ** 12 });
    rig.run(400);
    rig.settle();
    const asked = rig.side.begin({ channel: Channel.FULL, from: 2 });
    rig.exchange.settle();
    rig.side.end(asked, true);
    rig.settle();
    expect(rig.exchange.marketDataCounter(MarketDataCounter.FEED_CATCH_UPS)).toBe(0);
    expect(asked.live).toBe(false);
  });
});

describe('many snapshots', () => {
  it('are made over several turns when they take long', () => {
    const rig = new Rig(20);
    rig.run(300);
    rig.settle();
    rig.exchange.onClockRead(() => rig.exchange.advance(700)); // whatever looks at the clock has taken long
    const asked = Array.from({ length: 20 }, () => rig.side.begin({ channel: Channel.LEVEL2 }));
    rig.turn();
    const first = asked.filter(({ live }) => live).length;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(10);
    for (let n = 0; n < 20; n++) rig.turn();
    for (const one of asked) expect(follow(one, new LevelMirror()).levels).toEqual(rig.bookAt(0, rig.sequence));
  });
});

describe('ticker', () => {
  it('begins with the newest, though its answer had to wait', () => {
    const rig = new Rig(19, { feedHistoryBytes: 2 ** 22, feedAnswerRingBytes: 2 ** 12 });
    rig.run(300);
    rig.settle();
    const other = rig.side.begin({ channel: Channel.TICKER });
    rig.settle();
    const full = rig.side.begin({ channel: Channel.FULL, from: 2 });
    rig.exchange.settle(); // nobody takes the answers
    const late = Array.from({ length: 12 }, () => rig.side.begin({ channel: Channel.TICKER })); // more than have room
    rig.exchange.settle();
    rig.submit(limitOrder('c1', Side.BUY, 5_000, 7_000));
    rig.exchange.settle();
    for (let n = 0; n < 3_000 && !full.live; n++) rig.turn();
    rig.settle();
    expect(other.messages.at(-1)).toMatchObject({ sequence: rig.sequence });
    for (const one of late) expect(one.messages.at(-1)).toEqual(other.messages.at(-1));
  });
});

describe('interest', () => {
  it('of nobody makes no message, and of one gateway none for the other', () => {
    const rig = new Rig(13, { feedHistoryBytes: 2 ** 22 });
    const other = new GatewaySide(rig.exchange, 1);
    rig.run(300);
    rig.settle();
    const messages = () => rig.exchange.marketDataCounter(MarketDataCounter.FEED_MESSAGES);
    expect(messages()).toBe(0);
    const first = rig.side.begin({ channel: Channel.LEVEL2 });
    const second = other.begin({ channel: Channel.LEVEL2 });
    rig.run(100);
    rig.settle();
    other.poll();
    rig.side.end(first, true);
    rig.run(100);
    rig.settle();
    other.poll();
    expect(follow(second, new LevelMirror()).levels).toEqual(rig.bookAt(0, rig.sequence));
    other.end(second, true);
    rig.settle();
    const count = messages();
    rig.run(200);
    rig.settle();
    expect(messages()).toBe(count);
    expect(count).toBeGreaterThan(0);
    const again = rig.side.begin({ channel: Channel.LEVEL2, from: second.messages.at(-1)?.sequence ?? -1 });
    rig.settle();
    expect(again.messages[0]).toMatchObject({ type: 'resumed' });
  });

  it('of a process that has just started is heard when it is live', () => {
    const rig = new Rig(14);
    rig.run(200);
    rig.settle();
    rig.exchange.close();
    const exchange = new InProcessExchange({ directory, gateways: 2 });
    const side = new GatewaySide(exchange);
    const { sequence } = rig;
    const subscribers = [-1, sequence - 1].map((from) => side.begin({ channel: Channel.LEVEL2, from }));
    const user = side.begin({ channel: Channel.USER, client: 'c1', from: sequence });
    for (let n = 0; n < 5; n++) exchange.turnMarketData();
    side.poll();
    expect(subscribers.map(({ messages }) => messages.length)).toEqual([0, 0]);
    exchange.settle();
    side.poll();
    expect(follow(subscribers[0], new LevelMirror()).levels).toEqual(rig.bookAt(0, sequence));
    const known = new LevelMirror(sequence - 1, rig.bookAt(0, sequence - 1));
    expect(follow(subscribers[1], known).levels).toEqual(rig.bookAt(0, sequence));
    expect([user.live, user.messages.length]).toEqual([true, 1]);
    exchange.close();
  });

  it('of a process whose spool opens with a snapshot goes back to there', () => {
    const rig = new Rig(16);
    rig.run(200);
    const { sequence: opening } = rig.exchange.takeSnapshot();
    rig.run(50);
    rig.settle();
    rig.exchange.close();
    const { sequence } = rig;
    const exchange = new InProcessExchange({ directory, gateways: 2, followerBeginsWith: sequence });
    const side = new GatewaySide(exchange);
    const [old, known, fresh] = [opening - 1, opening, -1].map((from) => side.begin({ channel: Channel.LEVEL2, from }));
    const full = side.begin({ channel: Channel.FULL, from: opening });
    for (let n = 0; n < 5; n++) {
      exchange.settle();
      side.poll();
    }
    const book = rig.bookAt(0, sequence);
    expect(old.messages[0]).toMatchObject({ type: 'snapshot', reason: 'too_old' });
    expect(known.messages[0]).toMatchObject({ type: 'resumed', from_sequence: opening });
    expect(follow(old, new LevelMirror()).levels).toEqual(book);
    expect(follow(fresh, new LevelMirror()).levels).toEqual(book);
    expect(follow(known, new LevelMirror(opening, rig.bookAt(0, opening))).levels).toEqual(book);
    expect(follow(full, new FullMirror(opening, rig.bookAt(0, opening))).levels).toEqual(book);
    exchange.close();
  });
});

interface Visitor {
  readonly side: GatewaySide;
  readonly channel: Channel;
  readonly instrument: number;
  readonly client: string;
  readonly from: number;
  readonly subscriber: Subscriber;
}

describe('comings and goings', () => {
  it.each([107, 114, 139])('on two gateways leave no gap to anybody (seed %i)', (seed) => {
    const rig = new Rig(seed, {
      eventRingBytes: seed % 2 === 0 ? 2 ** 13 : 2 ** 18,
      feedHistoryBytes: 2 ** 17,
      feedAnswerRingBytes: 2 ** 13,
      resumeSpoolBytes: 2 ** 28,
    });
    const sides = [rig.side, new GatewaySide(rig.exchange, 1)];
    const visitors: Visitor[] = [];
    const here = new Set<Visitor>();
    for (let n = 0; n < 400; n++) {
      rig.run(rig.random.below(15));
      for (const side of sides) if (rig.random.below(3) > 0) side.poll(rig.random.below(4) === 0);
      if (n % 2 === 0) {
        const visitor = come(rig, sides[rig.random.below(2)]);
        visitors.push(visitor);
        here.add(visitor);
      }
      if (here.size > 6 && rig.random.below(4) === 0) leave([...here][rig.random.below(here.size)], here);
    }
    const catchUps = () => rig.exchange.marketDataCounter(MarketDataCounter.FEED_CATCH_UPS);
    for (let n = 0; n < 5_000 && (n < 5 || catchUps() > 0); n++) {
      rig.exchange.settle();
      rig.exchange.replies();
      for (const side of sides) side.poll();
    }
    for (const visitor of visitors) check(rig, visitor, here.has(visitor));
    expect(visitors.filter(({ subscriber }) => subscriber.live).length).toBeGreaterThan(100);
    expect(rig.exchange.marketDataCounter(MarketDataCounter.RESUMES_FROM_SPOOL)).toBeGreaterThan(10);
  });

  const CHANNELS = [Channel.LEVEL2, Channel.LEVEL2_BATCH, Channel.FULL, Channel.MATCHES, Channel.USER];

  /** Most have missed little, some much, and some begin with a snapshot. */
  function come({ random, exchange }: Rig, side: GatewaySide): Visitor {
    const { sequence } = exchange;
    const channel = CHANNELS[random.below(CHANNELS.length)];
    const begins = channel !== Channel.FULL && channel !== Channel.USER && random.below(3) === 0;
    const missed = random.below(4) === 0 ? random.below(sequence + 1) : random.below(40);
    const from = begins ? -1 : Math.max(sequence - missed, 0);
    const asked = { channel, instrument: random.below(2), client: `c${random.below(CLIENTS)}`, from };
    return { ...asked, side, subscriber: side.begin(asked) };
  }

  function leave(gone: Visitor, here: Set<Visitor>): void {
    here.delete(gone);
    const isSame = ({ side, subscriber }: Visitor) => side === gone.side && subscriber.key === gone.subscriber.key;
    gone.side.end(gone.subscriber, ![...here].some(isSame));
  }

  /** Throws unless what came is a whole chain; who is still here, and was not told to begin anew, has come to its end. */
  function check(rig: Rig, { channel, instrument, client, from, subscriber }: Visitor, isHere: boolean): void {
    const isAtEnd = isHere && subscriber.refused < 0;
    if (isAtEnd) expect(subscriber.live).toBe(true);
    const known = rig.bookAt(instrument, from);
    if (channel === Channel.MATCHES || channel === Channel.USER) {
      follow(subscriber, new Follower(from));
      const newest = subscriber.messages.findLast(({ type }) => type !== 'resumed');
      const begin = subscriber.messages.findLast(({ type }) => type === 'snapshot')?.sequence ?? from;
      const through = isAtEnd ? rig.sequence : (newest?.sequence ?? begin);
      const truth = channel === Channel.USER ? rig.reference.told.get(client) : rig.reference.traded[instrument];
      const told = behind(truth ?? [], begin).filter((sequence) => sequence <= through);
      expect(sequencesOf(subscriber.messages, begin)).toEqual(told);
      return;
    }
    const mirror = channel === Channel.FULL ? new FullMirror(from, known) : new LevelMirror(from, known);
    const { levels } = follow(subscriber, mirror);
    if (isAtEnd) expect(levels).toEqual(rig.bookAt(instrument, rig.sequence));
  }
});

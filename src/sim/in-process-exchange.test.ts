// The agents together, against a plain engine that is fed the same commands: whatever the order of their turns, market
// data and follower end up where matching is, and a restart brings everything back.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../config.ts';
import { ALL_INSTRUMENTS, CommandType, OrderFlag, OrderType, SelfTrade, Side, TimeInForce } from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import { Engine } from '../domain/engine.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { SILENT_LISTENER } from '../domain/listener.ts';
import { FRAME_HEADER_BYTES, frameBytesMax } from '../journal/frame.ts';
import { SpoolReader } from '../journal/spool.ts';
import type { BroadcastReader } from '../shared-memory/broadcast-ring.ts';
import { Doorbell } from '../shared-memory/doorbell.ts';
import { COMMAND_SLOT_BYTES } from '../wire/command-codec.ts';
import { formatDecimal } from '../wire/decimal.ts';
import { EVENT_RESTING_DELTA_LOTS, EventType } from '../wire/event-codec.ts';
import { ORDER_EXECUTED_LOTS, ORDER_NUMBER } from '../wire/order-codec.ts';
import { AnswerStatus, QueryType } from '../wire/query-codec.ts';
import {
  REPLY_APPLIED_US,
  REPLY_DRAINED_US,
  REPLY_DURABLE_US,
  REPLY_FIRST_TRADE,
  REPLY_KIND,
  REPLY_ORDER,
  REPLY_ORDER_BYTES,
  REPLY_RESULT_SEQUENCE,
  REPLY_SEQUENCE,
  REPLY_TRADES_TOTAL,
  ReplyKind,
} from '../wire/reply-codec.ts';
import { StreamType } from '../wire/stream-codec.ts';
import { TRADE_NUMBER, tradeRecordLength } from '../wire/trade-codec.ts';
import { InProcessExchange, type Reply } from './in-process-exchange.ts';
import { setTexts } from './testing/commands.ts';
import { Random } from './testing/random.ts';

const [BTC_USD] = DEFAULT_INSTRUMENTS;

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-sim-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const SELF_TRADES = Object.values(SelfTrade);

/**
 * A seeded flow around one price, where much crosses, much is cancelled and clients meet themselves. Command n gets
 * sequence n: no order ends by its time.
 */
class Flow {
  readonly #random: Random;
  readonly #command = new Command();
  #count = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  next(): Command {
    const command = this.#command;
    const number = ++this.#count;
    const kind = number > 10 ? this.#random.below(100) : 99;
    command.targetOrder = 0;
    if (kind < 25) this.#change(command, CommandType.CANCEL_ORDER, number);
    else if (kind < 35) this.#change(command, CommandType.AMEND_ORDER, number);
    else if (kind < 36) this.#massCancel(command, number);
    else if (kind < 37) this.#closeSettlement(command);
    else this.#place(command, number, kind < 42);
    return command;
  }

  #change(command: Command, type: CommandType, number: number): void {
    command.type = type;
    command.targetOrder = 1 + this.#random.below(number - 1);
    command.priceTicks = 7_000_000 + this.#random.below(60);
    command.quantityLots = this.#random.below(1_000);
    setTexts(command, '', '');
  }

  #massCancel(command: Command, number: number): void {
    command.type = CommandType.MASS_CANCEL;
    command.instrument = ALL_INSTRUMENTS;
    command.side = this.#side();
    setTexts(command, `client-${this.#random.below(7)}`, `key-${number}`);
  }

  #closeSettlement(command: Command): void {
    command.type = CommandType.CLOSE_SETTLEMENT;
    setTexts(command, '', '');
  }

  #place(command: Command, number: number, replacing: boolean): void {
    const random = this.#random;
    command.type = replacing ? CommandType.REPLACE_ORDER : CommandType.NEW_ORDER;
    if (replacing) command.targetOrder = 1 + random.below(number - 1);
    command.instrument = 0;
    command.side = this.#side();
    command.orderType = random.below(10) === 0 ? OrderType.MARKET : OrderType.LIMIT;
    const market = command.orderType === OrderType.MARKET;
    command.timeInForce = market || random.below(8) === 0 ? TimeInForce.IOC : TimeInForce.GTC;
    const rests = command.timeInForce === TimeInForce.GTC;
    command.priceTicks = market ? 0 : 7_000_000 + random.below(60);
    command.quantityLots = 1 + random.below(1_000);
    command.displayLots = rests && random.below(6) === 0 ? 1 + random.below(command.quantityLots) : 0;
    const stop = random.below(8) === 0;
    command.stopPriceTicks = stop ? 7_000_000 + random.below(60) : 0;
    command.flags = stop ? OrderFlag.STOP : rests && random.below(6) === 0 ? OrderFlag.POST_ONLY : 0;
    command.selfTrade = SELF_TRADES[random.below(SELF_TRADES.length)];
    setTexts(command, `client-${random.below(7)}`, `key-${number}`);
  }

  #side(): Side {
    return this.#random.below(2) === 0 ? Side.BUY : Side.SELL;
  }
}

function levelsOf(engine: Engine, side: Side): object[] {
  const levels: object[] = [];
  let cumulative = 0;
  engine.forEachLevel(0, side, (price, lots) => {
    cumulative += lots;
    const decimal = (value: number, scale: number) => Number(formatDecimal(value, scale));
    levels.push({
      price: decimal(price, BTC_USD.priceScale),
      quantity: decimal(lots, BTC_USD.quantityScale),
      cumulative: decimal(cumulative, BTC_USD.quantityScale),
    });
  });
  return levels;
}

/** Runs `commands` of a flow, the agents taking turns in a random order, and an engine of our own beside them. */
function drive(exchange: InProcessExchange, engine: Engine, flow: Flow, random: Random, commands: number): Reply[] {
  const replies: Reply[] = [];
  for (let n = 0; n < commands; n++) {
    const command = flow.next();
    while (!exchange.submit(command)) {
      exchange.turnMatching();
      replies.push(...exchange.replies());
    }
    engine.apply(engine.sequence + 1, engine.timeUs + 1, command);
    exchange.advance(random.below(1_000));
    const turn = random.below(30);
    if (turn < 3) exchange.turnMatching();
    if (turn === 3) exchange.turnFollower();
    if (turn === 4) exchange.turnMarketData();
    replies.push(...exchange.replies());
  }
  exchange.settle();
  replies.push(...exchange.replies());
  return replies;
}

describe('the agents together', () => {
  it.each([
    { seed: 1, eventRingBytes: 2 ** 20 },
    { seed: 2, eventRingBytes: 2 ** 12 },
    { seed: 3, eventRingBytes: 2 ** 13 },
  ])(
    'keep market data equal to the book ($eventRingBytes bytes of event ring, seed $seed)',
    ({ seed, eventRingBytes }) => {
      const exchange = new InProcessExchange({ directory, eventRingBytes });
      const engine = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER);
      const flow = new Flow(seed);
      const random = new Random(seed + 100);
      for (let round = 0; round < 20; round++) {
        drive(exchange, engine, flow, random, 250);
        const depth = exchange.depth();
        expect(depth.sequence).toBe(engine.sequence);
        expect(depth.asks).toEqual(levelsOf(engine, Side.SELL));
        expect(depth.bids).toEqual(levelsOf(engine, Side.BUY));
      }
      // A small ring must have been overrun, or the way through the spool was not tested.
      if (eventRingBytes < 2 ** 16) expect(exchange.lapped).toBeGreaterThan(3);
      exchange.close();
    },
  );

  it('would be caught forgetting one event', () => {
    class ForgetfulReader extends SpoolReader {
      #seen = 0;
      override read(through: number, receive: Parameters<SpoolReader['read']>[1], limit: number): number {
        const forgetful: typeof receive = (type, bytes, view, offset, length) => {
          if (!this.#forgets(type, view, offset)) receive(type, bytes, view, offset, length);
        };
        return super.read(through, forgetful, limit);
      }

      /** The 300th that changes a level. */
      #forgets(type: number, view: DataView, offset: number): boolean {
        if (type !== EventType.ORDER || view.getFloat64(offset + EVENT_RESTING_DELTA_LOTS, true) === 0) return false;
        return ++this.#seen === 300;
      }
    }
    const openSpool = (path: string) => new ForgetfulReader(path);
    const exchange = new InProcessExchange({ directory, eventRingBytes: 2 ** 12, openSpool });
    const engine = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER);
    const run = () => {
      drive(exchange, engine, new Flow(2), new Random(102), 5_000);
      const depth = exchange.depth();
      expect([depth.asks, depth.bids]).toEqual([levelsOf(engine, Side.SELL), levelsOf(engine, Side.BUY)]);
    };
    expect(run).toThrow();
  });

  it('answers every command once, in order, with gapless sequences', () => {
    const exchange = new InProcessExchange({ directory });
    const replies = drive(
      exchange,
      new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER),
      new Flow(4),
      new Random(5),
      2_000,
    );
    expect(replies.map((reply) => reply.readDoubleLE(REPLY_SEQUENCE))).toEqual(
      Array.from({ length: 2_000 }, (_, k) => k + 1),
    );
    exchange.close();
  });

  it('show no reply before the sequence that it tells, and all of a batch once that is told', () => {
    const exchange = new InProcessExchange({ directory });
    for (const key of ['a', 'b', 'b']) exchange.submit(limit('maker', key, Side.SELL, 7_000_000, 10));
    let looks = 0;
    const early: Reply[] = [];
    exchange.onClockRead(() => {
      looks++;
      early.push(...exchange.replies().filter((reply) => reply.readDoubleLE(REPLY_SEQUENCE) > exchange.sequence));
    });
    exchange.turnMatching();
    expect([looks > 2, early.length]).toEqual([true, 0]);
    expect([exchange.sequence, exchange.replies().length]).toEqual([3, 3]);
    exchange.close();
  });

  it('carry the times of their batch, in the order of its way', () => {
    const exchange = new InProcessExchange({ directory });
    for (const key of ['a', 'b']) exchange.submit(limit('maker', key, Side.SELL, 7_000_000, 10));
    exchange.onClockRead(() => exchange.advance(1_000));
    exchange.turnMatching();
    const times = exchange
      .replies()
      .map((reply) => [REPLY_DRAINED_US, REPLY_DURABLE_US, REPLY_APPLIED_US].map((at) => reply.readDoubleLE(at)));
    const [drainedUs, durableUs, appliedUs] = times[0];
    expect(times).toEqual([times[0], times[0]]);
    expect([drainedUs > 5_000_000_000, durableUs > drainedUs, appliedUs > durableUs]).toEqual([true, true, true]);
    exchange.close();
  });

  it('take as much of each ring in a turn as a frame holds of the longest commands', () => {
    const segmentBytes = 2 ** 15;
    const exchange = new InProcessExchange({ directory, gateways: 2, segmentBytes });
    for (let n = 0; n < 100; n++) exchange.submit(limit('many', `${n}`, Side.BUY, 7_000_000, 1), 0);
    for (let n = 0; n < 3; n++) exchange.submit(limit('few', `${n}`, Side.BUY, 7_000_000, 1), 1);
    const taken: number[][] = [];
    while (exchange.turnMatching() > 0) taken.push([0, 1].map((gateway) => exchange.replies(gateway).length));
    const [share] = taken[0];
    expect(taken.slice(0, 4)).toEqual([
      [share, 3],
      [share, 0],
      [share, 0],
      [100 - 3 * share, 0],
    ]);
    // A command of each, and an own one, would be too much for it.
    const room = frameBytesMax(segmentBytes) - FRAME_HEADER_BYTES;
    expect([room >= (2 * share + 1) * COMMAND_SLOT_BYTES, room >= (2 * share + 3) * COMMAND_SLOT_BYTES]).toEqual([
      true,
      false,
    ]);
    exchange.close();
  });

  it('measure the wait in the ring by the stopwatch, which is the same for all threads', () => {
    const exchange = new InProcessExchange({ directory });
    exchange.submit(limit('maker', 'm-1', Side.SELL, 7_000_000, 10));
    exchange.advance(250);
    exchange.turnMatching();
    expect([exchange.ringSeconds.count(), exchange.ringSeconds.sum()]).toEqual([1, 0.00025]);
    exchange.close();
  });

  it.each(['orderly', 'killed'])('come back after a restart (%s) with the same state', (how) => {
    const first = new InProcessExchange({ directory });
    const engine = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER);
    const flow = new Flow(6);
    drive(first, engine, flow, new Random(7), 3_000);
    const digest = first.digest();
    const depth = first.depth();
    if (how === 'orderly') first.close();

    const second = new InProcessExchange({ directory });
    expect(second.recovered.sequence).toBe(3_000);
    expect(second.digest()).toBe(digest);
    expect(second.depth()).toEqual(depth);
    drive(second, engine, flow, new Random(8), 500);
    expect(second.depth().asks).toEqual(levelsOf(engine, Side.SELL));
    second.close();
  });

  it('give the first result again for a known key, also after a restart', () => {
    const first = new InProcessExchange({ directory });
    first.submit(limit('maker', 'm-1', Side.SELL, 7_000_000, 10));
    first.submit(limit('taker', 't-1', Side.BUY, 7_000_000, 4));
    first.settle();
    const [, original] = first.replies();
    first.submit(limit('taker', 't-2', Side.BUY, 7_000_000, 6));
    first.settle();

    const second = new InProcessExchange({ directory });
    second.submit(limit('taker', 't-1', Side.BUY, 7_000_000, 4));
    second.settle();
    const [again] = second.replies();
    expect(again.readUInt16LE(REPLY_KIND)).toBe(ReplyKind.REPLAYED);
    expect(again.readDoubleLE(REPLY_RESULT_SEQUENCE)).toBe(2);
    expect(again.readDoubleLE(REPLY_SEQUENCE)).toBe(4);
    // By the stopwatch of the exchange, which began there.
    expect(again.readDoubleLE(REPLY_DURABLE_US)).toBeGreaterThanOrEqual(5_000_000_000);
    expect(again.readDoubleLE(REPLY_ORDER + ORDER_EXECUTED_LOTS)).toBe(4);
    const orderBytes = original.readUInt16LE(REPLY_ORDER_BYTES);
    expect(again.subarray(REPLY_ORDER, REPLY_ORDER + orderBytes)).toEqual(
      original.subarray(REPLY_ORDER, REPLY_ORDER + orderBytes),
    );
    const total = again.readUInt32LE(REPLY_TRADES_TOTAL);
    const { status, body } = second.ask(QueryType.TRADE_RANGE, again.readDoubleLE(REPLY_FIRST_TRADE), total);
    expect([status, total, body.readDoubleLE(TRADE_NUMBER)]).toEqual([AnswerStatus.OK, 1, 1]);
    second.close();
  });
});

describe('reads', () => {
  it('show live and closed orders, newest trades first, and say when they are behind', () => {
    const exchange = new InProcessExchange({ directory });
    exchange.submit(limit('maker', 'm-1', Side.SELL, 7_000_000, 10));
    exchange.submit(limit('taker', 't-1', Side.BUY, 7_000_000, 4));
    exchange.submit(limit('taker', 't-2', Side.BUY, 7_000_000, 1));
    exchange.settle();
    const maker = exchange.ask(QueryType.ORDER, 1);
    expect([maker.status, maker.body.readDoubleLE(ORDER_EXECUTED_LOTS)]).toEqual([AnswerStatus.OK, 5]);
    const closed = exchange.ask(QueryType.ORDER, 2);
    expect([closed.status, closed.body.readDoubleLE(ORDER_NUMBER)]).toEqual([AnswerStatus.OK, 2]);
    const trades = exchange.ask(QueryType.TRADES, 0, 10).body;
    expect(trades.readDoubleLE(TRADE_NUMBER)).toBe(2);
    expect(trades.readDoubleLE(tradeRecordLength(trades, 0) + TRADE_NUMBER)).toBe(1);
    expect(exchange.ask(QueryType.ORDER, 1, 0, 99).status).toBe(AnswerStatus.BEHIND);
    exchange.close();
  });
});

/** A subscriber that reads whenever it is rung. */
class Subscriber extends Doorbell {
  reader: BroadcastReader | undefined;
  /** What was told between one gap and the next. Trades and orders only, without times and ids: deltas may come in parts. */
  readonly runs: string[][] = [[]];

  constructor() {
    super(new Int32Array(new SharedArrayBuffer(64)), 0);
  }

  override ring(): void {
    const { reader } = this;
    const polled = reader?.poll((type, offset, length) => {
      if (type === StreamType.GAP) this.runs.push([]);
      else this.#note(Buffer.from(reader.bytes.subarray(offset, offset + length)).toString());
    }, 100_000);
    expect(polled ?? 0, 'never lapped').toBeGreaterThanOrEqual(0);
  }

  #note(message: string): void {
    const { event, sequence, data } = JSON.parse(message);
    if (event === 'orderbook_delta') return;
    const { side, price, quantity, status, filled_quantity: filled } = data;
    this.runs.at(-1)?.push(JSON.stringify([event, sequence, side, price, quantity, status, filled]));
  }
}

/** Long names make long messages. */
const LONG = 'x'.repeat(50);

/** Puts `makers` orders into the book and takes them all with one; returns what a subscriber may see of that one. */
function sweep(exchange: InProcessExchange, makers: number): { trades: number; orders: number } {
  for (let n = 1; n <= makers; n++) {
    exchange.submit(limit(`maker-${LONG}`, `m-${n}`, Side.SELL, 7_000_000 + n, 1));
    if (n % 100 === 0) exchange.settle();
    exchange.replies();
  }
  exchange.submit(limit(`taker-${LONG}`, 't-1', Side.BUY, 7_000_000 + makers, makers));
  return { trades: makers, orders: makers + 1 };
}

describe('the stream', () => {
  it('gives a subscriber every message, or a gap where some are missing', () => {
    const drove = (eventRingBytes: number, name: string) => {
      const subscriber = new Subscriber();
      const options = { directory: join(directory, name), eventRingBytes, gatewayDoorbell: subscriber };
      const exchange = new InProcessExchange(options);
      exchange.settle();
      subscriber.reader = exchange.subscribe();
      const engine = new Engine(DEFAULT_INSTRUMENTS, SILENT_LISTENER);
      const flow = new Flow(2);
      for (let round = 0; round < 10; round++) drive(exchange, engine, flow, new Random(round), 200);
      exchange.close();
      return { runs: subscriber.runs, lapped: exchange.lapped };
    };
    const [whole, ...none] = drove(2 ** 20, 'whole').runs;
    expect([whole.length > 2_000, none]).toEqual([true, []]);
    const { runs, lapped } = drove(2 ** 12, 'lapped');
    expect(lapped).toBeGreaterThan(3);
    expect(runs).toHaveLength(lapped + 1);
    let end = 0;
    for (const run of runs.filter(({ length }) => length > 0)) {
      const start = whole.indexOf(run[0], end);
      end = start + run.length;
      expect(run).toEqual(whole.slice(start, end));
    }
    expect(runs.flat().length).toBeLessThan(whole.length);
  });

  it('comes in portions when one command has thousands of events', () => {
    const subscriber = new Subscriber();
    const exchange = new InProcessExchange({ directory, gatewayDoorbell: subscriber });
    exchange.settle();
    const { trades, orders } = sweep(exchange, 2_000);
    subscriber.reader = exchange.subscribe();
    exchange.settle();
    expect(subscriber.runs.map(({ length }) => length)).toEqual([trades + orders]);
    exchange.close();
  });

  it('loses nothing for a gateway that sleeps through a whole turn of one such command', () => {
    const { streamRingBytes } = readConfig({}, directory).limits;
    const subscriber = new Subscriber();
    const eventRingBytes = 2 ** 22;
    const exchange = new InProcessExchange({ directory, streamRingBytes, eventRingBytes });
    exchange.settle();
    const { trades, orders } = sweep(exchange, 4_000);
    subscriber.reader = exchange.subscribe();
    exchange.settle();
    subscriber.ring();
    expect(subscriber.runs.map(({ length }) => length)).toEqual([trades + orders]);
    exchange.close();
  });

  it('tells trades, orders and levels in order of sequence, once someone listens', () => {
    const exchange = new InProcessExchange({ directory });
    exchange.settle();
    const reader = exchange.subscribe();
    exchange.submit(limit('maker', 'm-1', Side.SELL, 7_000_000, 10));
    exchange.submit(limit('taker', 't-1', Side.BUY, 7_000_100, 4));
    exchange.settle();
    const messages: { event: string; data: Record<string, unknown> }[] = [];
    reader.poll((_type, offset, length) => {
      messages.push(JSON.parse(Buffer.from(reader.bytes.subarray(offset, offset + length)).toString()));
    }, 100);
    expect(messages.map(({ event }) => event)).toEqual([
      'order_update',
      'orderbook_delta',
      'new_trade',
      'order_update',
      'order_update',
      'orderbook_delta',
    ]);
    expect(messages[1].data).toEqual({
      instrument: 'BTC-USD',
      sequence: 1,
      changes: [['sell', '70000.00', '0.00000010']],
    });
    expect(messages[5].data).toEqual({
      instrument: 'BTC-USD',
      sequence: 2,
      changes: [['sell', '70000.00', '0.00000006']],
    });
    expect(messages[2].data).toMatchObject({ price: '70000.00', quantity: '0.00000004', side: 'buy' });
    exchange.close();
  });
});

function limit(client: string, key: string, side: Side, priceTicks: number, quantityLots: number): Command {
  const command = new Command();
  command.side = side;
  command.priceTicks = priceTicks;
  command.quantityLots = quantityLots;
  setTexts(command, client, key);
  return command;
}

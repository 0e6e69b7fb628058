// What the matching thread commands itself, and what an operator changes while it runs: journaled like any order, known
// to every thread, the same after a restart.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ALL_INSTRUMENTS,
  CommandType,
  InstrumentStatus,
  OrderFlag,
  OrderStatus,
  OrderType,
  RiskMode,
  SelfTrade,
  Side,
  TimeInForce,
} from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import { DEFAULT_INSTRUMENTS, type Instrument } from '../domain/instrument.ts';
import { Reason } from '../domain/reasons.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { OWN_GATEWAY, StartRefused } from '../matching/own-commands.ts';
import { exitCodeFor } from '../supervisor/exit-codes.ts';
import { type CommandOrigin, decodeCommand, decodeOrigin } from '../wire/command-codec.ts';
import {
  ORDER_EXECUTED_LOTS,
  ORDER_INSTRUMENT,
  ORDER_NUMBER,
  ORDER_REASON,
  ORDER_STATUS,
} from '../wire/order-codec.ts';
import { AnswerStatus, QueryType } from '../wire/query-codec.ts';
import * as R from '../wire/reply-codec.ts';
import { TRADE_INSTRUMENT, TRADE_QUANTITY_LOTS, tradeRecordLength } from '../wire/trade-codec.ts';
import { InProcessExchange, type InProcessOptions, type Reply } from './in-process-exchange.ts';
import { commandOf, definitionOf, limitOrder } from './testing/commands.ts';

const [BTC_USD] = DEFAULT_INSTRUMENTS;
const ETH_USD: Instrument = { ...BTC_USD, name: 'ETH-USD', base: 'ETH', priceScale: 1, quantityScale: 3 };
const PRICE = 7_000_000;

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-venue-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const start = (options: Partial<InProcessOptions> = {}) => new InProcessExchange({ directory, ...options });
const withInstruments = (instruments: readonly Instrument[] | undefined, riskMode: RiskMode = RiskMode.OFF) =>
  start({ venue: { riskMode, instruments } });

/** Submits, settles, and takes the replies. */
function send(exchange: InProcessExchange, ...commands: readonly Command[]): Reply[] {
  for (const command of commands) expect(exchange.submit(command)).toBe(true);
  exchange.settle();
  return exchange.replies();
}

/** An order that ends by itself in `us` microseconds. */
function goodTill(exchange: InProcessExchange, us: number, fields: Parameters<typeof limitOrder>[4] = {}): Command {
  const expiresUs = exchange.nowUs + us;
  return limitOrder('ann', Side.SELL, PRICE, 10, { timeInForce: TimeInForce.GTT, expiresUs, ...fields });
}

/** Every command of the journal: its sequence, type, batch time, and whether the matching thread itself gave it. */
function journaled(exchange: InProcessExchange) {
  const reader = new JournalReader(join(directory, 'journal'));
  const command = new Command();
  const origin: CommandOrigin = { gateway: 0, requestId: 0, receivedUs: 0 };
  const found: { sequence: number; type: number; timeUs: number; own: boolean }[] = [];
  for (;;) {
    const frame = reader.next(exchange.durableFrame);
    if (frame === undefined) break;
    let offset = frame.payloadStart;
    for (let k = 0; k < frame.recordCount; k++) {
      decodeOrigin(frame.view, offset, origin);
      offset += decodeCommand(frame.bytes, frame.view, offset, command);
      const own = origin.gateway === OWN_GATEWAY;
      found.push({ sequence: frame.firstSequence + k, type: command.type, timeUs: frame.timeUs, own });
    }
  }
  reader.close();
  return found;
}

const typesIn = (exchange: InProcessExchange) => journaled(exchange).map(({ type }) => type);

function statusOf(exchange: InProcessExchange, number: number): number {
  const { status, body } = exchange.ask(QueryType.ORDER, number);
  expect(status).toBe(AnswerStatus.OK);
  return body[ORDER_STATUS];
}

describe('an order good till a time', () => {
  it('ends by a journaled command within a millisecond, though nothing else happens', () => {
    const exchange = start();
    const order = goodTill(exchange, 2_500_000);
    send(exchange, order);
    exchange.runMatchingUntil(2);
    const [, expiry] = journaled(exchange);
    expect(expiry).toMatchObject({ sequence: 2, type: CommandType.EXPIRE_ORDERS, own: true });
    expect(expiry.timeUs).toBeGreaterThanOrEqual(order.expiresUs);
    expect(expiry.timeUs - order.expiresUs).toBeLessThan(1_000);
    expect(exchange.replies()).toEqual([]);
    expect(exchange.depth().asks).toEqual([]);
    expect(statusOf(exchange, 1)).toBe(OrderStatus.EXPIRED);
    exchange.close();
  });

  it('sleeps for as long as nothing is due', () => {
    const exchange = start();
    send(exchange, goodTill(exchange, 10_000_000));
    // A second at most, each time; the last is shorter.
    expect(exchange.runMatchingUntil(2)).toBe(10);
    exchange.close();
  });

  it('does not trade at its time, with commands that came in before the thread was awake', () => {
    const exchange = start();
    const order = goodTill(exchange, 1_000);
    send(exchange, order);
    exchange.submit(limitOrder('bob', Side.BUY, PRICE, 10));
    exchange.advance(order.expiresUs - exchange.nowUs);
    exchange.settle();
    expect(typesIn(exchange)).toEqual([CommandType.NEW_ORDER, CommandType.EXPIRE_ORDERS, CommandType.NEW_ORDER]);
    const [reply] = exchange.replies();
    expect(reply.readDoubleLE(R.REPLY_SEQUENCE)).toBe(3);
    expect(reply.readDoubleLE(R.REPLY_ORDER + ORDER_EXECUTED_LOTS)).toBe(0);
    exchange.close();
  });

  it('ends one after the other, each command taking all that are due', () => {
    const exchange = start();
    send(exchange, ...[3, 1, 2, 1].map((seconds) => goodTill(exchange, seconds * 1_000_000)));
    exchange.runMatchingUntil(7);
    const { NEW_ORDER, EXPIRE_ORDERS } = CommandType;
    expect(typesIn(exchange)).toEqual([...Array(4).fill(NEW_ORDER), ...Array(3).fill(EXPIRE_ORDERS)]);
    expect(exchange.depth().asks).toEqual([]);
    exchange.close();
  });

  it.each(['orderly', 'killed'])('is the same after a restart (%s), ended or not', (how) => {
    const first = start();
    send(first, goodTill(first, 1_000_000), goodTill(first, 8_000_000));
    first.runMatchingUntil(3);
    const digest = first.digest();
    if (how === 'orderly') first.close();
    const second = start();
    expect(second.recovered.sequence).toBe(3);
    expect(second.digest()).toBe(digest);
    expect(statusOf(second, 2)).toBe(OrderStatus.OPEN);
    second.runMatchingUntil(4);
    expect(statusOf(second, 2)).toBe(OrderStatus.EXPIRED);
    second.close();
  });
});

describe('the risk mode of the configuration', () => {
  it('is set by a journaled command when it is another', () => {
    const first = withInstruments(undefined, RiskMode.BALANCES);
    expect(journaled(first)).toMatchObject([{ type: CommandType.SET_RISK_MODE, own: true }]);
    const [poor] = send(first, limitOrder('ann', Side.SELL, PRICE, 10));
    expect([poor.readUInt16LE(R.REPLY_KIND), reasonIn(poor)]).toEqual([R.ReplyKind.APPLIED, Reason.INSUFFICIENT_FUNDS]);
    first.close();
    const second = withInstruments(undefined, RiskMode.BALANCES);
    expect(second.sequence).toBe(2);
    second.close();
    const third = withInstruments(undefined, RiskMode.OFF);
    expect(third.sequence).toBe(3);
    const [rich] = send(third, limitOrder('ann', Side.SELL, PRICE, 10));
    expect(reasonIn(rich)).toBe(0);
    third.close();
  });

  it('is refused while orders are live, with a sentence and exit code 64', () => {
    const first = start();
    send(first, limitOrder('ann', Side.SELL, PRICE, 10));
    first.close();
    const refused = () => withInstruments(undefined, RiskMode.BALANCES);
    expect(refused).toThrow(StartRefused);
    expect(refused).toThrow(/RINGBOOK_RISK=balances: .*no order is live\. 1 order is live under off: start with/);
    expect(exitCodeFor(new StartRefused(''))).toBe(64);
    const again = start();
    send(again, commandOf(CommandType.CANCEL_ORDER, { targetOrder: 1 }));
    again.close();
    withInstruments(undefined, RiskMode.BALANCES).close();
  });

  it('is not hindered by orders whose time was over when the process started', () => {
    const first = start();
    send(first, goodTill(first, 1_000_000));
    first.close();
    const second = start({ startUs: 2_000_000, venue: { riskMode: RiskMode.BALANCES, instruments: undefined } });
    expect(typesIn(second).slice(1)).toEqual([CommandType.EXPIRE_ORDERS, CommandType.SET_RISK_MODE]);
    second.close();
  });
});

function reasonIn(reply: Reply): number {
  return reply.readUInt16LE(R.REPLY_ORDER + ORDER_REASON);
}

const listed = (exchange: InProcessExchange) =>
  exchange.instruments.current.all.map(({ name, status }) => [name, status]);

describe('the instruments of the configuration', () => {
  const { OPEN, DELISTED, HALTED } = InstrumentStatus;

  it('are what a new journal trades; BTC-USD is delisted unless it is among them', () => {
    const first = withInstruments([ETH_USD]);
    expect(listed(first)).toEqual([
      ['BTC-USD', DELISTED],
      ['ETH-USD', OPEN],
    ]);
    const [btc, eth] = send(
      first,
      limitOrder('ann', Side.SELL, PRICE, 10),
      limitOrder('ann', Side.SELL, 30_000, 2_000, { instrument: 1 }),
    );
    expect([reasonIn(btc), reasonIn(eth)]).toEqual([Reason.UNKNOWN_INSTRUMENT, 0]);
    const depth = first.depth(1);
    expect(depth.asks).toEqual([{ price: 3_000, quantity: 2, cumulative: 2 }]);
    first.close();
    const second = withInstruments([ETH_USD]);
    expect([second.sequence, second.recovered.differences]).toEqual([first.sequence, []]);
    expect(second.depth(1)).toEqual(depth);
    second.close();
  });

  it('change the one that a new journal begins with, but never its scales', () => {
    expect(() => withInstruments([{ ...BTC_USD, priceScale: 3 }])).toThrow(/BTC-USD: Currencies and scales/);
    const exchange = withInstruments([{ ...BTC_USD, priceBandBps: 100 }, ETH_USD]);
    expect(exchange.instruments.current.all[0]).toMatchObject({ name: 'BTC-USD', priceBandBps: 100, status: OPEN });
    exchange.close();
  });

  it('are added to an older journal; what was changed at run time stays, and is named', () => {
    const first = start();
    send(
      first,
      definitionOf({ ...BTC_USD, takerFeeMillionths: 100 }),
      commandOf(CommandType.SET_INSTRUMENT_STATUS, { value: HALTED }),
    );
    first.close();
    const second = withInstruments([{ ...BTC_USD, priceBandBps: 7 }, ETH_USD]);
    expect(listed(second)).toEqual([
      ['BTC-USD', HALTED],
      ['ETH-USD', OPEN],
    ]);
    expect(second.recovered.differences).toEqual(['BTC-USD: price_band_bps, taker_fee_bps, status']);
    second.close();
    const third = withInstruments([ETH_USD]);
    expect([third.sequence, third.recovered.differences]).toEqual([3, []]);
    third.close();
  });
});

describe('an instrument that is defined at run time', () => {
  it('reaches the other threads with its first order and event, and is there after a restart', () => {
    const first = start();
    const reader = first.subscribe();
    first.settle();
    expect(first.instruments.current.all).toHaveLength(1);
    const [defined, ordered] = send(
      first,
      definitionOf(ETH_USD),
      limitOrder('ann', Side.BUY, 29_999, 1_500, { instrument: 1 }),
    );
    expect([defined.readUInt16LE(R.REPLY_KIND), defined.readDoubleLE(R.REPLY_VALUE)]).toEqual([R.ReplyKind.VALUE, 1]);
    expect(ordered.readUInt16LE(R.REPLY_ORDER + ORDER_INSTRUMENT)).toBe(1);
    expect(first.instruments.current.all[1]).toMatchObject(ETH_USD);
    const depth = first.depth(1);
    expect(depth.bids).toEqual([{ price: 2_999.9, quantity: 1.5, cumulative: 1.5 }]);
    expect(first.depth(0).bids).toEqual([]);
    const messages: { event: string; data: object }[] = [];
    reader.poll((_type, offset, length) => {
      messages.push(JSON.parse(Buffer.from(reader.bytes.subarray(offset, offset + length)).toString()));
    }, 100);
    expect(messages.map(({ event }) => event)).toEqual(['order_update', 'orderbook_delta']);
    expect(messages[1].data).toMatchObject({ instrument: 'ETH-USD', changes: [['buy', '2999.9', '1.500']] });
    const digest = first.digest();
    const second = start();
    expect(second.digest()).toBe(digest);
    expect(second.instruments.current.all[1]).toMatchObject(ETH_USD);
    expect(second.depth(1)).toEqual(depth);
    second.close();
  });

  it('has trades of its own', () => {
    const exchange = start();
    send(exchange, definitionOf(ETH_USD));
    const trade = (instrument: number, quantityLots: number) =>
      send(
        exchange,
        limitOrder('ann', Side.SELL, PRICE, quantityLots, { instrument }),
        limitOrder('bob', Side.BUY, PRICE, quantityLots, { instrument }),
      );
    for (const [instrument, lots] of [
      [0, 1],
      [1, 2],
      [1, 3],
      [0, 4],
      [1, 5],
    ])
      trade(instrument, lots);
    const tradesOf = (instrument: number, limit: number) => {
      const { body } = exchange.ask(QueryType.TRADES, 0, limit, exchange.sequence, instrument);
      const lots: number[] = [];
      for (let at = 0; at < body.length; at += tradeRecordLength(body, at)) {
        expect(body.readUInt16LE(at + TRADE_INSTRUMENT)).toBe(instrument);
        lots.push(body.readDoubleLE(at + TRADE_QUANTITY_LOTS));
      }
      return lots;
    };
    expect([tradesOf(0, 10), tradesOf(1, 10), tradesOf(1, 2), tradesOf(2, 10)]).toEqual([
      [4, 1],
      [5, 3, 2],
      [5, 3],
      [],
    ]);
    exchange.close();
  });

  it('changes its status for every thread', () => {
    const exchange = start();
    send(exchange, commandOf(CommandType.SET_INSTRUMENT_STATUS, { value: InstrumentStatus.HALTED }));
    expect(listed(exchange)).toEqual([['BTC-USD', InstrumentStatus.HALTED]]);
    exchange.close();
  });
});

describe('a reply', () => {
  it('says what a command about no single order came to, and the same for its key again', () => {
    const exchange = start();
    send(exchange, ...[1, 2, 3].map((n) => limitOrder('ann', Side.SELL, PRICE + n, 10)));
    const massCancel = () =>
      commandOf(CommandType.MASS_CANCEL, { instrument: ALL_INSTRUMENTS, side: 0 }, 'ann', 'cancel-1');
    const [first, again] = send(exchange, massCancel(), massCancel());
    expect([first.readUInt16LE(R.REPLY_KIND), first.readDoubleLE(R.REPLY_VALUE)]).toEqual([R.ReplyKind.VALUE, 3]);
    expect([again.readUInt16LE(R.REPLY_KIND), again.readDoubleLE(R.REPLY_VALUE)]).toEqual([R.ReplyKind.REPLAYED, 3]);
    expect([first.readUInt16LE(R.REPLY_ORDER_BYTES), again.readUInt16LE(R.REPLY_ORDER_BYTES)]).toEqual([0, 0]);
    expect(again.readDoubleLE(R.REPLY_RESULT_SEQUENCE)).toBe(4);
    exchange.close();
  });

  it('is about the asked order, not about stops that it triggers', () => {
    const exchange = start();
    const stop = { flags: OrderFlag.STOP, stopPriceTicks: PRICE, orderType: OrderType.MARKET } as const;
    send(
      exchange,
      limitOrder('ann', Side.SELL, PRICE, 5),
      limitOrder('ann', Side.SELL, PRICE + 1, 50),
      limitOrder('cid', Side.BUY, 0, 20, { ...stop, timeInForce: TimeInForce.IOC }),
    );
    const [reply] = send(exchange, limitOrder('bob', Side.BUY, PRICE, 5));
    expect(reply.readDoubleLE(R.REPLY_ORDER + ORDER_NUMBER)).toBe(4);
    expect([reply.readUInt32LE(R.REPLY_TRADES_TOTAL), reply.readUInt16LE(R.REPLY_FILLS)]).toEqual([1, 1]);
    expect(reply.readDoubleLE(R.REPLY_ORDER + reply.readUInt16LE(R.REPLY_ORDER_BYTES) + R.FILL_QUANTITY_LOTS)).toBe(5);
    expect(exchange.depth().asks).toEqual([{ price: 70_000.01, quantity: 3e-7, cumulative: 3e-7 }]);
    expect(statusOf(exchange, 3)).toBe(OrderStatus.FILLED);
    exchange.close();
  });

  it('shows the order as its own arrival left it, the same when its key comes again', () => {
    const exchange = start();
    const stop = { flags: OrderFlag.STOP, stopPriceTicks: PRICE, orderType: OrderType.MARKET } as const;
    const order = () =>
      commandOf(CommandType.NEW_ORDER, { side: Side.BUY, priceTicks: PRICE, quantityLots: 8 }, 'bob', 'key-1');
    send(
      exchange,
      limitOrder('ann', Side.SELL, PRICE, 5),
      limitOrder('cid', Side.SELL, 0, 3, { ...stop, timeInForce: TimeInForce.IOC }),
    );
    const [reply] = send(exchange, order());
    expect(reply.readDoubleLE(R.REPLY_ORDER + ORDER_EXECUTED_LOTS)).toBe(5);
    expect(statusOf(exchange, 3)).toBe(OrderStatus.FILLED);
    const [again] = send(exchange, order());
    const record = (whole: Reply) =>
      whole.subarray(R.REPLY_ORDER, R.REPLY_ORDER + whole.readUInt16LE(R.REPLY_ORDER_BYTES));
    expect(record(again)).toEqual(record(reply));
    expect([reply, again].map((one) => one.readUInt32LE(R.REPLY_TRADES_TOTAL))).toEqual([1, 1]);
    exchange.close();
  });

  it('keeps its fills when the order gets attributes between them', () => {
    const exchange = start();
    send(
      exchange,
      limitOrder('bob', Side.SELL, PRICE, 3),
      limitOrder('ann', Side.SELL, PRICE, 4),
      limitOrder('bob', Side.SELL, PRICE, 5),
    );
    const [reply] = send(exchange, limitOrder('ann', Side.BUY, PRICE, 12, { selfTrade: SelfTrade.DECREMENT }));
    const fills = R.REPLY_ORDER + reply.readUInt16LE(R.REPLY_ORDER_BYTES);
    const quantity = (fill: number) => reply.readDoubleLE(fills + fill * R.FILL_BYTES + R.FILL_QUANTITY_LOTS);
    expect([reply.readUInt16LE(R.REPLY_FILLS), quantity(0), quantity(1)]).toEqual([2, 3, 5]);
    exchange.close();
  });

  it('to a replacement shows the new order', () => {
    const exchange = start();
    send(exchange, limitOrder('ann', Side.SELL, PRICE, 10));
    const replacement = { targetOrder: 1, side: Side.SELL, priceTicks: PRICE + 5, quantityLots: 7 } as const;
    const [reply] = send(exchange, commandOf(CommandType.REPLACE_ORDER, replacement, 'ann'));
    expect(reply.readDoubleLE(R.REPLY_ORDER + ORDER_NUMBER)).toBe(2);
    expect([statusOf(exchange, 1), statusOf(exchange, 2)]).toEqual([OrderStatus.CANCELLED, OrderStatus.OPEN]);
    expect(exchange.depth().asks).toEqual([{ price: 70_000.05, quantity: 7e-8, cumulative: 7e-8 }]);
    exchange.close();
  });
});

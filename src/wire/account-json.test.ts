// Positions, balances, instruments and dry runs as clients read them.

import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { OrderRows } from '../domain/book/order-rows.ts';
import { Accounts } from '../domain/clearing/accounts.ts';
import { Amount } from '../domain/clearing/amount.ts';
import { Balances } from '../domain/clearing/balances.ts';
import { highLimb, lowLimb } from '../domain/clearing/exact.ts';
import { CommandType, InstrumentStatus, Side } from '../domain/codes.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { Reason } from '../domain/reasons.ts';
import { DryRun } from '../domain/rules/dry-run.ts';
import { balancesJson, positionsJson } from './account-json.ts';
import { dryRunJson } from './dry-run-json.ts';
import { appliedJson, instrumentFacts, instrumentListJson } from './instrument-json.ts';
import { InstrumentList } from './instrument-list.ts';
import * as S from './schemas.ts';

const [BTC] = DEFAULT_INSTRUMENTS;
const ETH = {
  ...BTC,
  name: 'ETH-USD',
  base: 'ETH',
  makerFeeMillionths: -25,
  takerFeeMillionths: 1_050,
  referencePriceTicks: 5,
};
const list = new InstrumentList([BTC, ETH]);
const instruments = { get: (index: number) => list.all[index], currencies: list.currencies };
const amount = (value: bigint) => new Amount().set(highLimb(value), lowLimb(value));

describe('positions', () => {
  const accounts = new Accounts(new OrderRows());
  const engine = { accounts, balances: new Balances(), instruments };
  const trade = (account: number, side: Side, price: number, lots: number, fee: bigint) =>
    accounts.trade(account, side, price, lots, new Amount().setProduct(price, lots), amount(fee));

  it('are what trades made of them, in every instrument', () => {
    const short = accounts.open(7, 1);
    trade(short, Side.SELL, 10_001, 200_000_000, 5n);
    trade(short, Side.SELL, 10_000, 100_000_000, -7n);
    const flat = accounts.open(7, 0);
    trade(flat, Side.BUY, 100, 5, 0n);
    trade(flat, Side.SELL, 101, 5, 0n);
    accounts.closeCycle(flat);
    accounts.setLimits(flat, {
      ...{ maxOpenOrders: 3, maxOrderLots: 5, maxOrderNotionalHigh: 1, maxOrderNotionalLow: 2, maxPositionLots: 7 },
    });
    const json: unknown = JSON.parse(positionsJson(engine, 7, 'alice'));
    expect(Compile(S.PositionsSchema).Check(json)).toBe(true);
    const none = { max_open_orders: null, max_order_quantity: null, max_order_notional: null, max_position: null };
    expect(json).toEqual({
      client_id: 'alice',
      positions: [
        {
          ...{ instrument: 'BTC-USD', net_quantity: '0.00000000', average_price: null, cost: '0.0000000000' },
          ...{ realised_profit: '0.0000000005', fees: '0.0000000000' },
          ...{ cycle_net_quantity: '0.00000000', cycle_net_amount: '0.0000000000' },
          ...{ open_orders: 0, open_buy_quantity: '0.00000000', open_sell_quantity: '0.00000000' },
          limits: {
            ...{ max_open_orders: 3, max_order_quantity: '0.00000005', max_order_notional: '28147.4976710658' },
            max_position: '0.00000007',
          },
        },
        {
          ...{ instrument: 'ETH-USD', net_quantity: '-3.00000000', average_price: '100.01', cost: '-300.0200000000' },
          ...{ realised_profit: '0.0000000000', fees: '-0.0000000002' },
          ...{ cycle_net_quantity: '-3.00000000', cycle_net_amount: '300.0200000002' },
          ...{ open_orders: 0, open_buy_quantity: '0.00000000', open_sell_quantity: '0.00000000', limits: none },
        },
      ],
    });
    expect(JSON.parse(positionsJson(engine, -1, 'bob'))).toEqual({ client_id: 'bob', positions: [] });
  });
});

describe('balances', () => {
  const balances = new Balances();
  const engine = { accounts: new Accounts(new OrderRows()), balances, instruments };

  it('are exact to fourteen decimals', () => {
    balances.adjust(3, 2, amount(10n ** 30n + 1n));
    balances.hold(balances.open(3, 2), amount(10n ** 29n));
    balances.adjust(3, 0, amount(7n));
    const json: unknown = JSON.parse(balancesJson(engine, 3, 'alice'));
    expect(Compile(S.BalancesSchema).Check(json)).toBe(true);
    expect(json).toEqual({
      client_id: 'alice',
      balances: [
        { currency: 'BTC', balance: '0.00000000000007', held: '0.00000000000000', available: '0.00000000000007' },
        {
          ...{ currency: 'ETH', balance: '10000000000000000.00000000000001', held: '1000000000000000.00000000000000' },
          available: '9000000000000000.00000000000001',
        },
      ],
    });
    expect(JSON.parse(balancesJson(engine, -1, 'bob'))).toEqual({ client_id: 'bob', balances: [] });
    expect(JSON.parse(balancesJson(engine, 4, 'eve'))).toEqual({ client_id: 'eve', balances: [] });
  });
});

describe('an instrument', () => {
  it('is written at its own scales', () => {
    expect(instrumentFacts(ETH)).toEqual({
      ...{
        name: 'ETH-USD',
        base: 'ETH',
        quote: 'USD',
        tick: '0.01',
        lot: '0.00000001',
        price_scale: 2,
        quantity_scale: 8,
      },
      ...{ min_price: '0.01', max_price: '100000000.00', min_quantity: '0.00000001', max_quantity: '1000000.00000000' },
      ...{ price_band_bps: 0, reference_price: '0.05', maker_fee_bps: '-0.25', taker_fee_bps: '10.50', status: 'open' },
    });
    expect(instrumentFacts(BTC)).toMatchObject({ reference_price: null, maker_fee_bps: '0.00' });
  });

  it('is listed under its number, unless it is delisted', () => {
    const gone = { ...BTC, name: 'OLD-USD', status: InstrumentStatus.DELISTED };
    const listed: unknown = JSON.parse(instrumentListJson(new InstrumentList([gone, BTC, ETH])));
    expect(Compile(Type.Array(S.InstrumentSchema)).Check(listed)).toBe(true);
    expect(listed).toEqual([
      { number: 1, ...instrumentFacts(BTC) },
      { number: 2, ...instrumentFacts(ETH) },
    ]);
  });

  it.each([
    [CommandType.MASS_CANCEL, 5, { cancelled: 5, sequence: 9 }, S.MassCancelReplySchema],
    [CommandType.DEFINE_INSTRUMENT, 1, { ...instrumentFacts(ETH), sequence: 9 }, S.InstrumentReplySchema],
    [CommandType.SET_INSTRUMENT_STATUS, 0, { ...instrumentFacts(BTC), sequence: 9 }, S.InstrumentReplySchema],
    [CommandType.CLOSE_SETTLEMENT, 3, { cycle: 3, sequence: 9 }, S.SettlementReplySchema],
    [CommandType.SET_KILL_SWITCH, 0, { sequence: 9 }, S.AppliedReplySchema],
    [CommandType.ADJUST_BALANCE, 0, { sequence: 9 }, S.AppliedReplySchema],
  ])('and what a command of type %d came to', (type, value, expected, schema) => {
    const json: unknown = JSON.parse(appliedJson(type, value, 9, list));
    expect(json).toEqual(expected);
    expect(Compile(schema).Check(json)).toBe(true);
  });
});

describe('a dry run', () => {
  it('says what would be traded and what would rest', () => {
    const report = new DryRun();
    report.reason = Reason.PRICE_BAND;
    report.executedLots = 150;
    for (let i = 0; i < 150; i++) {
      report.priceTicks.push(i + 1);
      report.quantityLots.push(1);
      report.makerOrders.push(i);
    }
    const json = JSON.parse(dryRunJson(report, BTC, 12));
    expect(Compile(S.DryRunSchema).Check(json)).toBe(true);
    expect(json).toMatchObject({ dry_run: true, sequence: 12, reason: 'price_band', trades_total: 150 });
    expect(json).toMatchObject({ filled_quantity: '0.00000150', resting_quantity: '0.00000000' });
    expect(json.trades).toHaveLength(100);
    expect(json.trades[99]).toEqual({ price: '1.00', quantity: '0.00000001' });
    report.clear();
    report.remainingLots = 7;
    expect(JSON.parse(dryRunJson(report, BTC, 0))).toMatchObject({ reason: null, resting_quantity: '0.00000007' });
  });
});

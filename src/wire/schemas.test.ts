// The schemas against the hand-written parsers and writers: both take, and give, the same.

import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { Side } from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { AdminRequestParser } from './admin-request.ts';
import { AmendRequestParser } from './amend-request.ts';
import { CancelRequestParser } from './cancel-request.ts';
import { InstrumentList } from './instrument-list.ts';
import { InstrumentRequestParser } from './instrument-request.ts';
import { OrderJsonWriter, REPLY_JSON_BYTES_MAX } from './order-json.ts';
import { OrderRequestParser, ReplaceRequestParser } from './order-request.ts';
import { problemJson } from './problem.ts';
import { PublicIds } from './public-id.ts';
import { REPLY_BYTES_MAX, REPLY_ORDER } from './reply-codec.ts';
import * as Q from './request-schemas.ts';
import * as S from './schemas.ts';
import { TRADE_RECORD_BYTES_MAX } from './trade-codec.ts';
import { TRADE_JSON_BYTES_MAX, TradeJsonWriter } from './trade-json.ts';

const list = new InstrumentList(DEFAULT_INSTRUMENTS);
const command = new Command();
const encoder = new TextEncoder();

/** Values no schema and no parser takes where a text or an amount is wanted, as JSON text. */
const junk = fc.constantFrom('null', 'true', '[]', '{}', '{"a":1}', '-1', '0', '""', '"\\u0000"', '"x\\ny"');
const often = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad });
const field = (good: readonly string[], bad: readonly string[] = []) =>
  often(fc.constantFrom(...good), fc.oneof(junk, fc.constantFrom('"other"', ...bad)));
const option = (value: fc.Arbitrary<string>, freq: number) => fc.option(value, { nil: undefined, freq });

/** There once in `weight` + 1 times. */
const rare = (value: fc.Arbitrary<string>, weight: number) =>
  fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

const texts = field(['"a"', '"key-1"', '"é"', `"${'x'.repeat(64)}"`], [`"${'x'.repeat(65)}"`, '"\\u007f"', '7']);
// Within the tick, the lot and the bounds, or wrong for any instrument: what lies between is for the parser alone.
const amounts = field(
  ['1', '0.5', '"2.50"', '1e2', '"1E+2"', '1000000', '0.01'],
  ['"0"', '"0e1"', '"-1"', '"01"', '"1."', '"e1"', '" 1"'],
);
const extras = often(
  fc.constant(undefined),
  fc.constantFrom('foo', '__proto__', 'constructor', 'toString', 'order_id', 'Side'),
);

function body(members: Record<string, string | undefined>, extra: string | undefined): string {
  const all = extra === undefined ? members : { ...Object.fromEntries(Object.entries(members)), [`${extra}`]: '1' };
  const pairs = Object.entries(all).filter(([, value]) => value !== undefined);
  if (extra === '__proto__') pairs.push(['__proto__', '1']);
  return `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

const times = field(
  [
    '1893456000000',
    '0.001',
    '"2030-01-01T00:00:00Z"',
    '"2030-12-31T23:59:59.123456+01:00"',
    '"2030-01-01T00:00:00.5Z"',
  ],
  ['"soon"', '"2030-01-01"', '"2030-01-01T00:00:00"', '"2030-01-01T00:00:00.1234567Z"'],
);

/** Any other text is a name that only the list could refuse. */
const named = field(['"BTC-USD"']).filter((text) => !text.startsWith('"') || text === '"BTC-USD"');

const orders = fc
  .record({
    idempotency_key: option(texts, 20),
    client_id: option(texts, 20),
    instrument: option(named, 3),
    side: option(field(['"buy"', '"sell"']), 20),
    type: option(field(['"limit"', '"limit"', '"market"']), 20),
    price: option(amounts, 3),
    quantity: option(amounts, 20),
    time_in_force: option(field(['"GTC"', '"IOC"', '"FOK"', '"GTT"', '"GTD"'], ['"gtc"']), 2),
    post_only: option(field(['true', 'false', 'false']), 2),
    stp: option(field(['"none"', '"dc"', '"co"', '"cn"', '"cb"'], ['"DC"']), 2),
    dry_run: option(field(['false', 'true']), 2),
    expires_at: rare(times, 2),
    stop_price: rare(amounts, 6),
    display_quantity: rare(field(['0.01', '"1e-2"'], ['"x"']), 7),
    quote_quantity: rare(amounts, 8),
    protection_price: rare(amounts, 9),
    max_slippage: rare(field(['1', '"0"', '0', '"0.00"', '"2.5"'], ['"x"']), 9),
  })
  .chain((members) => extras.map((extra) => body(members, extra)));
/** A hundredth of the quantity is the least that may be displayed, which a schema cannot say. */
const isShownEnough = (text: string) =>
  !text.includes('"display_quantity"') || !/"quantity":("?2\.50|"?1E\+?2|1000000)/i.test(text);
const changes = fc
  .record({
    client_id: option(texts, 3),
    idempotency_key: option(texts, 2),
    price: option(amounts, 2),
    quantity: option(amounts, 2),
  })
  .chain((members) => extras.map((extra) => body(members, extra)));

/** Too few decimals for the steps below, which a schema cannot say. */
const isNotZero = (text: string) => text !== '0';
const isNoText = (text: string) => !text.startsWith('"');
const statuses = ['"open"', '"post_only"', '"cancel_only"', '"halted"', '"delisted"'];
const flags = field(['true', 'false']);
const bodies = {
  status: fc.record({ status: option(field(statuses, ['"OPEN"', '"expired"']), 20) }),
  killSwitch: fc.record({ engaged: option(flags, 8), cancel_orders: option(flags, 2) }),
  limits: fc.record({
    instrument: option(named, 2),
    max_open_orders: option(field(['1', '100', '1e3'], ['1.5', '1e10']), 2),
    max_order_quantity: option(amounts, 2),
    max_order_notional: option(amounts, 2),
    max_position: option(amounts, 2),
  }),
  adjustment: fc.record({
    client_id: option(texts, 20),
    idempotency_key: option(texts, 20),
    currency: option(field(['"USD"', '"BTC"']), 20),
    amount: option(amounts, 20),
  }),
  instrument: fc.record({
    name: option(
      field(['"BTC-USD"', '"ETH-USD"', '"A/B.c_d"'.toUpperCase()], ['"-A"', '"eth"', `"${'A'.repeat(17)}"`]),
      20,
    ),
    base: fc.constantFrom('"ETH"', '"X1"', '"toolongname"', '1'),
    quote: field(['"USD"', '"EUR"'], ['"usd"']),
    tick: field(['"0.01"', '0.05', '1'], ['"0"']),
    lot: field(['"0.001"', '0.05', '1'], ['"0"']),
    price_scale: rare(field(['2', '4'], ['1.5', '-1', '15', '"x"']).filter(isNotZero), 2),
    quantity_scale: rare(field(['3', '4'], ['2.5', '-1', '15', '"x"']).filter(isNotZero), 2),
    min_price: rare(field(['1'], ['"x"']), 3),
    max_price: rare(field(['2000000'], ['"x"']), 3),
    min_quantity: rare(field(['1'], ['"x"']), 3),
    max_quantity: rare(field(['1000000'], ['"x"']), 3),
    price_band_bps: rare(field(['100', '0'], ['1.5', '10001']).filter(isNoText), 3),
    reference_price: rare(field(['0', '1', '"3"'], ['"x"']), 3),
    maker_fee_bps: rare(field(['"2.5"', '0'], ['"0.001"', '10001', '"x"']), 3),
    taker_fee_bps: rare(field(['10', '"10000.00"'], ['"1.001"', '"-"', '"--1"']), 3),
    status: rare(field(statuses, ['"x"']), 3),
  }),
};

/** Both must answer alike on every body, and each answer must have come often. */
function agree(
  bodies: fc.Arbitrary<string>,
  schema: { Check(value: unknown): boolean },
  parse: (bytes: Uint8Array) => boolean,
): void {
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(bodies, (text) => {
      const ours = parse(encoder.encode(text));
      expect({ text, accepted: ours }).toEqual({ text, accepted: schema.Check(JSON.parse(text)) });
      if (ours) accepted++;
      else refused++;
    }),
    { numRuns: 4_000 },
  );
  expect(accepted).toBeGreaterThan(200);
  expect(refused).toBeGreaterThan(200);
}

describe('parsers and schemas take the same', () => {
  it('orders', () => {
    const parser = new OrderRequestParser(list);
    agree(orders.filter(isShownEnough), Compile(Q.OrderRequestSchema), (bytes) =>
      parser.parse(bytes, 0, bytes.length, command),
    );
  });

  it('replacements', () => {
    const parser = new ReplaceRequestParser(list);
    const replaced = { number: 7, instrument: 0, side: Side.SELL };
    const withoutDryRun = orders.filter((text) => !text.includes('dry_run') && isShownEnough(text));
    agree(withoutDryRun, Compile(Q.ReplaceRequestSchema), (bytes) =>
      parser.parse(bytes, 0, bytes.length, replaced, command),
    );
  });

  it('cancels', () => {
    const parser = new CancelRequestParser();
    agree(changes, Compile(Q.CancelRequestSchema), (bytes) => parser.parse(bytes, 0, bytes.length, 1, command));
  });

  it('amends', () => {
    const parser = new AmendRequestParser(list);
    agree(changes, Compile(Q.AmendRequestSchema), (bytes) => parser.parse(bytes, 0, bytes.length, 1, 0, command));
  });
});

describe('the venue’s own bodies', () => {
  const admin = new AdminRequestParser(list);
  const instruments = new InstrumentRequestParser(list, true);
  const withExtra = (members: fc.Arbitrary<Record<string, string | undefined>>) =>
    members.chain((all) => extras.map((extra) => body(all, extra)));

  it('statuses', () => {
    agree(withExtra(bodies.status), Compile(Q.InstrumentStatusRequestSchema), (bytes) =>
      admin.instrumentStatus(bytes, 0, bytes.length, 0, command),
    );
  });

  it('kill switch', () => {
    agree(withExtra(bodies.killSwitch), Compile(Q.KillSwitchRequestSchema), (bytes) =>
      admin.killSwitch(bytes, 0, bytes.length, command),
    );
  });

  it('limits', () => {
    agree(withExtra(bodies.limits), Compile(Q.ClientLimitsRequestSchema), (bytes) =>
      admin.clientLimits(bytes, 0, bytes.length, 'alice', command),
    );
  });

  it('deposits and withdrawals', () => {
    agree(withExtra(bodies.adjustment), Compile(Q.BalanceAdjustmentRequestSchema), (bytes) =>
      admin.adjustBalance(bytes, 0, bytes.length, -1, command),
    );
  });

  it('instruments', () => {
    // What both fees come to together is beyond a schema.
    const withoutRebates = withExtra(bodies.instrument).filter((text) => !/fee_bps":"?-/.test(text));
    agree(withoutRebates, Compile(Q.InstrumentRequestSchema), (bytes) =>
      instruments.parse(bytes, 0, bytes.length, command),
    );
  });
});

describe('what is written fits its schema', () => {
  const ids = new PublicIds(5, 6);
  const decode = (bytes: Uint8Array, end: number): unknown =>
    JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));

  it('orders and replies', () => {
    const writer = new OrderJsonWriter(list, ids);
    const bytes = new Uint8Array(REPLY_BYTES_MAX);
    const view = new DataView(bytes.buffer);
    const out = new Uint8Array(REPLY_JSON_BYTES_MAX);
    const order = REPLY_ORDER;
    for (const [i, value] of [12, 1_777e12, 1_777e12, 7_000_000, 5e8, 1e8, 0, 7e14].entries()) {
      view.setFloat64(order + i * 8, value, true);
    }
    bytes.set([1, 1, 1, 0, 2, 5, 0, 0, 0, 0, 0, 0, 97, 98, 99, 100, 101], order + 68);
    view.setUint16(36, 2, true);
    view.setUint16(38, 88, true);
    for (let i = 0; i < 10; i++) view.setFloat64(order + 88 + i * 8, i + 1, true);
    const plain = decode(out, writer.writeOrder(out, 0, bytes, view, order));
    expect(plain).not.toHaveProperty('stop_price');
    expect(Compile(S.OrderSchema).Check(plain)).toBe(true);
    expect(Compile(S.CancelReplySchema).Check({ message: 'm', order: plain })).toBe(true);
    const reply = decode(out, writer.writeReply(out, 0, bytes, view, 0));
    expect(Compile(S.OrderReplySchema).Check(reply)).toBe(true);
    expect(Compile(S.OrderSchema).Check(reply)).toBe(false);
    expect(Compile(S.CancelReplySchema).Check({ message: 'm', order: reply })).toBe(false);
    bytes.set([32, 4], order + 74);
    for (let i = 0; i < 4; i++) view.setFloat64(order + 88 + i * 8, 1_000 + i, true);
    const rarest = decode(out, writer.writeOrder(out, 0, bytes, view, order));
    expect(rarest).toMatchObject({ stp: 'cb', stop_price: '10.02', triggered: false, display_quantity: '0.00001001' });
    expect(Compile(S.OrderSchema).Check(rarest)).toBe(true);
  });

  it('trades', () => {
    const writer = new TradeJsonWriter(list, ids);
    const bytes = new Uint8Array(TRADE_RECORD_BYTES_MAX);
    const view = new DataView(bytes.buffer);
    const out = new Uint8Array(TRADE_JSON_BYTES_MAX);
    for (let i = 0; i < 9; i++) view.setFloat64(i * 8, i + 1, true);
    bytes.set([0, 0, 1, 1, 1], 72);
    bytes.set([97, 98], 80);
    const plain = decode(out, writer.writeTrade(out, 0, bytes, view, 0, false));
    expect(Compile(S.TradeSchema).Check(plain)).toBe(true);
    const detailed = decode(out, writer.writeTrade(out, 0, bytes, view, 0, true));
    expect(Compile(S.TradeSchema).Check(detailed)).toBe(false);
    expect(Compile(S.DetailedTradeSchema).Check(detailed)).toBe(true);
    const withFees = decode(out, writer.writeTrade(out, 0, bytes, view, 0, true, true));
    expect(withFees).toMatchObject({ maker_fee: '0.0000000000', taker_fee: '0.0000000000' });
    expect(Compile(S.DetailedTradeSchema).Check(withFees)).toBe(true);
  });

  it('problems', () => {
    const problem: unknown = JSON.parse(problemJson({ code: 'ring_full', detail: 'd', requestId: 'r' }));
    expect(Compile(S.ProblemSchema).Check(problem)).toBe(true);
  });

  it('is plain JSON Schema', () => {
    for (const schema of [...Object.values(Q), ...Object.values(S)])
      expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});

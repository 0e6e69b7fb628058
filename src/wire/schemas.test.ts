// The schemas against the hand-written parsers and writers: both take, and give, the same.

import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { Command } from '../domain/command.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { AmendRequestParser } from './amend-request.ts';
import { CancelRequestParser } from './cancel-request.ts';
import { OrderJsonWriter, REPLY_JSON_BYTES_MAX } from './order-json.ts';
import { OrderRequestParser } from './order-request.ts';
import { problemJson } from './problem.ts';
import { PublicIds } from './public-id.ts';
import { REPLY_BYTES_MAX } from './reply-codec.ts';
import * as S from './schemas.ts';
import { TRADE_RECORD_BYTES_MAX } from './trade-codec.ts';
import { TRADE_JSON_BYTES_MAX, TradeJsonWriter } from './trade-json.ts';

const command = new Command();
const encoder = new TextEncoder();

/** Values no schema and no parser takes where a text or an amount is wanted, as JSON text. */
const junk = fc.constantFrom('null', 'true', '[]', '{}', '{"a":1}', '-1', '0', '""', '"\\u0000"', '"x\\ny"');
const often = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad });
const field = (good: readonly string[], bad: readonly string[] = []) =>
  often(fc.constantFrom(...good), fc.oneof(junk, fc.constantFrom('"other"', ...bad)));
const option = (value: fc.Arbitrary<string>, freq: number) => fc.option(value, { nil: undefined, freq });

const texts = field(['"a"', '"key-1"', '"é"', `"${'x'.repeat(64)}"`], [`"${'x'.repeat(65)}"`, '"\\u007f"', '7']);
// Within the tick, the lot and the bounds, or wrong for any instrument: what lies between is for the parser alone.
const amounts = field(
  ['1', '0.5', '"2.50"', '1e2', '"1E+2"', '1000000', '0.01'],
  ['"0"', '"0e1"', '"-1"', '"01"', '"1."', '"e1"', '" 1"'],
);
const extras = often(
  fc.constant(undefined),
  fc.constantFrom('foo', '__proto__', 'constructor', 'toString', 'expires_at', 'stop_price'),
);

function body(members: Record<string, string | undefined>, extra: string | undefined): string {
  const all = extra === undefined ? members : { ...Object.fromEntries(Object.entries(members)), [`${extra}`]: '1' };
  const pairs = Object.entries(all).filter(([, value]) => value !== undefined);
  if (extra === '__proto__') pairs.push(['__proto__', '1']);
  return `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

const orders = fc
  .record({
    idempotency_key: option(texts, 20),
    client_id: option(texts, 20),
    instrument: option(
      field(['"BTC-USD"']).filter((text) => !text.startsWith('"') || text === '"BTC-USD"'),
      3,
    ),
    side: option(field(['"buy"', '"sell"']), 20),
    type: option(field(['"limit"', '"limit"', '"market"']), 20),
    price: option(amounts, 3),
    quantity: option(amounts, 20),
    time_in_force: option(field(['"GTC"', '"IOC"'], ['"FOK"', '"GTT"', '"gtc"']), 2),
    post_only: option(field(['true', 'false', 'false']), 2),
    stp: option(field(['"none"'], ['"dc"']), 2),
    dry_run: option(field(['false']), 2),
  })
  .chain((members) => extras.map((extra) => body(members, extra)));
const changes = fc
  .record({
    client_id: option(texts, 3),
    idempotency_key: option(texts, 2),
    price: option(amounts, 2),
    quantity: option(amounts, 2),
  })
  .chain((members) => extras.map((extra) => body(members, extra)));

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
    const parser = new OrderRequestParser(DEFAULT_INSTRUMENTS);
    agree(orders, Compile(S.OrderRequestSchema), (bytes) => parser.parse(bytes, 0, bytes.length, command));
  });

  it('cancels', () => {
    const parser = new CancelRequestParser();
    agree(changes, Compile(S.CancelRequestSchema), (bytes) => parser.parse(bytes, 0, bytes.length, 1, command));
  });

  it('amends', () => {
    const parser = new AmendRequestParser(DEFAULT_INSTRUMENTS);
    agree(changes, Compile(S.AmendRequestSchema), (bytes) => parser.parse(bytes, 0, bytes.length, 1, 0, command));
  });
});

describe('what is written fits its schema', () => {
  const ids = new PublicIds(5, 6);
  const decode = (bytes: Uint8Array, end: number): unknown =>
    JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));

  it('orders and replies', () => {
    const writer = new OrderJsonWriter(DEFAULT_INSTRUMENTS, ids);
    const bytes = new Uint8Array(REPLY_BYTES_MAX);
    const view = new DataView(bytes.buffer);
    const out = new Uint8Array(REPLY_JSON_BYTES_MAX);
    const order = 40;
    for (const [i, value] of [12, 1_777e12, 1_777e12, 7_000_000, 5e8, 1e8, 0, 7e14].entries()) {
      view.setFloat64(order + i * 8, value, true);
    }
    bytes.set([1, 1, 1, 0, 2, 5, 0, 0, 0, 0, 0, 0, 97, 98, 99, 100, 101], order + 68);
    view.setUint16(36, 2, true);
    view.setUint16(38, 88, true);
    for (let i = 0; i < 10; i++) view.setFloat64(order + 88 + i * 8, i + 1, true);
    const plain = decode(out, writer.writeOrder(out, 0, bytes, view, order));
    expect(Compile(S.OrderSchema).Check(plain)).toBe(true);
    expect(Compile(S.CancelReplySchema).Check({ message: 'm', order: plain })).toBe(true);
    const reply = decode(out, writer.writeReply(out, 0, bytes, view, 0));
    expect(Compile(S.OrderReplySchema).Check(reply)).toBe(true);
    expect(Compile(S.OrderSchema).Check(reply)).toBe(false);
    expect(Compile(S.CancelReplySchema).Check({ message: 'm', order: reply })).toBe(false);
  });

  it('trades', () => {
    const writer = new TradeJsonWriter(DEFAULT_INSTRUMENTS, ids);
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
  });

  it('problems', () => {
    const problem: unknown = JSON.parse(problemJson({ code: 'ring_full', detail: 'd', requestId: 'r' }));
    expect(Compile(S.ProblemSchema).Check(problem)).toBe(true);
  });

  it('is plain JSON Schema', () => {
    for (const schema of Object.values(S)) expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});

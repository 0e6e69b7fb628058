// Idempotency keys and their first results in a snapshot. Pure.
//
//   fields of KEY; those of RARE when it says so; the key's bytes; the order (order-format.ts), zeros in a refusal's

import { COMMAND_TYPE_MAX } from '../codes.ts';
import { IDEMPOTENCY_KEY_BYTES_MAX } from '../command.ts';
import { Counter, type EngineState } from '../engine-state.ts';
import { AskedCommand, PLAIN_NUMBERS, RARE_NUMBERS } from '../idempotency/asked-command.ts';
import { ResultKind } from '../idempotency/result-rows.ts';
import { type ByteReader, type ByteWriter, SnapshotError } from './byte-stream.ts';
import { ORDER_BYTES_MAX, readOrder, writeOrder } from './order-format.ts';
import { Cell, type Field, field, RecordFormat } from './record-format.ts';

const { COUNT, SIGNED, U8, U16, U32 } = Cell;

/** What a key's row holds besides the key and the order, as plain numbers: scratch. */
class KeyFacts {
  client = 0;
  keyLength = 0;
  sequence = 0;
  kind: ResultKind = ResultKind.ORDER;
  /** The first trade, or a value. */
  outcome = 0;
  tradeCount = 0;
  /** 1 when rare numbers follow. */
  rare = 0;
  readonly asked = new AskedCommand();
}

const KEY = new RecordFormat<KeyFacts>([
  field(
    'client of a key',
    U32,
    (k) => k.client,
    (k, _, v) => (k.client = v),
  ),
  field(
    'length of a key',
    U8,
    (k) => k.keyLength,
    (k, _, v) => (k.keyLength = v),
    IDEMPOTENCY_KEY_BYTES_MAX,
  ),
  field(
    'kind of result',
    U8,
    (k) => k.kind,
    (k, _, v) => (k.kind = v as ResultKind),
    ResultKind.VALUE,
  ),
  field(
    'sequence of a key',
    COUNT,
    (k) => k.sequence,
    (k, _, v) => (k.sequence = v),
  ),
  field(
    'outcome of a key',
    COUNT,
    (k) => k.outcome,
    (k, _, v) => (k.outcome = v),
  ),
  field(
    'trades of a key',
    U32,
    (k) => k.tradeCount,
    (k, _, v) => (k.tradeCount = v),
  ),
  field(
    'asked head',
    U32,
    (k) => k.asked.head >>> 0,
    (k, _, v) => (k.asked.head = v | 0),
  ),
  field(
    'asked terms',
    U16,
    (k) => k.asked.terms,
    (k, _, v) => (k.asked.terms = v),
  ),
  field(
    'rare numbers',
    U8,
    (k) => k.rare,
    (k, _, v) => (k.rare = v),
    1,
  ),
  ...askedNumbers(0, PLAIN_NUMBERS),
]);

const RARE = new RecordFormat<KeyFacts>(askedNumbers(PLAIN_NUMBERS, RARE_NUMBERS));

export const KEY_BYTES_MAX = KEY.bytes + RARE.bytes + IDEMPOTENCY_KEY_BYTES_MAX + ORDER_BYTES_MAX;

function askedNumbers(from: number, count: number): Field<KeyFacts>[] {
  return Array.from({ length: count }, (_, i) =>
    field(
      'asked number',
      SIGNED,
      (k) => k.asked.numbers[from + i],
      (k, _row, v) => (k.asked.numbers[from + i] = v),
    ),
  );
}

/** Writes all keys, oldest first. */
export function writeKeys(writer: ByteWriter, { keys }: EngineState): void {
  const { results } = keys;
  const facts = new KeyFacts();
  for (let age = 0; age < keys.size; age++) {
    const row = keys.rowAt(age);
    facts.client = results.orders.client(row);
    facts.keyLength = results.keyLength(row);
    facts.sequence = results.sequence(row);
    facts.kind = results.kind(row);
    facts.outcome = results.isValue(row) ? results.value(row) : results.firstTrade(row);
    facts.tradeCount = results.tradeCount(row);
    results.readAsked(row, facts.asked);
    facts.rare = RARE.isZero(facts, 0) ? 0 : 1;
    KEY.write(writer, facts, 0);
    if (facts.rare !== 0) RARE.write(writer, facts, 0);
    writer.offset += results.copyKeyTo(row, writer.bytes, writer.offset);
    writeOrder(writer, results.orders, row);
  }
}

/** Adds `count` keys to a state that has none. */
export function readKeys(reader: ByteReader, state: EngineState, count: number): void {
  const facts = new KeyFacts();
  let before = 0;
  for (let i = 0; i < count; i++) {
    KEY.read(reader, facts, 0);
    facts.asked.numbers.fill(0, PLAIN_NUMBERS);
    facts.asked.isRare = facts.rare !== 0;
    if (facts.rare !== 0) RARE.read(reader, facts, 0);
    const type = facts.asked.head & 255;
    const isSound =
      facts.client < state.clients.count &&
      facts.keyLength >= 1 &&
      facts.kind >= ResultKind.ORDER &&
      facts.sequence > before &&
      facts.sequence <= state.counters[Counter.SEQUENCE] &&
      facts.rare === (RARE.isZero(facts, 0) ? 0 : 1) &&
      type >= 1 &&
      type <= COMMAND_TYPE_MAX;
    if (!isSound) throw new SnapshotError(`snapshot: key ${i} cannot be`);
    readKey(reader, state, facts);
    before = facts.sequence;
  }
}

function readKey(reader: ByteReader, { keys }: EngineState, facts: KeyFacts): void {
  const { results } = keys;
  const { client, keyLength, sequence } = facts;
  const start = reader.skip(keyLength);
  if (keys.find(client, reader.bytes, start, keyLength) >= 0) {
    throw new SnapshotError(`snapshot: the key of command ${sequence} appears twice`);
  }
  const row = keys.add(client, reader.bytes, start, keyLength);
  results.setSequence(row, sequence);
  results.setOutcome(row, facts.kind, facts.outcome, facts.tradeCount);
  results.setAsked(row, facts.asked);
  readOrder(reader, results.orders, row);
  if (results.orders.client(row) !== client) {
    throw new SnapshotError(`snapshot: the result of command ${sequence} is another client's`);
  }
}

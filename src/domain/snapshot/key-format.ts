// Idempotency keys and their first results in a snapshot, in blocks (column-block.ts). Pure.
//
//   block   columns of KeyBlock; those of the orders (order-format.ts), zeros in a refusal's; the bytes of all keys

import { COMMAND_TYPE_MAX } from '../codes.ts';
import { IDEMPOTENCY_KEY_BYTES_MAX } from '../command.ts';
import { Counter, type EngineState } from '../engine-state.ts';
import { AskedCommand, PLAIN_NUMBERS } from '../idempotency/asked-command.ts';
import { ResultKind, type ResultRows } from '../idempotency/result-rows.ts';
import { type ByteReader, type ByteWriter, SnapshotError } from './byte-stream.ts';
import { BLOCK_ROWS, Column, readColumns, writeColumns } from './column-block.ts';
import { OrderBlock } from './order-format.ts';

const U16 = 2 ** 16 - 1;
const U32 = 2 ** 32 - 1;

/** What the rows of a block of keys hold besides the keys themselves. The client is the order's. */
class KeyBlock {
  readonly orders: OrderBlock;
  readonly keyLength: Column;
  readonly sequence: Column;
  private readonly kind: Column;
  /** The first trade, or a value. */
  private readonly outcome: Column;
  private readonly tradeCount: Column;
  readonly head: Column;
  private readonly terms: Column;
  private readonly numbers: readonly Column[];
  private readonly columns: readonly Column[];
  private readonly asked = new AskedCommand();

  constructor(rows: number) {
    this.orders = new OrderBlock(rows);
    this.keyLength = new Column(rows, 'length of a key', IDEMPOTENCY_KEY_BYTES_MAX, 1);
    this.sequence = new Column(rows, 'sequence of a key');
    this.kind = new Column(rows, 'kind of result', ResultKind.VALUE, ResultKind.ORDER);
    this.outcome = new Column(rows, 'outcome of a key');
    this.tradeCount = new Column(rows, 'trades of a key', U32);
    this.head = new Column(rows, 'asked head', U32);
    this.terms = new Column(rows, 'asked terms', U16);
    this.numbers = Array.from(
      this.asked.numbers,
      () => new Column(rows, 'asked number', Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
    );
    const { keyLength, sequence, kind, outcome, tradeCount, head, terms, numbers } = this;
    this.columns = [keyLength, sequence, kind, outcome, tradeCount, head, terms, ...numbers];
  }

  write(writer: ByteWriter, count: number): void {
    writeColumns(writer, this.columns, count);
    this.orders.write(writer, count);
  }

  read(reader: ByteReader, count: number): void {
    readColumns(reader, this.columns, count);
    this.orders.read(reader, count);
  }

  gather(i: number, results: ResultRows, row: number): void {
    const { asked, numbers } = this;
    this.keyLength.values[i] = results.keyLength(row);
    this.sequence.values[i] = results.sequence(row);
    this.kind.values[i] = results.kind(row);
    this.outcome.values[i] = results.isValue(row) ? results.value(row) : results.firstTrade(row);
    this.tradeCount.values[i] = results.tradeCount(row);
    results.readAsked(row, asked);
    this.head.values[i] = asked.head >>> 0;
    this.terms.values[i] = asked.terms;
    for (let k = 0; k < numbers.length; k++) numbers[k].values[i] = asked.numbers[k];
    this.orders.gather(i, results.orders, row);
  }

  scatter(i: number, results: ResultRows, row: number): void {
    const { asked, numbers } = this;
    results.setSequence(row, this.sequence.values[i]);
    results.setOutcome(row, this.kind.values[i] as ResultKind, this.outcome.values[i], this.tradeCount.values[i]);
    asked.head = this.head.values[i] | 0;
    asked.terms = this.terms.values[i];
    asked.isRare = false;
    for (let k = 0; k < numbers.length; k++) {
      asked.numbers[k] = numbers[k].values[i];
      if (k >= PLAIN_NUMBERS && asked.numbers[k] !== 0) asked.isRare = true;
    }
    results.setAsked(row, asked);
    this.orders.scatter(i, results.orders, row);
  }
}

/** Writes all keys, oldest first. */
export function writeKeys(writer: ByteWriter, { keys }: EngineState): void {
  const { results } = keys;
  const block = new KeyBlock(Math.min(BLOCK_ROWS, keys.size));
  for (let from = 0; from < keys.size; from += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, keys.size - from);
    for (let i = 0; i < count; i++) block.gather(i, results, keys.rowAt(from + i));
    block.write(writer, count);
    for (let i = 0; i < count; i++) {
      results.copyKeyTo(keys.rowAt(from + i), writer.bytes, writer.take(block.keyLength.values[i]));
    }
  }
}

/** Adds `count` keys to a state that has none. */
export function readKeys(reader: ByteReader, state: EngineState, count: number): void {
  const { keys } = state;
  const block = new KeyBlock(Math.min(BLOCK_ROWS, count));
  let before = 0;
  keys.reserve(count);
  for (let from = 0; from < count; from += BLOCK_ROWS) {
    const rows = Math.min(BLOCK_ROWS, count - from);
    block.read(reader, rows);
    before = requireSound(block, rows, before, state);
    addKeys(reader, state, block, rows);
    const twin = keys.index(from, rows);
    if (twin >= 0) {
      throw new SnapshotError(`snapshot: the key of command ${keys.results.sequence(twin)} appears twice`);
    }
  }
}

/** Returns the last sequence. */
function requireSound(block: KeyBlock, rows: number, last: number, { clients, counters }: EngineState): number {
  let before = last;
  for (let i = 0; i < rows; i++) {
    const sequence = block.sequence.values[i];
    const type = block.head.values[i] & 255;
    const isSound =
      block.orders.clientAt(i) < clients.count &&
      sequence > before &&
      sequence <= counters[Counter.SEQUENCE] &&
      type >= 1 &&
      type <= COMMAND_TYPE_MAX;
    if (!isSound) throw new SnapshotError(`snapshot: the key of command ${sequence} cannot be`);
    before = sequence;
  }
  return before;
}

function addKeys(reader: ByteReader, { keys }: EngineState, block: KeyBlock, rows: number): void {
  for (let i = 0; i < rows; i++) {
    const length = block.keyLength.values[i];
    const row = keys.addUnindexed(block.orders.clientAt(i), reader.bytes, reader.skip(length), length);
    block.scatter(i, keys.results, row);
  }
}

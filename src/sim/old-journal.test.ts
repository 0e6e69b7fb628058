// A journal as it was written before commands had extensions and the matching thread commands of its own: 80 commands,
// by rules 1, with what the engine of that time made of them: orders and depth. A start refuses it, since its rules are
// others. Its records are read for ever: written by the rules of today, they lead to the same, which rules 2 promise too.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { OtherRules } from '../journal/errors.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { JournalWriter } from '../journal/journal-writer.ts';
import { recoverJournal } from '../journal/recover.ts';
import { ExitCode, exitCodeFor } from '../supervisor/exit-codes.ts';
import { ORDER_EXECUTED_LOTS, ORDER_PRICE_TICKS, ORDER_QUANTITY_LOTS, ORDER_STATUS } from '../wire/order-codec.ts';
import { QueryType } from '../wire/query-codec.ts';
import { InProcessExchange } from './in-process-exchange.ts';

/** `orders`: number, status, price, quantity, executed. `journal`: the one segment, gzip in base64. */
interface OldJournal {
  readonly file: string;
  readonly journal: string;
  readonly sequence: number;
  readonly asks: object[];
  readonly bids: object[];
  readonly orders: readonly (readonly number[])[];
}

const OLD: OldJournal = JSON.parse(readFileSync(new URL('testing/old-journal.json', import.meta.url), 'utf8'));

/** A data directory with the old journal. */
function oldDirectory(): string {
  const directory = emptyDirectory();
  mkdirSync(join(directory, 'journal'));
  writeFileSync(join(directory, 'journal', OLD.file), gunzipSync(Buffer.from(OLD.journal, 'base64')));
  return directory;
}

function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ringbook-old-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A data directory with the records of the old journal, byte by byte, in frames of other rules. */
function rewritten(rulesVersion: number): string {
  const directory = emptyDirectory();
  const journal = join(directory, 'journal');
  const { position } = recoverJournal(journal, { newJournalId: () => [1, 2] }, () => {});
  const writer = JournalWriter.open(journal, position, { durability: 'os', segmentBytes: 2 ** 20, rulesVersion });
  const reader = new JournalReader(join(oldDirectory(), 'journal'));
  while (writer.nextSequence <= OLD.sequence) {
    const frame = reader.next(Number.POSITIVE_INFINITY);
    if (frame === undefined) throw new Error('the old journal is shorter than it says');
    if (frame.recordCount === 0) continue;
    const { payloadStart, payloadLength, recordCount, firstSequence, timeUs } = frame;
    writer.bytes.set(frame.bytes.subarray(payloadStart, payloadStart + payloadLength), writer.payloadStart);
    writer.append(payloadLength, recordCount, firstSequence, timeUs);
  }
  reader.close();
  writer.close(false);
  return directory;
}

it('is refused by a start, which says whose rules they are and what to do, and is left as it was', () => {
  const directory = oldDirectory();
  const file = join(directory, 'journal', OLD.file);
  const before = readFileSync(file);
  const start = () => new InProcessExchange({ directory });
  expect(start).toThrow(OtherRules);
  expect(start).toThrow(/rules 1: frame 1 says so, and this build applies rules 2 only.*Start the build that wrote it/);
  expect(exitCodeFor({ name: OtherRules.name, message: '' })).toBe(ExitCode.DATA);
  expect(readFileSync(file).equals(before)).toBe(true);
});

it('is refused also when its rules are newer', () => {
  expect(() => new InProcessExchange({ directory: rewritten(3) })).toThrow(OtherRules);
});

it('holds records that lead to the same orders and the same book', () => {
  const exchange = new InProcessExchange({ directory: rewritten(2) });
  expect(exchange.recovered).toMatchObject({ sequence: OLD.sequence, cut: undefined });
  expect(exchange.depth()).toEqual({ instrument: 'BTC-USD', sequence: OLD.sequence, asks: OLD.asks, bids: OLD.bids });
  const orders = OLD.orders.map(([number]) => {
    const { body } = exchange.ask(QueryType.ORDER, number);
    const amounts = [ORDER_PRICE_TICKS, ORDER_QUANTITY_LOTS, ORDER_EXECUTED_LOTS].map((at) => body.readDoubleLE(at));
    return [number, body[ORDER_STATUS], ...amounts];
  });
  expect(orders).toEqual(OLD.orders);
  exchange.close();
});

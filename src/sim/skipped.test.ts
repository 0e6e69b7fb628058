// Commands that an operator has ruled out (JOURNAL.md, "SKIPPED"): all who replay pass them over, and a file that does not belong
// to the journal, or is not whole, is refused.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CommandType, Side } from '../domain/codes.ts';
import { Reason } from '../domain/reasons.ts';
import { FrameCursor, Verdict } from '../journal/frame-cursor.ts';
import { addSkipped, type SkippedCommand, skippedPath } from '../journal/skipped.ts';
import { REPLY_KIND, REPLY_REASON, ReplyKind } from '../wire/reply-codec.ts';
import { InProcessExchange } from './in-process-exchange.ts';
import { commandOf } from './testing/commands.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-skipped-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const journal = () => join(directory, 'journal');
const order = (key: string, side: Side) =>
  commandOf(CommandType.NEW_ORDER, { side, priceTicks: 100, quantityLots: 5 }, 'ann', key);

/** A bid, an ask that takes it, and a bid: two frames, the first with both. Killed. */
function trade(): void {
  const exchange = new InProcessExchange({ directory });
  for (const [key, side] of [
    ['one', Side.BUY],
    ['two', Side.SELL],
  ] as const)
    exchange.submit(order(key, side));
  exchange.settle();
  exchange.submit(order('three', Side.BUY));
  exchange.settle();
}

/** What is written to rule out a command. */
function ruling(sequence: number): SkippedCommand {
  const cursor = new FrameCursor(journal());
  try {
    while (cursor.next(Number.POSITIVE_INFINITY) === Verdict.VALID) {
      const { number: frame, firstSequence, recordCount, chain, journalIdHigh, journalIdLow } = cursor.frame;
      if (sequence < firstSequence || sequence >= firstSequence + recordCount) continue;
      const sha256 = Buffer.from(chain).toString('hex');
      return {
        sequence,
        frame,
        sha256,
        journalIdHigh,
        journalIdLow,
        reason: 'it "fails"\nalways',
        at: '2026-01-01T00:00:00Z',
      };
    }
  } finally {
    cursor.close();
  }
  throw new Error(`no command ${sequence}`);
}

it('passes them over wherever the journal is replayed, and answers their keys so', () => {
  trade();
  addSkipped(journal(), ruling(2));
  addSkipped(journal(), ruling(3));
  const exchange = new InProcessExchange({ directory });
  exchange.settle();
  expect([exchange.sequence, exchange.depth()]).toMatchObject([3, { asks: [], bids: [{}] }]);
  expect(exchange.followerDigest()).toBe(exchange.matchingDigest());
  exchange.submit(order('two', Side.SELL));
  exchange.settle();
  const [reply] = exchange.replies();
  expect([reply?.readUInt16LE(REPLY_KIND), reply?.readUInt16LE(REPLY_REASON)]).toEqual([
    ReplyKind.REFUSED,
    Reason.COMMAND_SKIPPED,
  ]);
  exchange.takeSnapshot();
  const digest = exchange.digest();
  const again = new InProcessExchange({ directory });
  again.settle();
  expect([again.recovered.snapshotSequence, again.digest()]).toEqual([4, digest]);
});

it('is refused with a journal of another history, or one that ends before', () => {
  trade();
  const right = ruling(3);
  const rules = (wrong: Partial<SkippedCommand>) => {
    rmSync(skippedPath(journal()), { force: true });
    addSkipped(journal(), { ...right, ...wrong });
  };
  rules({ sha256: 'ab'.repeat(32) });
  expect(() => new InProcessExchange({ directory })).toThrow('SKIPPED (command 3) says frame 3 has hash abab');
  rules({ frame: 9 });
  expect(() => new InProcessExchange({ directory })).toThrow('SKIPPED (command 3) says that frame 9 was acknowledged');
  rules({ journalIdLow: 99 });
  expect(() => new InProcessExchange({ directory })).toThrow('SKIPPED (command 3) belongs to another journal');
  rules({ sequence: 7 });
  expect(() => new InProcessExchange({ directory })).toThrow(
    'SKIPPED says that command 7 is in this frame, which it is not',
  );
  rules({});
  expect(new InProcessExchange({ directory }).recovered.sequence).toBe(3);
});

it('is refused when it is damaged, whichever byte, or a newer release has written it', () => {
  trade();
  addSkipped(journal(), ruling(2));
  const path = skippedPath(journal());
  const whole = readFileSync(path);
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] ^= 1;
    writeFileSync(path, damaged);
    expect(() => new FrameCursor(journal()), `byte ${at}`).toThrow('the journal is damaged');
    writeFileSync(path, whole.subarray(0, at));
    expect(() => new FrameCursor(journal()), `cut to ${at}`).toThrow('its checksum is wrong');
  }
  writeFileSync(path, 'ringbook-skipped 2 01234567\n');
  expect(() => new FrameCursor(journal())).toThrow('written by a newer release (format version 2)');
});

// A journal of format 1 and rules 2 with state digests, kept as it was written: two starts, 90 commands of most kinds in 52
// frames. Every later release must replay it to the same digests and the same book, or say by its rules version that it does not.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { Command } from '../domain/command.ts';
import { SILENT_LISTENER } from '../domain/listener.ts';
import { applyFrame } from '../journal/apply-frame.ts';
import { checksum } from '../journal/checksum.ts';
import { FrameFlag } from '../journal/frame.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { newReplica } from '../journal/replica.ts';
import { InProcessExchange } from './in-process-exchange.ts';

/** `digests`: frame, last sequence before it, digest. `journal`: the one segment without its end, gzip in base64. */
interface GoldenJournal {
  readonly file: string;
  readonly journal: string;
  readonly frames: number;
  readonly sequence: number;
  readonly digests: readonly (readonly [frame: number, sequence: number, digest: string])[];
  readonly asks: object[];
  readonly bids: object[];
}

const GOLDEN: GoldenJournal = JSON.parse(readFileSync(new URL('testing/golden-journal.json', import.meta.url), 'utf8'));
const SALT = 64;
const VERSION = 4;
const LEAST_VERSION = 120;
const HEADER_CRC = 124;

let directory = '';
let segment = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringbook-golden-'));
  const made = directory;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  mkdirSync(join(directory, 'journal'));
  segment = join(directory, 'journal', GOLDEN.file);
  writeFileSync(segment, gunzipSync(Buffer.from(GOLDEN.journal, 'base64')));
});

it('replays to the digests that it was written with', () => {
  const replica = newReplica(SILENT_LISTENER);
  const reader = new JournalReader(join(directory, 'journal'));
  const command = new Command();
  const digests: [number, number, string | undefined][] = [];
  for (let frame = reader.next(GOLDEN.frames); frame !== undefined; frame = reader.next(GOLDEN.frames)) {
    applyFrame(replica, frame, command);
    // A frame without records leaves the digest as it found it.
    const isStated = (frame.flags & FrameFlag.DIGEST) !== 0 && frame.recordCount === 0;
    if (isStated) digests.push([frame.number, replica.engine.sequence, replica.digest.text]);
  }
  reader.close();
  expect(digests).toEqual(GOLDEN.digests);
});

it('is started from, and shows the book that it had', () => {
  const exchange = new InProcessExchange({ directory });
  expect(exchange.recovered).toMatchObject({ sequence: GOLDEN.sequence, frames: GOLDEN.frames, cut: undefined });
  const { asks, bids, sequence } = GOLDEN;
  expect(exchange.depth()).toEqual({ instrument: 'BTC-USD', sequence, asks, bids });
  exchange.close();
});

it('is refused from the frame on that only a newer release can read, which is named', () => {
  const frame = 30;
  const bytes = readFileSync(segment);
  const header = bytes.subarray((frame - 1) * 4096, frame * 4096);
  header.writeUInt16LE(2, VERSION);
  header.writeUInt16LE(2, LEAST_VERSION);
  header.writeUInt32LE(checksum(header.subarray(0, HEADER_CRC), header.readUInt32LE(SALT)), HEADER_CRC);
  writeFileSync(segment, bytes);
  expect(() => new InProcessExchange({ directory })).toThrow(
    /frame 30, sequence \d+: it was written by a newer release \(format version 2\)/,
  );
});

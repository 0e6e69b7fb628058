// journal verify: a sound journal is sound, and each kind of damage is found, with its place, and nothing is changed.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CommandType } from '../../domain/codes.ts';
import { RULES_VERSION } from '../../domain/engine.ts';
import type { ByteSink } from '../../domain/snapshot/snapshot.ts';
import { sha256 } from '../../journal/checksum.ts';
import { encodeControlSlot, newestControlRecord } from '../../journal/control-file.ts';
import { FrameCursor } from '../../journal/frame-cursor.ts';
import {
  appendFrame,
  recoverAll,
  removeTemporaryDirectories,
  SMALL,
  temporaryDirectory,
} from '../../journal/journal-fixture.ts';
import { JournalWriter } from '../../journal/journal-writer.ts';
import { addSkipped } from '../../journal/skipped.ts';
import { readSnapshotFile, readSnapshotHead, snapshotPath, writeSnapshotFile } from '../../journal/snapshot-file.ts';
import { OWN_ORIGIN } from '../../matching/own-commands.ts';
import { commandOf } from '../../sim/testing/commands.ts';
import { encodeCommand } from '../../wire/command-codec.ts';
import { configOf, damage, journal, segmentsOf, type Traded, tradedJournal, treeOf } from './traded-fixture.ts';

afterAll(removeTemporaryDirectories);

const snapshotsOf = ({ shard }: Traded) => join(shard, 'snapshots');

/** Verifies, and requires that not a byte was changed. */
async function verify(traded: Traded) {
  const before = treeOf(traded.dataDir);
  const said = await journal('verify', traded.config);
  expect(treeOf(traded.dataDir)).toEqual(before);
  return said;
}

describe('journal verify', () => {
  test('a sound journal: everything was looked at', async () => {
    const traded = tradedJournal();
    const { code, text } = await verify(traded);
    expect(code).toBe(0);
    expect(text).toContain(
      `${traded.lastFrame} frames with ${traded.sequence} commands in 2 files, from 00000000000000000001.wal on`,
    );
    expect(text).toContain('CONTROL whole, 2 snapshots whole; 3 of 3 met their frame and its SHA-256');
    expect(text).toContain('2 snapshots restored, 2 reached by replay with the same digest');
    expect(text).toContain(`replayed through sequence ${traded.sequence}`);
    expect(text).toMatch(/\nsound, \d+\.\d\d s$/);
  });

  test('a command that the engine cannot apply is a finding, and the rest is looked at', async () => {
    const dataDir = temporaryDirectory();
    const directory = join(dataDir, 'shard-0', 'journal');
    const options = { ...SMALL, rulesVersion: RULES_VERSION };
    const writer = JournalWriter.open(directory, recoverAll(directory).recovered.position, options);
    const { bytes, view, payloadStart } = writer;
    const command = commandOf(CommandType.NEW_ORDER, { priceTicks: 1.5, quantityLots: 1 });
    writer.append(encodeCommand(bytes, view, payloadStart, command, OWN_ORIGIN), 1, 1, 1);
    writer.close(true);
    const { code, text } = await journal('verify', configOf(dataDir));
    expect(code).toBe(65);
    expect(text).toContain('frame 2, sequence 1: the engine stops on command 1: ');
    expect(text).toContain('3 frames with 1 command');
  });

  test('a command that was ruled out is a witness of its own', async () => {
    const traded = tradedJournal();
    rmSync(join(traded.shard, 'CONTROL'));
    const directory = join(traded.shard, 'journal');
    const cursor = new FrameCursor(directory);
    while (cursor.frame.recordCount === 0) cursor.next(Number.POSITIVE_INFINITY);
    const { number: frame, firstSequence: sequence, chain, journalIdHigh, journalIdLow } = cursor.frame;
    cursor.close();
    const sha256 = Buffer.from(chain).toString('hex');
    addSkipped(directory, { sequence, frame, sha256, journalIdHigh, journalIdLow, reason: 'it fails', at: '' });
    const { text } = await verify(traded);
    expect(text).toContain('CONTROL none, 2 snapshots whole, 1 command ruled out; 3 of 3 met');
  });

  test('a journal whose oldest segment is gone: from the next one on, states from the first snapshot there', async () => {
    const traded = tradedJournal();
    const [first] = segmentsOf(traded.shard);
    rmSync(first);
    const { code, text } = await verify(traded);
    expect(code).toBe(0);
    expect(text).toContain('in 1 file, from 00000000000000000193.wal on');
    expect(text).toContain('2 of 3 met their frame');
    expect(text).toContain('1 snapshot restored, 0 reached by replay');
    expect(text).toContain(`replayed through sequence ${traded.sequence}`);
  });

  test.each([
    ['a payload', 0, 20 * 4096 + 150, 'frame 21, sequence', 'the payload checksum is wrong'],
    ['a header', 1, 50 * 4096 + 20, 'frame 243, sequence', 'the header checksum is wrong'],
    ['padding', 0, 30 * 4096 + 4000, 'frame 31, sequence', 'the padding is not zero'],
  ])('%s', async (_, segment, offset, where, evidence) => {
    const traded = tradedJournal();
    const file = segmentsOf(traded.shard)[segment];
    damage(file, offset);
    const { code, text } = await verify(traded);
    expect(code).toBe(65);
    expect(text).toContain(`DAMAGED    ${file} at offset ${offset - (offset % 4096)}, ${where}`);
    expect(text).toContain(evidence);
  });

  test('a missing file in the middle', async () => {
    const traded = tradedJournal();
    const [, second] = segmentsOf(traded.shard);
    rmSync(second);
    const { code, text } = await verify(traded);
    expect(code).toBe(65);
    expect(text).toContain(`DAMAGED    ${second} at offset 0, frame 193, `);
    expect(text).toContain('the segment file is missing, yet');
  });

  test('the last frame, which only CONTROL proves', async () => {
    const traded = tradedJournal();
    const [, second] = segmentsOf(traded.shard);
    damage(second, (traded.lastFrame - 193) * 4096 + 5);
    const { code, text } = await verify(traded);
    expect(code).toBe(65);
    expect(text).toContain(`CONTROL says that frame ${traded.lastFrame} was acknowledged`);
    rmSync(join(traded.shard, 'CONTROL'));
    const without = await verify(traded);
    expect(without.code).toBe(0);
    expect(without.text).toContain('the last frame may be in flight');
  });

  test('a CONTROL of another history', async () => {
    const traded = tradedJournal();
    const control = join(traded.shard, 'CONTROL');
    const point = newestControlRecord(readFileSync(control))?.point;
    if (point === undefined) throw new Error('CONTROL is whole');
    writeFileSync(control, encodeControlSlot(2, { ...point, chain: sha256(Buffer.from('other')) }));
    const { code, text } = await verify(traded);
    expect(code).toBe(65);
    expect(text).toContain(`frame ${traded.lastFrame}, `);
    expect(text).toContain('another history');
  });

  test('a snapshot that does not verify', async () => {
    const traded = tradedJournal();
    const path = snapshotPath(snapshotsOf(traded), traded.snapshots[1].frame);
    damage(path, 500);
    const { code, text } = await verify(traded);
    expect(code).toBe(65);
    expect(text).toContain(`DAMAGED    ${path} at offset 0, frame ${traded.snapshots[1].frame}, `);
    expect(text).toContain('the SHA-256 of the body is wrong');
    expect(text).toContain(`replayed through sequence ${traded.sequence}`);
  });

  test('a snapshot that is whole and of another state', async () => {
    const traded = tradedJournal();
    const [first, second] = traded.snapshots;
    const other = readSnapshotFile(snapshotsOf(traded), first.frame, (source) => {
      const bytes = new Uint8Array(source.length);
      source.read(bytes, 0, bytes.length);
      return bytes;
    });
    const write = (sink: ByteSink) => {
      sink(other.body);
      return other.digest;
    };
    const { anchor } = readSnapshotHead(snapshotsOf(traded), second.frame);
    writeSnapshotFile(snapshotsOf(traded), anchor, { write, check: () => {} });
    const { code, text } = await verify(traded);
    expect(code).toBe(65);
    expect(text).toContain(`the journal replayed gives digest ${second.digest}, the snapshot says ${first.digest}`);
    expect(text).toContain(`it is of sequence ${first.sequence}`);
  });

  test('frames of other rules are whole, but cannot be replayed', async () => {
    const dataDir = temporaryDirectory();
    const directory = join(dataDir, 'shard-0', 'journal');
    const writer = JournalWriter.open(directory, recoverAll(directory).recovered.position, SMALL);
    appendFrame(writer, 2);
    writer.close(false);
    const { code, text } = await journal('verify', configOf(dataDir));
    expect(code).toBe(65);
    expect(text).toContain('2 frames with 2 commands');
    expect(text).toContain('frame 1, sequence 1: rules 7 wrote it');
  });
});

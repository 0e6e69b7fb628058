// Reading beside a running engine: what it is about to write is never called damage, and what is damaged always is.

import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { removeTemporaryDirectories, temporaryDirectory } from '../../journal/journal-fixture.ts';
import { hearWitnesses } from '../../journal/witnesses.ts';
import { InProcessExchange } from '../../sim/in-process-exchange.ts';
import { Random } from '../../sim/testing/random.ts';
import { describeEnd, EndKind, placeIn, Survey } from './survey.ts';
import { segmentsOf, trade, tradedJournal } from './traded-fixture.ts';

afterEach(removeTemporaryDirectories);

function writeAt(path: string, offset: number, bytes: Uint8Array): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
}

describe('a survey', () => {
  test('ends where it can see when frames come while it reads, also over the end of a file', () => {
    const directory = temporaryDirectory();
    const exchange = new InProcessExchange({ directory, durability: 'fsync' });
    const random = new Random(1);
    trade(exchange, random, 50);
    const survey = new Survey(join(directory, 'journal'));
    const last = exchange.durableFrame;
    let delivered = 0;
    for (const frame of survey) {
      delivered = frame.number;
      // Once what it has read ahead is used up.
      if (delivered === last) trade(exchange, random, 250);
    }
    expect(delivered).toBeGreaterThanOrEqual(last);
    expect(survey.end).toMatchObject({ kind: EndKind.GROWING, nextFrame: delivered + 1 });
    expect(survey.end && describeEnd(survey.end)).toBe(
      `An engine is writing: read through frame ${delivered}, the last frame may be in flight.`,
    );
    expect(segmentsOf(directory)).toHaveLength(2);
  });

  test('a frame that is half there is unfinished, unless somebody knows that it was acknowledged', () => {
    const { shard, dataDir, lastFrame } = tradedJournal();
    const { journal, control } = placeIn(dataDir);
    const [, second] = segmentsOf(shard);
    const offsetBytes = (lastFrame - 193 + 1) * 4096;
    writeAt(second, offsetBytes, Buffer.alloc(1_000, 7));
    const { witnesses } = hearWitnesses(control);
    const survey = new Survey(journal, { witnesses });
    for (const _ of survey);
    expect(survey.end).toMatchObject({ kind: EndKind.UNFINISHED, file: second, offsetBytes, nextFrame: lastFrame + 1 });
    const [witness] = witnesses;
    const knowing = new Survey(journal, { witnesses: [{ ...witness, frame: lastFrame + 1 }] });
    expect(() => [...knowing]).toThrow(`says that frame ${lastFrame + 1} was acknowledged`);
    expect(knowing.end).toBeUndefined();
  });

  test('from a frame to come: the newest file may wait for its first frame, an older one may not', () => {
    const { shard, dataDir, lastFrame } = tradedJournal();
    const { journal } = placeIn(dataDir);
    const empty = (first: number) =>
      writeFileSync(join(journal, `${String(first).padStart(20, '0')}.wal`), Buffer.alloc(8192));
    const [, second] = segmentsOf(shard);
    rmSync(second);
    empty(193);
    const survey = new Survey(journal, { from: 300 });
    expect([...survey]).toHaveLength(192);
    expect(survey.end).toMatchObject({ kind: EndKind.COMPLETE, nextFrame: 193, file: second });
    empty(lastFrame + 1);
    expect(() => [...new Survey(journal, { from: 300 })]).toThrow('frame 193, sequence 0: the first frame of the file');
  });

  test('of nothing is nothing', () => {
    const survey = new Survey(temporaryDirectory());
    expect([...survey]).toEqual([]);
    expect(survey.end && describeEnd(survey.end)).toBe('The journal holds no frame.');
  });

  test('from frame 1 as a start does, it wants frame 1', () => {
    const { shard, dataDir } = tradedJournal();
    rmSync(segmentsOf(shard)[0]);
    const { journal } = placeIn(dataDir);
    expect([...new Survey(journal)].length).toBeGreaterThan(100);
    expect(() => [...new Survey(journal, { from: 1 })]).toThrow('the segment file of frame 1 is missing');
  });
});

// State digests in frames, end to end: journals of a build that applies one command differently are refused by every replay, by
// name; those of the same build, of older releases and with older snapshots are not, and are checked from there on.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandType, Side } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import { Engine, RULES_VERSION } from '../domain/engine.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { type EngineListener, OrderChange, SILENT_LISTENER } from '../domain/listener.ts';
import { checksum } from '../journal/checksum.ts';
import { OtherOutcome } from '../journal/errors.ts';
import { FrameFlag } from '../journal/frame.ts';
import { anchorOf, type JournalAnchor } from '../journal/frame-cursor.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { JournalWriter } from '../journal/journal-writer.ts';
import { recoverJournal } from '../journal/recover.ts';
import { RunningDigest } from '../journal/running-digest.ts';
import { listSnapshots, readSnapshotFile, readSnapshotHead, writeSnapshotFile } from '../journal/snapshot-file.ts';
import { takeSnapshot } from '../journal/take-snapshot.ts';
import { OWN_ORIGIN } from '../matching/own-commands.ts';
import { ExitCode, exitCodeFor } from '../supervisor/exit-codes.ts';
import { configOf, journal } from '../tools/journal/traded-fixture.ts';
import { JournalChunks, journalBegin } from '../tools/journal-chunks.ts';
import { encodeCommand } from '../wire/command-codec.ts';
import { InProcessExchange } from './in-process-exchange.ts';
import { commandOf, limitOrder } from './testing/commands.ts';

let dataDir = '';
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'ringbook-digest-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const shard = () => join(dataDir, 'shard-0');
const journalDirectory = () => join(shard(), 'journal');
const snapshotDirectory = () => join(shard(), 'snapshots');
const start = (followerBeginsWith?: number) =>
  new InProcessExchange({ directory: shard(), ...(followerBeginsWith === undefined ? {} : { followerBeginsWith }) });

/** Twelve commands that rest, trade, are refused, replayed, amended and cancelled. */
function someCommands(): Command[] {
  const keyed = commandOf(
    CommandType.NEW_ORDER,
    { side: Side.BUY, priceTicks: 90, quantityLots: 5_000_000_000 },
    'ann',
    'key-1',
  );
  return [
    limitOrder('ann', Side.SELL, 100, 50),
    limitOrder('bob', Side.BUY, 100, 20),
    limitOrder('bob', Side.BUY, 99, 30),
    commandOf(CommandType.AMEND_ORDER, { targetOrder: 3, quantityLots: 40 }, 'bob'),
    commandOf(CommandType.CANCEL_ORDER, { targetOrder: 2 }, 'bob'),
    keyed,
    keyed,
    limitOrder('cat', Side.SELL, 99, 60),
    commandOf(CommandType.CANCEL_ORDER, { targetOrder: 1 }, 'ann'),
    commandOf(CommandType.MASS_CANCEL, {}, 'cat'),
    limitOrder('dan', Side.SELL, 101, 10),
    limitOrder('dan', Side.SELL, 102, 10),
  ];
}

/** An engine that tells its running digest what `alter` makes of what it does. */
type Alter = (digest: EngineListener) => EngineListener;
const FAITHFUL: Alter = (digest) => digest;

interface Written {
  readonly engine: Engine;
  readonly digest: RunningDigest;
}

/** A journal as the build with that engine writes it: a frame for each command, then an orderly stop. */
function writeJournal(alter: Alter, withDigests = true): Written {
  const { position } = recoverJournal(journalDirectory(), { newJournalId: () => [1, 2] }, () => {});
  const digest = new RunningDigest(SILENT_LISTENER);
  const engine = new Engine(DEFAULT_INSTRUMENTS, alter(digest));
  digest.attach(engine);
  const writer = JournalWriter.open(journalDirectory(), position, {
    durability: 'os',
    segmentBytes: 2 ** 20,
    rulesVersion: RULES_VERSION,
    digest: withDigests ? digest : undefined,
  });
  for (const command of someCommands()) {
    const { bytes, view, payloadStart, nextSequence } = writer;
    const timeUs = writer.lastTimeUs + 1;
    writer.append(encodeCommand(bytes, view, payloadStart, command, OWN_ORIGIN), 1, nextSequence, timeUs);
    engine.apply(nextSequence, timeUs, command);
  }
  writer.close(true);
  return { engine, digest };
}

/** EPOCH_START, the commands, CLEAN_SHUTDOWN. */
const LAST_FRAME = 14;

interface SeenFrame {
  readonly flags: number;
  readonly recordCount: number;
  readonly digest: readonly number[];
  readonly anchor: JournalAnchor;
}

function frames(through: number): SeenFrame[] {
  const reader = new JournalReader(journalDirectory());
  const seen: SeenFrame[] = [];
  for (let frame = reader.next(through); frame !== undefined; frame = reader.next(through)) {
    const { flags, recordCount, digestHigh, digestLow } = frame;
    seen.push({ flags, recordCount, digest: [digestHigh, digestLow], anchor: anchorOf(frame) });
  }
  reader.close();
  return seen;
}

const carries = ({ flags }: SeenFrame): boolean => (flags & FrameFlag.DIGEST) !== 0;

const snapshotNow = (throughFrame: number) =>
  takeSnapshot({
    journalDirectory: journalDirectory(),
    snapshotDirectory: snapshotDirectory(),
    throughFrame,
    ledgerSequence: 0,
  });

const drop =
  <Name extends keyof EngineListener>(name: Name): Alter =>
  (digest) =>
    altered(digest, { [name]: () => {} });

function altered(digest: EngineListener, changes: Partial<EngineListener>): EngineListener {
  return {
    onTrade: (...told) => digest.onTrade(...told),
    onOrder: (...told) => digest.onOrder(...told),
    onRefused: (...told) => digest.onRefused(...told),
    onReplayed: (...told) => digest.onReplayed(...told),
    onApplied: (...told) => digest.onApplied(...told),
    onObligation: (...told) => digest.onObligation(...told),
    ...changes,
  };
}

const OTHER_ENGINES: readonly (readonly [string, Alter])[] = [
  ['tells no trade', drop('onTrade')],
  ['tells no refusal', drop('onRefused')],
  ['tells no replayed result', drop('onReplayed')],
  ['tells nothing of a mass cancel', drop('onApplied')],
  [
    'trades one lot more',
    (digest) =>
      altered(digest, {
        onTrade: (number, maker, taker, price, lots) => digest.onTrade(number, maker, taker, price, lots + 1),
      }),
  ],
  [
    'trades at a price that differs above 32 bits only',
    (digest) =>
      altered(digest, {
        onTrade: (number, maker, taker, price, lots) => digest.onTrade(number, maker, taker, price + 2 ** 32, lots),
      }),
  ],
  [
    'refuses for another reason',
    (digest) => altered(digest, { onRefused: (reason, order) => digest.onRefused(reason + 1, order) }),
  ],
  [
    'calls a cancel an end by itself',
    (digest) =>
      altered(digest, {
        onOrder: (change, order, delta) =>
          digest.onOrder(change === OrderChange.CANCELLED ? OrderChange.DONE : change, order, delta),
      }),
  ],
];

describe('a journal of a build that', () => {
  it.each(OTHER_ENGINES)('%s is refused by a start, which says where and both digests', (_what, alter) => {
    const { digest } = writeJournal(alter);
    const file = join(journalDirectory(), '00000000000000000001.wal');
    const before = readFileSync(file);
    let refusal: unknown;
    try {
      start();
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(OtherOutcome);
    if (!(refusal instanceof OtherOutcome)) return;
    const { site } = refusal;
    expect(site).toMatchObject({
      file: '00000000000000000001.wal',
      frame: LAST_FRAME,
      sequence: 12,
      written: digest.text,
    });
    expect(site.replayed).toMatch(/^[0-9a-f]{16}$/);
    expect(site.replayed).not.toBe(site.written);
    expect(refusal.message).toContain(`frame 14, sequence 12: its state digest is ${site.written}`);
    expect(exitCodeFor(refusal)).toBe(ExitCode.DATA);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('applies everything the same is replayed by all', async () => {
    const { engine } = writeJournal(FAITHFUL);
    expect(snapshotNow(LAST_FRAME).digest).toBe(engine.digest());
    const exchange = start(0);
    exchange.settle();
    expect(exchange.recovered.sequence).toBe(12);
    const { code, text } = await journal('verify', configOf(dataDir));
    expect(text).toContain('3 of 3 state digests in frames met by replay');
    expect(code).toBe(0);
  });
});

describe('a journal with another outcome', () => {
  let written: Written;
  beforeEach(() => {
    written = writeJournal(drop('onTrade'));
  });

  it('is refused by a follower whose matching thread begins behind it', () => {
    const { engine, digest } = written;
    const anchor = frames(LAST_FRAME)[LAST_FRAME - 1].anchor;
    const runningDigest = { high: digest.high, low: digest.low };
    writeSnapshotFile(snapshotDirectory(), anchor, {
      runningDigest,
      write: (sink) => engine.streamSnapshot(sink),
      check: () => {},
    });
    const exchange = start(0);
    expect(() => exchange.settle()).toThrow(OtherOutcome);
  });

  it('gives no snapshot', () => {
    expect(() => snapshotNow(LAST_FRAME)).toThrow(OtherOutcome);
    expect(listSnapshots(snapshotDirectory())).toEqual([]);
  });

  it('is reported by journal verify, which reads on', async () => {
    const { code, text } = await journal('verify', configOf(dataDir));
    expect(code).toBe(65);
    expect(text).toMatch(/DAMAGED .*frame 14, sequence 13: its state digest is [0-9a-f]{16}, the commands through/);
    expect(text).toContain('14 frames with 12 commands');
    expect(text).toContain('1 of 2 state digests in frames met by replay');
  });

  it('fills no ledger', () => {
    const begin = journalBegin(journalDirectory());
    if (begin === undefined) throw new Error('the journal begins');
    const options = { directory: journalDirectory(), begin, through: Number.POSITIVE_INFINITY, witnesses: [] };
    const chunks = new JournalChunks(options);
    expect(() => chunks.next()).toThrow(OtherOutcome);
    chunks.close();
  });

  it('has no state at a sequence behind that', async () => {
    expect((await journal('replay --to 12', configOf(dataDir))).code).toBe(0);
    appendWithoutDigest(written);
    await expect(journal('replay --to 13', configOf(dataDir))).rejects.toThrow(OtherOutcome);
  });
});

/** One more start and command of a build that writes no digests. */
function appendWithoutDigest({ engine }: Written): void {
  const { position } = recoverJournal(journalDirectory(), { newJournalId: () => [1, 2] }, () => {});
  const options = { durability: 'os', segmentBytes: 2 ** 20, rulesVersion: RULES_VERSION } as const;
  const writer = JournalWriter.open(journalDirectory(), position, options);
  const { bytes, view, payloadStart, nextSequence } = writer;
  const command = limitOrder('eve', Side.SELL, 103, 10);
  const timeUs = writer.lastTimeUs + 1;
  writer.append(encodeCommand(bytes, view, payloadStart, command, OWN_ORIGIN), 1, nextSequence, timeUs);
  engine.apply(nextSequence, timeUs, command);
  writer.close(true);
}

describe('digests', () => {
  it('stand in every 1,024th frame and in those without records, whoever replays them', () => {
    const exchange = start();
    for (let k = 0; k < 1_100; k++) {
      exchange.submit(limitOrder(`client-${k % 7}`, k % 2 === 0 ? Side.BUY : Side.SELL, 100 + (k % 5), 1 + (k % 11)));
      exchange.turnMatching();
      exchange.replies();
      if (k === 500) exchange.takeSnapshot();
    }
    exchange.settle();
    exchange.takeSnapshot();
    exchange.close();
    const through = exchange.durableFrame;
    expect(
      frames(through)
        .filter(carries)
        .map(({ anchor }) => anchor.frame),
    ).toEqual([1, 1_024, through]);
    const again = start(0);
    again.settle();
    again.close();
    expect(frames(again.durableFrame).slice(through).every(carries)).toBe(true);
  });

  it('are checked again from the next start on when the snapshot has none', () => {
    const exchange = start();
    for (const command of someCommands()) exchange.submit(command);
    exchange.turnMatching();
    exchange.takeSnapshot();
    const [frame] = listSnapshots(snapshotDirectory());
    const { anchor, body: engine } = readSnapshotFile(snapshotDirectory(), frame, (source) =>
      Engine.fromSource(source, SILENT_LISTENER),
    );
    writeSnapshotFile(snapshotDirectory(), anchor, { write: (sink) => engine.streamSnapshot(sink), check: () => {} });
    expect(readSnapshotHead(snapshotDirectory(), frame).runningDigest).toBeUndefined();
    const next = start();
    expect(next.recovered.snapshotSequence).toBe(12);
    next.submit(limitOrder('eve', Side.SELL, 103, 10));
    next.turnMatching();
    next.close();
    expect(
      frames(next.durableFrame)
        .filter(({ recordCount }) => recordCount === 0)
        .map(carries),
    ).toEqual([true, false, true]);
    snapshotNow(next.durableFrame);
    const [newest] = listSnapshots(snapshotDirectory());
    expect(readSnapshotHead(snapshotDirectory(), newest).runningDigest).toBeDefined();
    // From the first frame it is the same.
    rmSync(snapshotDirectory(), { recursive: true });
    expect(start().recovered.sequence).toBe(13);
  });

  it('begin with the next start in a journal of a release without them', () => {
    writeJournal(FAITHFUL, false);
    expect(frames(LAST_FRAME).some(carries)).toBe(false);
    const exchange = start();
    exchange.submit(limitOrder('eve', Side.SELL, 103, 10));
    exchange.turnMatching();
    exchange.close();
    expect(frames(exchange.durableFrame).slice(LAST_FRAME).map(carries)).toEqual([true, false, true]);
    expect(start().recovered.sequence).toBe(13);
  });

  it('are the same from a snapshot in the middle as from the first frame', () => {
    writeJournal(FAITHFUL);
    snapshotNow(6);
    expect(start().recovered).toMatchObject({ sequence: 12, snapshotSequence: 5 });
  });
});

describe('a digest that was changed on the disk, with its checksums made right', () => {
  it('is another outcome', () => {
    writeJournal(FAITHFUL);
    const path = join(journalDirectory(), '00000000000000000001.wal');
    const bytes = readFileSync(path);
    const at = (LAST_FRAME - 1) * 4096;
    bytes[at + 115] ^= 1;
    bytes.writeUInt32LE(checksum(bytes.subarray(at, at + 124), bytes.readUInt32LE(at + 64)), at + 124);
    writeFileSync(path, bytes);
    expect(() => start()).toThrow(OtherOutcome);
  });
});

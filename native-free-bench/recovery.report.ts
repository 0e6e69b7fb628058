// How long a start takes to recover: the everyday flow with keys as a journal on disk, then what the matching thread does
// before it takes orders. With full frames, with a frame for each command, and with a snapshot shortly before the end.
// Main thread; writes to the system's temporary directory, and removes it. The files come from the page cache.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from '#ringbook/domain/command.js';
import { RULES_VERSION } from '#ringbook/domain/engine.js';
import { SILENT_LISTENER } from '#ringbook/domain/listener.js';
import { applyFrame } from '#ringbook/journal/apply-frame.js';
import { JournalWriter } from '#ringbook/journal/journal-writer.js';
import { recoverJournal } from '#ringbook/journal/recover.js';
import { restoreEngine } from '#ringbook/journal/restore.js';
import { takeSnapshot } from '#ringbook/journal/take-snapshot.js';
import { COMMAND_SLOT_BYTES, encodeCommand } from '#ringbook/wire/command-codec.js';
import { EnginePlayer } from './engine-player.ts';
import { type Columns, everyday } from './flows/index.ts';
import type { Report, ReportLine, SuiteOptions } from './suite.ts';

const MILLION = 1_000_000;
const SEGMENT_BYTES = 64 * 1024 * 1024;
const ROUNDS = 3;
/** Of a journal with a snapshot: what comes after it. */
const TAIL_COMMANDS = 10_000;
const ORIGIN = { gateway: 0, requestId: 0, receivedUs: 0 };

interface Shape {
  readonly name: string;
  readonly commands: number;
  /** 0: as many as fit. */
  readonly perFrame: number;
  readonly hasSnapshot: boolean;
}

export function recoveryReport({ tiny, seed, large }: SuiteOptions): Report {
  const scale = tiny ? 1_000 : 1;
  const shapes: Shape[] = [
    { name: 'full frames', commands: MILLION / scale, perFrame: 0, hasSnapshot: false },
    { name: 'a frame each', commands: MILLION / 10 / scale, perFrame: 1, hasSnapshot: false },
    { name: 'full frames, snapshot', commands: MILLION / scale, perFrame: 0, hasSnapshot: true },
    ...(large ? [{ name: 'full frames, snapshot', commands: 10 * MILLION, perFrame: 0, hasSnapshot: true }] : []),
  ];
  return {
    name: 'recovery',
    columns: ['commands', 'frames', 'journal MB', 'replayed', 'median ms', 'least ms', 'most ms'],
    lines: shapes.map((shape) => measured(shape, seed, tiny ? 1 : ROUNDS)),
  };
}

function measured(shape: Shape, seed: number, rounds: number): ReportLine {
  const directory = mkdtempSync(join(tmpdir(), 'ringbook-recovery-'));
  try {
    const { frames, bytes } = writeJournal(directory, shape, seed);
    const runs = Array.from({ length: rounds }, () => recovered(directory, shape.commands));
    const ms = runs.map((run) => run.ms).sort((a, b) => a - b);
    const replayed = runs[0].replayed;
    const figures = [ms[ms.length >> 1], ms[0], ms[ms.length - 1]].map(Math.round);
    return { name: shape.name, figures: [shape.commands, frames, Math.round(bytes / 1e6), replayed, ...figures] };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const directoriesOf = (directory: string) => ({
  journalDirectory: join(directory, 'journal'),
  snapshotDirectory: join(directory, 'snapshots'),
});

function writeJournal(directory: string, shape: Shape, seed: number): { frames: number; bytes: number } {
  const { journalDirectory } = directoriesOf(directory);
  const { position } = recoverJournal(journalDirectory, { newJournalId: () => [seed, 1] }, () => {});
  const options = { durability: 'os', segmentBytes: SEGMENT_BYTES, rulesVersion: RULES_VERSION } as const;
  const writer = JournalWriter.open(journalDirectory, position, options);
  const { resting, tape } = everyday({ seed, resting: 0, commands: shape.commands, isFresh: true });
  if (resting.length > 0) throw new Error('recovery: the flow begins with an empty book');
  const player = new EnginePlayer(true);
  const early = shape.hasSnapshot ? Math.max(0, shape.commands - TAIL_COMMANDS) : 0;
  append(writer, player, tape, 0, early, shape.perFrame);
  if (early > 0) {
    takeSnapshot({ ...directoriesOf(directory), throughFrame: writer.durableFrame, ledgerSequence: 0 });
  }
  append(writer, player, tape, early, shape.commands, shape.perFrame);
  writer.close(true);
  return { frames: writer.durableFrame, bytes: writer.bytesWritten };
}

function append(
  writer: JournalWriter,
  player: EnginePlayer,
  tape: Columns,
  from: number,
  to: number,
  perFrame: number,
): void {
  const { bytes, view, payloadStart, payloadCapacity } = writer;
  let end = payloadStart;
  let count = 0;
  const flush = (): void => {
    writer.append(end - payloadStart, count, writer.nextSequence, writer.lastTimeUs + 1);
    end = payloadStart;
    count = 0;
  };
  for (let at = from; at < to; at++) {
    end += encodeCommand(bytes, view, end, player.fill(tape, at, at + 1), ORIGIN);
    count++;
    if (count === perFrame || end - payloadStart + COMMAND_SLOT_BYTES > payloadCapacity) flush();
  }
  if (count > 0) flush();
}

/** What matching/recovery.ts does, without opening the journal for writing. */
function recovered(directory: string, commands: number): { ms: number; replayed: number } {
  const { journalDirectory, snapshotDirectory } = directoriesOf(directory);
  const startMs = performance.now();
  const { anchor, ...replica } = restoreEngine(snapshotDirectory, SILENT_LISTENER);
  const command = new Command();
  recoverJournal(journalDirectory, { anchor, newJournalId: () => [0, 0] }, (frame) =>
    applyFrame(replica, frame, command),
  );
  const ms = performance.now() - startMs;
  const { sequence } = replica.engine;
  if (sequence !== commands) throw new Error(`recovery: ${sequence} of ${commands} commands`);
  return { ms, replayed: commands - (anchor?.sequence ?? 0) };
}

// Benchmarks of the journal's writes, each durable before the next: frames by the journal's writer, and the same bytes
// to the same places of a file of zeros by sequential O_DSYNC writes and nothing else, as `dd oflag=dsync conv=notrunc`
// does. On the disk of the system's temporary files, or of TMPDIR; on one in memory the figures say nothing of a disk.

import { closeSync, constants, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from '#ringbook/domain/command.js';
import { RULES_VERSION } from '#ringbook/domain/engine.js';
import { JournalWriter } from '#ringbook/journal/journal-writer.js';
import { recoverJournal } from '#ringbook/journal/recover.js';
import { SPARE_ZERO, segmentPath, writeZeros } from '#ringbook/journal/segment-files.js';
import { COMMAND_SLOT_BYTES, encodeCommand } from '#ringbook/wire/command-codec.js';
import { type Case, foldBytes, HASH_START, type Suite, type SuiteOptions } from './suite.ts';

const SALT = 0x5eed;
const TEXTS = Buffer.from('client-17/key-0123456789abcdef0123456789abcdef');
const CLIENT_BYTES = 9;
const START_US = 1_777_000_000_000_000;
const FRAME_SIZES = [1, 64, 512];

export function writeSuite(options: SuiteOptions): Suite {
  return { name: 'write', cases: FRAME_SIZES.flatMap((commands) => rivalsOf(commands, options)) };
}

/** What is written: `frames` frames of `commands` commands each. */
interface Work {
  readonly commands: number;
  readonly frames: number;
  readonly segmentBytes: number;
  readonly seed: number;
}

function rivalsOf(commands: number, { seed, tiny }: SuiteOptions): Case[] {
  const frames = tiny ? 2 : 200;
  const work = { commands, frames, segmentBytes: (tiny ? 4 : 32) * 2 ** 20, seed };
  const common = { unit: 'command', operations: commands * frames, resultOf: `frames of ${commands}` };
  return [
    { ...common, name: `O_DSYNC writes of the same bytes, frames of ${commands}`, ...plainWrites(work) },
    { ...common, name: `journal, frames of ${commands}`, ...journalWrites(work) },
  ];
}

/** The records of each frame, made beforehand: gateways encode them, the matching thread copies what it finds in its rings. */
function makePayloads({ commands, frames, seed }: Work): Uint8Array[] {
  const command = new Command();
  command.bytes = TEXTS;
  command.clientLength = CLIENT_BYTES;
  command.keyOffset = CLIENT_BYTES + 1;
  command.keyLength = TEXTS.length - CLIENT_BYTES - 1;
  const origin = { gateway: 0, requestId: 0, receivedUs: 0 };
  return Array.from({ length: frames }, (_, frame) => {
    const bytes = new Uint8Array(commands * COMMAND_SLOT_BYTES);
    const view = new DataView(bytes.buffer);
    let end = 0;
    for (let i = 0; i < commands; i++) {
      command.priceTicks = seed + frame * commands + i;
      command.quantityLots = 1 + i;
      end += encodeCommand(bytes, view, end, command, origin);
    }
    return bytes.subarray(0, end);
  });
}

function makeZeros(path: string, bytes: number): void {
  const fd = openSync(path, 'w');
  writeZeros(fd, 0, bytes);
  fsyncSync(fd);
  closeSync(fd);
}

type Actions = Pick<Case, 'prepare' | 'run' | 'close'>;

/** A journal that has just begun, with zeros for all that will be written. */
class NewJournal {
  readonly directory = mkdtempSync(join(tmpdir(), 'ringbook-bench-write-'));
  readonly writer: JournalWriter;
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
    const { directory } = this;
    makeZeros(join(directory, SPARE_ZERO), work.segmentBytes);
    const { position } = recoverJournal(directory, { newJournalId: () => [SALT, work.seed] }, () => {});
    const options = { durability: 'fsync', segmentBytes: work.segmentBytes, rulesVersion: RULES_VERSION } as const;
    this.writer = JournalWriter.open(directory, { ...position, lastTimeUs: START_US }, options);
  }

  /** Appends all frames. Returns a hash of the last one, which proves all before it. */
  write(payloads: readonly Uint8Array[]): number {
    const { writer } = this;
    const { commands } = this.#work;
    for (let frame = 0; frame < payloads.length; frame++) {
      const payload = payloads[frame];
      writer.bytes.set(payload, writer.payloadStart);
      writer.append(payload.length, commands, writer.nextSequence, writer.lastTimeUs + 1);
    }
    return foldBytes(HASH_START, writer.chain, writer.chain.length);
  }

  remove(): void {
    this.writer.close(false);
    rmSync(this.directory, { recursive: true });
  }
}

function journalWrites(work: Work): Actions {
  const payloads = makePayloads(work);
  let journal: NewJournal | undefined;
  return {
    prepare: () => {
      journal?.remove();
      journal = new NewJournal(work);
    },
    run: () => {
      if (journal === undefined) throw new Error('not prepared');
      return journal.write(payloads);
    },
    close: () => journal?.remove(),
  };
}

/** What a journal has written, from a rehearsal. */
interface Written {
  readonly bytes: Buffer;
  readonly start: number;
  readonly frameBytes: number;
  readonly hash: number;
}

function rehearse(work: Work): Written {
  const journal = new NewJournal(work);
  const start = journal.writer.bytesWritten;
  const hash = journal.write(makePayloads(work));
  const frameBytes = (journal.writer.bytesWritten - start) / work.frames;
  const bytes = readFileSync(segmentPath(journal.directory, 1));
  journal.remove();
  return { bytes, start, frameBytes, hash };
}

/** The hash is taken of the bytes that were handed over, so that reading them back is not measured. */
function plainWrites(work: Work): Actions {
  const directory = mkdtempSync(join(tmpdir(), 'ringbook-bench-write-'));
  let written: Written | undefined;
  let fd = -1;
  return {
    // As new as a journal's segment is: what a disk does with old blocks is another matter.
    prepare: () => {
      written ??= rehearse(work);
      if (fd >= 0) closeSync(fd);
      const path = join(directory, 'zeros');
      rmSync(path, { force: true });
      makeZeros(path, work.segmentBytes);
      fd = openSync(path, constants.O_WRONLY | constants.O_DSYNC);
    },
    run: () => {
      if (written === undefined) throw new Error('not prepared');
      const { bytes, start, frameBytes, hash } = written;
      for (let frame = 0; frame < work.frames; frame++) {
        const at = start + frame * frameBytes;
        if (writeSync(fd, bytes, at, frameBytes, at) !== frameBytes) throw new Error('a short write');
      }
      return hash;
    },
    close: () => {
      if (fd >= 0) closeSync(fd);
      rmSync(directory, { recursive: true });
    },
  };
}

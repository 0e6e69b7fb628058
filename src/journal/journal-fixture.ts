// Journals for the tests beside it: small, made of real command records, the same for the same numbers. Tests only.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from '../domain/command.ts';
import { encodeCommand } from '../wire/command-codec.ts';
import type { FrameView } from './frame-cursor.ts';
import type { JournalWriter, JournalWriterOptions } from './journal-writer.ts';
import { type RecoveredJournal, type RecoverOptions, recoverJournal } from './recover.ts';

/** Thousands of recoveries sync thousands of times: in memory where the system has such a directory. */
const BASE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const made: string[] = [];

/** A new directory, removed by `removeTemporaryDirectories`. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(BASE, 'ringbook-journal-'));
  made.push(directory);
  return directory;
}

export function removeTemporaryDirectories(): void {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
}

export const SMALL: JournalWriterOptions = { durability: 'fsync', segmentBytes: 64 << 10, rulesVersion: 7 };

const TEXTS = Buffer.from('client-of-some-length-0123456789/key-of-some-other-length-abcdefghijklmnopqrstuvwxyz');
const ORIGIN = { gateway: 3, requestId: 0, receivedUs: 0 };

/** Writes `count` commands into the frame under construction; all that is in them follows from their sequences and `variant`. */
export function fillFrame(writer: JournalWriter, count: number, variant = 0): number {
  const command = new Command();
  let end = writer.payloadStart;
  for (let i = 0; i < count; i++) {
    const sequence = writer.nextSequence + i;
    command.priceTicks = sequence * 101 + variant;
    command.quantityLots = sequence * 7919;
    command.bytes = TEXTS;
    command.clientLength = 1 + (sequence % 32);
    command.keyOffset = 33;
    command.keyLength = sequence % 50;
    ORIGIN.requestId = sequence;
    end += encodeCommand(writer.bytes, writer.view, end, command, ORIGIN);
  }
  return end - writer.payloadStart;
}

/** Appends one frame of `count` such commands, one microsecond after the last. */
export function appendFrame(writer: JournalWriter, count: number, variant = 0): void {
  const length = fillFrame(writer, count, variant);
  writer.append(length, count, writer.nextSequence, writer.lastTimeUs + 1);
}

/** What a frame said, in a form that compares. */
export function copyFrame(frame: FrameView): string {
  const { number, firstSequence, recordCount, timeUs, flags, epoch, rulesVersion, payloadStart, payloadLength } = frame;
  const payload = Buffer.from(frame.bytes.slice(payloadStart, payloadStart + payloadLength)).toString('base64');
  return [number, firstSequence, recordCount, timeUs, flags, epoch, rulesVersion, payload].join(' ');
}

/** Every journal made here has an identity of its own. */
let journalsMade = 0;

/** Recovers and keeps every frame. */
export function recoverAll(
  directory: string,
  options: Partial<RecoverOptions> = {},
): { frames: string[]; recovered: RecoveredJournal } {
  const frames: string[] = [];
  const recovered = recoverJournal(directory, { newJournalId: () => [++journalsMade, 9], ...options }, (frame) =>
    frames.push(copyFrame(frame)),
  );
  return { frames, recovered };
}

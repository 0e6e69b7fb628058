// The SKIPPED file: commands that an operator has ruled out because the engine cannot apply them. Whoever reads frames finds it beside
// the journal and passes the same commands over. Format and why it is a file: JOURNAL.md, "SKIPPED". Any thread reads; only
// `ringbook admin skip` writes, with the lock. One that is damaged must be refused: without it a replay comes to another state.

import { join } from 'node:path';
import { checksum } from './checksum.ts';
import { errorCode, JournalDamage } from './errors.ts';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from './file-system.ts';
import { syncDirectory } from './numbered-files.ts';

export interface SkippedCommand {
  readonly sequence: number;
  /** The frame that holds it, and that one's SHA-256 in hexadecimal digits. */
  readonly frame: number;
  readonly sha256: string;
  readonly journalIdHigh: number;
  readonly journalIdLow: number;
  /** The operator's words. */
  readonly reason: string;
  /** When it was ruled, ISO 8601. */
  readonly at: string;
}

const VERSION = 1;

/** Beside the journal's directory, so that it goes where that goes. */
export function skippedPath(journalDirectory: string): string {
  return join(journalDirectory, '..', 'SKIPPED');
}

/** None when there is no file. Throws JournalDamage when it is not whole, or a newer release's. */
export function readSkipped(path: string): readonly SkippedCommand[] {
  let text: string;
  try {
    text = readFileSync(path).toString();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  const [, version, crc, body = ''] = /^ringbook-skipped (\d+) ([0-9a-f]{8})\n(.*)$/s.exec(text) ?? [];
  if (version !== undefined && Number(version) > VERSION) {
    throw damage(path, `it was written by a newer release (format version ${version})`);
  }
  if (Number(version) !== VERSION || crc !== crcOf(body)) throw damage(path, 'its checksum is wrong');
  const lines = body.split('\n').filter((line) => line !== '');
  return lines.map((line): SkippedCommand => JSON.parse(line));
}

/** Adds one, durably: a power cut leaves the file as it was or with it. */
export function addSkipped(journalDirectory: string, command: SkippedCommand): void {
  const path = skippedPath(journalDirectory);
  const body = [...readSkipped(path), command].map((one) => `${JSON.stringify(one)}\n`).join('');
  const bytes = Buffer.from(`ringbook-skipped ${VERSION} ${crcOf(body)}\n${body}`);
  const part = `${path}.part`;
  const fd = openSync(part, 'w');
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(part, path);
  syncDirectory(join(journalDirectory, '..'));
}

function crcOf(body: string): string {
  return checksum(Buffer.from(body), 0).toString(16).padStart(8, '0');
}

function damage(file: string, evidence: string): JournalDamage {
  return new JournalDamage({ file, offsetBytes: 0, frame: 0, sequence: 0 }, evidence);
}

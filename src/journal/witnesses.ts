// Witnesses of the journal: who else knows of a frame, and its hash; some also that it was synced. Recovery (matching thread, at
// start) hears them before it calls damage a torn write. Reads only. A witness that cannot be read is none; it must never be guessed at.

import { dirname, join } from 'node:path';
import type { DurablePoint } from '../wire/durable-point.ts';
import { CONTROL_VERSION, newestControlRecord } from './control-file.ts';
import { describeError, errorCode, JournalDamage } from './errors.ts';
import { readFileSync } from './file-system.ts';
import type { FrameView, JournalAnchor } from './frame-cursor.ts';
import { readSkipped, type SkippedCommand } from './skipped.ts';

/** Says that this journal has had a frame with this SHA-256. */
export interface Witness extends Pick<DurablePoint, 'frame' | 'journalIdHigh' | 'journalIdLow' | 'chain'> {
  /** For messages: who says so. */
  readonly name: string;
  /** The frame was synced when this was written down. Else it was read, perhaps from a page cache that the disk does not agree with. */
  readonly provesSync: boolean;
}

/** The ledger, which commits only what was acknowledged: it has every command through `sequence` of the journal. */
export interface LedgerWord extends Omit<Witness, 'name' | 'provesSync'> {
  readonly sequence: number;
}

interface Hearing {
  readonly witnesses: readonly Witness[];
  /** Who is there but cannot be believed, and why; for the log. */
  readonly notes: string[];
}

/** Asks the CONTROL file, and the SKIPPED file beside it. Throws JournalDamage when a newer release has written one of them, or SKIPPED is damaged. */
export function hearWitnesses(controlPath: string): Hearing {
  const notes: string[] = [];
  const control = readControl(controlPath, (text) => notes.push(text));
  const skipped = readSkipped(join(dirname(controlPath), 'SKIPPED')).map(witnessOfSkipped);
  return { witnesses: control === undefined ? skipped : [control, ...skipped], notes };
}

/** CONTROL is written behind the sync of the frame it names. */
export function witnessOfControl(path: string, point: DurablePoint): Witness {
  return { name: path, provesSync: true, ...point };
}

/** Whoever rules a command out has read its frame, through the page cache. */
export function witnessOfSkipped({ sequence, frame, sha256, journalIdHigh, journalIdLow }: SkippedCommand): Witness {
  const name = `SKIPPED (command ${sequence})`;
  return { name, provesSync: false, frame, journalIdHigh, journalIdLow, chain: Buffer.from(sha256, 'hex') };
}

/** The snapshot that a start begins with; it is taken of durable frames. */
export function witnessOf(anchor: JournalAnchor): Witness {
  return { name: `the snapshot of frame ${anchor.frame}`, provesSync: true, ...anchor };
}

/** The witness that has seen the latest frame; undefined when there is none. */
export function latestWitness(witnesses: readonly Witness[]): Witness | undefined {
  return witnesses.reduce<Witness | undefined>(
    (latest, witness) => (witness.frame > (latest?.frame ?? 0) ? witness : latest),
    undefined,
  );
}

/** The latest frame that a witness proves to have been synced; 0 when none does. */
export function syncedThrough(witnesses: readonly Witness[]): number {
  return latestWitness(witnesses.filter(({ provesSync }) => provesSync))?.frame ?? 0;
}

/** What a witness says against a valid frame; '' when none does. Allocates: nothing then. */
export function contradictionBy(witnesses: readonly Witness[], frame: FrameView): string {
  for (const { name, journalIdHigh, journalIdLow, frame: seen, chain } of witnesses) {
    if (journalIdHigh !== frame.journalIdHigh || journalIdLow !== frame.journalIdLow) {
      return `${name} belongs to another journal`;
    }
    if (seen === frame.number && Buffer.compare(chain, frame.chain) !== 0) {
      return `${name} says frame ${seen} has hash ${hex(chain)}, here it has ${hex(frame.chain)}: another history`;
    }
  }
  return '';
}

function hex(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}

function readControl(path: string, note: (text: string) => void): Witness | undefined {
  let file: Buffer;
  try {
    file = readFileSync(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') note(`${path} cannot be read: ${describeError(error)}`);
    return undefined;
  }
  const newest = newestControlRecord(file);
  if (newest === undefined) {
    note(`${path} holds no slot that is whole`);
    return undefined;
  }
  const { point, version, leastVersion } = newest;
  if (leastVersion > CONTROL_VERSION) {
    const site = { file: path, offsetBytes: 0, frame: 0, sequence: 0 };
    throw new JournalDamage(site, `it was written by a newer release (format version ${version})`);
  }
  return witnessOfControl(path, point);
}

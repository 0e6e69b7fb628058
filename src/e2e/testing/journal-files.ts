// For the whole-system tests: what lies in the journal files of a stopped server, frame by frame. Reads only.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FRAME_ALIGNMENT, FRAME_HEADER_BYTES, FrameFlag, isWholeHeader } from '../../journal/frame.ts';
import { JournalReader } from '../../journal/journal-reader.ts';
import { SEGMENT_EXTENSION, segmentPath } from '../../journal/segment-files.ts';
import { eventually } from './waiting.ts';

export interface FrameFacts {
  readonly number: number;
  readonly file: string;
  readonly offsetBytes: number;
  /** Of the payload, in the file. */
  readonly payloadOffset: number;
  readonly firstSequence: number;
  readonly records: number;
  readonly flags: number;
}

/** Every frame, each verified by the journal's own reader. */
export function framesOf(journal: string): FrameFacts[] {
  const reader = new JournalReader(journal);
  const last = countHeaders(journal);
  const frames: FrameFacts[] = [];
  for (let frame = reader.next(last); frame !== undefined; frame = reader.next(last)) {
    frames.push({
      number: frame.number,
      file: segmentPath(journal, frame.segmentFirstFrame),
      offsetBytes: frame.offsetBytes,
      payloadOffset: frame.offsetBytes + FRAME_HEADER_BYTES,
      firstSequence: frame.firstSequence,
      records: frame.recordCount,
      flags: frame.flags,
    });
  }
  reader.close();
  return frames;
}

/** The frames that hold commands. */
export function commandFramesOf(journal: string): FrameFacts[] {
  return framesOf(journal).filter(({ records }) => records > 0);
}

/** Commands in the journal. Throws when their sequences are not 1, 2, 3, ... */
export function commandsIn(journal: string): number {
  let commands = 0;
  for (const { firstSequence, records, offsetBytes } of commandFramesOf(journal)) {
    if (firstSequence !== commands + 1) throw new Error(`sequence ${firstSequence} at ${offsetBytes} leaves a gap`);
    commands += records;
  }
  return commands;
}

/** The seal of a server that runs and is asked nothing: its last frame, with which the journal comes to rest. */
export async function sealOf(journal: string): Promise<FrameFacts> {
  const last = () => framesOf(journal).at(-1);
  await eventually('the last frame is a seal', () => ((last()?.flags ?? 0) & FrameFlag.SEAL) !== 0);
  const seal = last();
  if (seal === undefined) throw new Error('there are frames');
  return seal;
}

/** Whether the last stop was an orderly one. */
export function endsClean(journal: string): boolean {
  return ((framesOf(journal).at(-1)?.flags ?? 0) & FrameFlag.CLEAN_SHUTDOWN) !== 0;
}

/** Headers on frame boundaries: as many as there are frames, since a payload of commands does not look like one. */
function countHeaders(journal: string): number {
  let headers = 0;
  for (const name of readdirSync(journal).filter((name) => name.endsWith(SEGMENT_EXTENSION))) {
    const bytes = readFileSync(join(journal, name));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + FRAME_ALIGNMENT <= bytes.length; at += FRAME_ALIGNMENT) {
      if (isWholeHeader(bytes, view, at)) headers++;
    }
  }
  return headers;
}

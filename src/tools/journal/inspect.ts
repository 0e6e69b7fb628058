// `ringbook journal inspect`: one line for each frame, its commands as JSON if asked for, and a summary. Reads only.

import { basename } from 'node:path';
import { Command } from '../../domain/command.ts';
import { JournalDamage } from '../../journal/errors.ts';
import { FRAME_HEADER_BYTES, FrameFlag, FrameHeader, readFrameHeader } from '../../journal/frame.ts';
import type { FrameView } from '../../journal/frame-cursor.ts';
import { segmentPath } from '../../journal/segment-files.ts';
import { hearWitnesses } from '../../journal/witnesses.ts';
import { ExitCode } from '../../supervisor/exit-codes.ts';
import { type CommandOrigin, decodeCommand, decodeOrigin } from '../../wire/command-codec.ts';
import { isoTime } from '../../wire/iso-time.ts';
import { commandJson } from './command-json.ts';
import { describeEnd, type JournalPlace, Survey } from './survey.ts';
import type { Terminal } from './terminal.ts';
import { count, describeDamage } from './words.ts';

export interface InspectOptions {
  /** The first frame shown; default: the oldest there is. */
  readonly from: number | undefined;
  /** How many at most. */
  readonly frames: number;
  readonly records: boolean;
}

/** Returns the exit code: 65 when the journal is damaged, said with where and why. */
export function inspect(place: JournalPlace, options: InspectOptions, terminal: Terminal): number {
  const shown = new Shown();
  try {
    const { witnesses } = hearWitnesses(place.control);
    const survey = new Survey(place.journal, { from: options.from, witnesses });
    terminal.line(row(COLUMNS));
    showFrames(survey, options, shown, terminal);
    terminal.line(`\n${shown.text()}`);
    if (survey.end !== undefined) terminal.line(describeEnd(survey.end));
    return ExitCode.OK;
  } catch (error) {
    if (!(error instanceof JournalDamage)) throw error;
    terminal.line(`\n${shown.text()}\nDAMAGED: ${describeDamage(error)}`);
    return ExitCode.DATA;
  }
}

function showFrames(survey: Survey, options: InspectOptions, shown: Shown, terminal: Terminal): void {
  const { from = 1, frames, records } = options;
  for (const frame of survey) {
    if (frame.number < from) continue;
    if (shown.frames === frames) return;
    shown.add(frame);
    terminal.line(frameLine(frame));
    if (records) for (const json of commandsOf(frame)) terminal.line(json);
  }
}

const header = new FrameHeader();

function frameLine(frame: FrameView): string {
  const { number, recordCount, timeUs, epoch, rulesVersion, offsetBytes } = frame;
  readFrameHeader(frame.bytes, frame.view, frame.payloadStart - FRAME_HEADER_BYTES, header);
  const file = basename(segmentPath('', frame.segmentFirstFrame));
  const numbers = [epoch, rulesVersion, header.durableFrame];
  const cells = [number, sequencesOf(frame), recordCount, timeText(timeUs), ...numbers, `${file}@${offsetBytes}`];
  return row([...cells.map(String), flagNames(frame.flags)]);
}

/** A new journal begins before there was a time. */
function timeText(timeUs: number): string {
  return timeUs === 0 ? '-' : isoTime(timeUs);
}

const COLUMNS = ['frame', 'sequences', 'records', 'time', 'epoch', 'rules', 'durable', 'file@offset', 'flags'];
const WIDTHS = [9, 21, 7, 27, 5, 5, 9, 33];

/** Cells in columns; the last one is as long as it is. */
function row(cells: readonly string[]): string {
  return cells
    .map((cell, column) => cell.padStart(WIDTHS[column] ?? 0))
    .join('  ')
    .trimEnd();
}

function sequencesOf({ firstSequence, recordCount }: FrameView): string {
  if (recordCount === 0) return '-';
  return recordCount === 1 ? String(firstSequence) : `${firstSequence}-${firstSequence + recordCount - 1}`;
}

function flagNames(flags: number): string {
  const names = Object.entries(FrameFlag).flatMap(([name, bit]) => ((flags & bit) !== 0 ? [name] : []));
  return names.join(',');
}

function* commandsOf({ bytes, view, payloadStart, recordCount, firstSequence, timeUs }: FrameView): Generator<string> {
  const command = new Command();
  const origin: CommandOrigin = { gateway: 0, requestId: 0, receivedUs: 0 };
  let offset = payloadStart;
  for (let i = 0; i < recordCount; i++) {
    decodeOrigin(view, offset, origin);
    offset += decodeCommand(bytes, view, offset, command);
    yield commandJson(firstSequence + i, timeUs, command, origin);
  }
}

/** What the summary counts. */
class Shown {
  frames = 0;
  #commands = 0;
  #firstUs = 0;
  #lastUs = 0;
  readonly #segments = new Set<number>();

  add({ recordCount, timeUs, segmentFirstFrame }: FrameView): void {
    if (this.#firstUs === 0) this.#firstUs = timeUs;
    this.frames++;
    this.#commands += recordCount;
    this.#lastUs = timeUs;
    this.#segments.add(segmentFirstFrame);
  }

  text(): string {
    if (this.frames === 0) return 'No frame to show.';
    const what = `${count(this.frames, 'frame')} with ${count(this.#commands, 'command')}`;
    return `${what} in ${count(this.#segments.size, 'file')}, ${timeText(this.#firstUs)} to ${timeText(this.#lastUs)}.`;
  }
}

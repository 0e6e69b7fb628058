// `ringbook admin skip`: rules out a command that the engine cannot apply and each start fails at, so that the next one passes it over.
// A process of its own, alone with the data directory (it takes the lock). Writes nothing but the SKIPPED file, and only when it
// has seen the command fail: one that can be applied, or a snapshot has seen applied, must never be ruled out.

import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { poisonEngine } from '../composition/fault-points.ts';
import type { Config } from '../config.ts';
import { Command } from '../domain/command.ts';
import { SILENT_LISTENER } from '../domain/listener.ts';
import { applyFrame } from '../journal/apply-frame.ts';
import { PoisonCommand } from '../journal/errors.ts';
import { FrameFlag } from '../journal/frame.ts';
import type { FrameView } from '../journal/frame-cursor.ts';
import { acquireDataDirectoryLock } from '../journal/lock.ts';
import { restoreEngine } from '../journal/restore.ts';
import { segmentPath, syncSegment } from '../journal/segment-files.ts';
import { addSkipped, type SkippedCommand } from '../journal/skipped.ts';
import { hearWitnesses } from '../journal/witnesses.ts';
import { ExitCode } from '../supervisor/exit-codes.ts';
import { decodeCommand, decodeOrigin } from '../wire/command-codec.ts';
import { commandJson } from './journal/command-json.ts';
import { type JournalPlace, placeIn, Survey } from './journal/survey.ts';
import { StandardTerminal, type Terminal } from './journal/terminal.ts';
import { positiveInteger, UsageError } from './usage.ts';

const USAGE = `Usage: ringbook admin skip --sequence N --reason TEXT [--yes]

Rules out command N, which a start has named as poison: it keeps its sequence, changes nothing, and is refused as command_skipped.
Needs the data directory (RINGBOOK_DATA_DIR) for itself. What is ruled cannot be taken back.
Exit codes: 0 ruled out, 1 not confirmed, 64 usage, or the command can be applied, 65 damaged, 75 in use.`;

const NOT_CONFIRMED = 1;

/** A command that fails, and the frame that holds it. */
interface Failing extends Omit<SkippedCommand, 'reason' | 'at'> {
  readonly json: string;
  readonly why: string;
  /** First frame of the segment that holds it. */
  readonly segment: number;
}

/** Carries out the words behind `ringbook admin`. Returns the exit code. Throws UsageError, and what reading a journal throws. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      sequence: { type: 'string' },
      reason: { type: 'string' },
      yes: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const terminal = new StandardTerminal();
  try {
    if (values.help === true) {
      terminal.line(USAGE);
      return ExitCode.OK;
    }
    const { sequence, reason = '', yes = false } = values;
    if (positionals.join() !== 'skip' || sequence === undefined || reason.trim() === '') throw new UsageError(USAGE);
    return await skip(config, { sequence: positiveInteger('sequence', sequence), reason, yes }, terminal);
  } finally {
    terminal.flush();
  }
}

interface SkipOptions {
  readonly sequence: number;
  readonly reason: string;
  readonly yes: boolean;
}

async function skip(config: Config, { sequence, reason, yes }: SkipOptions, terminal: Terminal): Promise<number> {
  const place = placeIn(config.dataDir);
  if (!existsSync(place.journal)) throw new UsageError(`there is no journal in ${config.dataDir}`);
  const lock = acquireDataDirectoryLock(config.dataDir);
  try {
    const { json, why, segment, ...command } = seeItFail(place, sequence, config.poisonClient);
    terminal.line(json);
    terminal.line(why);
    const isSure = yes || (await terminal.ask(`Rule out command ${sequence} for good?`));
    if (isSure !== true) {
      terminal.line(isSure === false ? 'Nothing was changed.' : 'Nothing was changed: say --yes.');
      return NOT_CONFIRMED;
    }
    // A ruling is a witness of its frame. In mode `os` that one may only be written: it must not be outlived.
    if (existsSync(segmentPath(place.journal, segment))) syncSegment(place.journal, segment);
    addSkipped(place.journal, { ...command, reason, at: new Date().toISOString() });
    terminal.line(`Command ${sequence} is ruled out. The next start passes it over.`);
    return ExitCode.OK;
  } finally {
    lock.release();
  }
}

/** Replays as a start does until a command fails, which must be this one. */
function seeItFail(place: JournalPlace, sequence: number, poisonClient: string | undefined): Failing {
  const replica = restoreEngine(place.snapshots, SILENT_LISTENER);
  const { engine, anchor } = replica;
  if (poisonClient !== undefined) poisonEngine(engine, poisonClient);
  const command = new Command();
  let found: Failing | undefined;
  for (const frame of new Survey(place.journal, { anchor, witnesses: hearWitnesses(place.control).witnesses })) {
    if (frame.number <= (anchor?.frame ?? 0)) continue;
    if (found !== undefined) {
      requireNotApplied(frame, found);
      continue;
    }
    try {
      applyFrame(replica, frame, command);
    } catch (error) {
      if (!(error instanceof PoisonCommand)) throw error;
      if (error.sequence !== sequence) {
        throw new UsageError(`command ${sequence} is not the one that fails: ${error.message}`);
      }
      found = failing(frame, error);
    }
  }
  if (found !== undefined) return found;
  throw new UsageError(`no command fails, through sequence ${engine.sequence}: nothing is to be ruled out`);
}

/** Frames behind a command are written once it is applied; the digest of such a one holds what came of it, and would be refused. */
function requireNotApplied({ number, flags }: FrameView, { sequence, frame }: Failing): void {
  if ((flags & FrameFlag.DIGEST) === 0) return;
  throw new UsageError(
    `command ${sequence} of frame ${frame} was applied when it came, as the state digest of frame ${number} says: without it no ` +
      'start would take the journal. Start the build that applied it',
  );
}

function failing(frame: FrameView, { sequence, message }: PoisonCommand): Failing {
  const { number, chain, journalIdHigh, journalIdLow, segmentFirstFrame: segment } = frame;
  const sha256 = Buffer.from(chain).toString('hex');
  return {
    sequence,
    frame: number,
    sha256,
    journalIdHigh,
    journalIdLow,
    json: jsonOf(frame, sequence),
    why: message,
    segment,
  };
}

function jsonOf({ bytes, view, payloadStart, firstSequence, timeUs }: FrameView, sequence: number): string {
  const command = new Command();
  const origin = { gateway: 0, requestId: 0, receivedUs: 0 };
  let offset = payloadStart;
  for (let at = firstSequence; at < sequence; at++) offset += decodeCommand(bytes, view, offset, command);
  decodeCommand(bytes, view, offset, command);
  decodeOrigin(view, offset, origin);
  return commandJson(sequence, timeUs, command, origin);
}

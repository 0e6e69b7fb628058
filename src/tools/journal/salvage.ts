// `ringbook journal salvage`: from a journal that a start refuses to a copy that a start takes, and what that costs. Reads the
// original and writes only into the new directory. Must never decide anything silently: what survives and what is lost is said
// to the sequence, before anything is written.

import { existsSync } from 'node:fs';
import { basename, resolve, sep } from 'node:path';
import { segmentPath } from '../../journal/segment-files.ts';
import { ExitCode } from '../../supervisor/exit-codes.ts';
import { UsageError } from '../usage.ts';
import { copyShard, cutCopy } from './salvage-copy.ts';
import { planSalvage, type SalvagePlan, startProblem } from './salvage-plan.ts';
import { type JournalPlace, placeIn } from './survey.ts';
import type { Terminal } from './terminal.ts';

export interface SalvageOptions {
  /** Becomes the data directory of what survives; must not exist. */
  readonly into: string;
  /** Does not ask. */
  readonly yes: boolean;
}

/** Returns the exit code: 0 when the copy is one that a start takes, or when there is nothing to salvage. */
export async function salvage(place: JournalPlace, { into, yes }: SalvageOptions, terminal: Terminal): Promise<number> {
  const directory = resolve(into);
  if (existsSync(directory)) throw new UsageError(`--into ${into}: it exists already`);
  if (`${directory}${sep}`.startsWith(`${resolve(place.shard)}${sep}`)) {
    throw new UsageError(`--into ${into}: it lies within ${place.shard}, which is what is copied`);
  }
  const problem = startProblem(place);
  if (problem === undefined) {
    terminal.line('A start takes this journal as it is: there is nothing to salvage. Nothing was written.');
    return ExitCode.OK;
  }
  terminal.line(`damage     ${problem}`);
  const plan = planSalvage(place);
  if (plan === undefined) {
    terminal.line('Nothing can be salvaged: a start would find no whole frame to go on from. Nothing was written.');
    return ExitCode.DATA;
  }
  for (const line of describePlan(plan)) terminal.line(line);
  if (!(await isAgreed(`Copy ${place.shard} to ${directory} and cut the copy?`, yes, terminal))) {
    terminal.line('Nothing was written.');
    return ExitCode.OK;
  }
  return carryOut(place, placeIn(directory), plan, terminal);
}

async function isAgreed(question: string, yes: boolean, terminal: Terminal): Promise<boolean> {
  if (yes) return true;
  const answer = await terminal.ask(question);
  if (answer === undefined) throw new UsageError('nobody can be asked here: give --yes');
  return answer;
}

function carryOut(place: JournalPlace, copy: JournalPlace, plan: SalvagePlan, terminal: Terminal): number {
  copyShard(place, copy);
  for (const moved of cutCopy(copy, plan)) terminal.line(`moved      ${moved}`);
  const left = startProblem(copy);
  if (left !== undefined) {
    terminal.line(`The copy would still be refused: ${left}`);
    return ExitCode.DATA;
  }
  terminal.line(
    `A start would take the copy; the original is untouched. Start it with RINGBOOK_DATA_DIR=${resolve(copy.shard, '..')}`,
  );
  terminal.line('A ledger that knows more than what survives belongs to another history: give the copy a new one.');
  return ExitCode.OK;
}

function* describePlan({ last, base, lost }: SalvagePlan): Generator<string> {
  const { sequence, frame, segment, offsetBytes } = last;
  yield `survives   ${sequence === 0 ? 'no command' : range(1, sequence)}, frames through ${frame}`;
  if (base !== undefined) yield `           of these 1 to ${base.sequence} by the snapshot of frame ${base.frame}`;
  yield lost.sequence > sequence
    ? `lost       ${range(sequence + 1, lost.sequence)}, as far as what is left tells: ${lost.by}`
    : 'lost       no command that anything tells of';
  yield `           numbers from ${sequence + 1} on will be given again`;
  yield `cut        ${basename(segmentPath('', segment))} at offset ${offsetBytes}`;
}

function range(first: number, last: number): string {
  return first === last ? `sequence ${first}` : `sequences ${first} to ${last}`;
}

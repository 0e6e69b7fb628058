// What a replay must remember to verify again later, in a file: which order has which id, and the replies it kept. A tool's process.
// One JSON value per line, so that a cut file is noticed by its last line.

import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeptReply } from './replay-run.ts';

export interface ReplayState {
  readonly runId: string;
  /** Commands that were sent: the first ones of the file. */
  readonly commands: number;
  /** The server's sequence before the first and after the last of them. */
  readonly sequenceBefore: number;
  readonly sequenceAfter: number;
  readonly serverIds: ReadonlyMap<string, string>;
  readonly kept: readonly KeptReply[];
}

export class StateError extends Error {
  override readonly name = 'StateError';
}

const FORMAT = 'ringbook-replay-1';
const END = 'end';

export function defaultStateFile(runId: string): string {
  return join(tmpdir(), `ringbook-replay-${runId}.jsonl`);
}

export function writeState(file: string, state: ReplayState): void {
  const { runId, commands, sequenceBefore, sequenceAfter, serverIds, kept } = state;
  const head = [FORMAT, runId, commands, sequenceBefore, sequenceAfter, serverIds.size, kept.length];
  const ids = [...serverIds];
  const replies = kept.map(({ seq, status, body }) => [seq, status, body]);
  writeFileSync(file, [head, ...ids, ...replies, END].map((line) => `${JSON.stringify(line)}\n`).join(''));
}

export function readState(file: string): ReplayState {
  const lines = readLines(file);
  const fail = (line: number): never => {
    throw new StateError(`${file}:${line + 1}: not the state of a replay, or cut short`);
  };
  const cells = (line: number): readonly unknown[] => {
    const value: unknown = JSON.parse(lines[line] ?? 'null');
    return Array.isArray(value) ? value : fail(line);
  };
  const text = (line: number, cell: unknown): string => (typeof cell === 'string' ? cell : fail(line));
  const count = (line: number, cell: unknown): number => (Number.isSafeInteger(cell) ? Number(cell) : fail(line));

  const [format, runId, commands, sequenceBefore, sequenceAfter, ids, replies] = cells(0);
  const idsEnd = 1 + count(0, ids);
  const end = idsEnd + count(0, replies);
  if (format !== FORMAT || lines[end] !== JSON.stringify(END)) fail(0);
  const serverIds = new Map<string, string>();
  for (let line = 1; line < idsEnd; line++) {
    const [recorded, server] = cells(line);
    serverIds.set(text(line, recorded), text(line, server));
  }
  const kept: KeptReply[] = [];
  for (let line = idsEnd; line < end; line++) {
    const [seq, status, body] = cells(line);
    kept.push({ seq: count(line, seq), status: count(line, status), body: text(line, body) });
  }
  return {
    runId: text(0, runId),
    commands: count(0, commands),
    sequenceBefore: count(0, sequenceBefore),
    sequenceAfter: count(0, sequenceAfter),
    serverIds,
    kept,
  };
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    throw new StateError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}

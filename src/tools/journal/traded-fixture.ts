// A data directory with a traded journal for the tests beside it: several segments, two snapshots, a CONTROL file. Tests only.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, readConfig } from '../../config.ts';
import { CommandType, Side } from '../../domain/codes.ts';
import { encodeControlSlot } from '../../journal/control-file.ts';
import { temporaryDirectory } from '../../journal/journal-fixture.ts';
import { InProcessExchange } from '../../sim/in-process-exchange.ts';
import { commandOf } from '../../sim/testing/commands.ts';
import { Random } from '../../sim/testing/random.ts';
import { runJournal } from '../journal-command.ts';

export interface Traded {
  readonly dataDir: string;
  readonly shard: string;
  readonly config: Config;
  /** Digest after each of these sequences, as the snapshots have it. */
  readonly snapshots: readonly { readonly sequence: number; readonly frame: number; readonly digest: string }[];
  readonly sequence: number;
  readonly lastFrame: number;
  /** Depth at the end, as GET /orderbook has it. */
  readonly depth: object;
}

/** Each batch of a few orders is a frame of its own. */
export function trade(exchange: InProcessExchange, random: Random, frames: number): void {
  for (let frame = 0; frame < frames; frame++) {
    for (let k = random.below(3); k >= 0; k--) {
      const side = random.below(2) === 0 ? Side.BUY : Side.SELL;
      const terms = { side, priceTicks: 100 + random.below(9), quantityLots: 1 + random.below(50) };
      const command = commandOf(CommandType.NEW_ORDER, terms, `client-${random.below(5)}`, `key-${random.below(1e9)}`);
      if (!exchange.submit(command)) throw new Error('the ring is full');
    }
    exchange.turnMatching();
    exchange.replies();
  }
  exchange.settle();
}

/** 3 times 120 frames, with a snapshot after each of the first two; then CONTROL, and the process is gone. */
export function tradedJournal(): Traded {
  const dataDir = temporaryDirectory();
  const shard = join(dataDir, 'shard-0');
  const exchange = new InProcessExchange({ directory: shard, durability: 'fsync' });
  const random = new Random(1);
  const snapshots: Traded['snapshots'][number][] = [];
  for (let k = 0; k < 2; k++) {
    trade(exchange, random, 120);
    snapshots.push(exchange.takeSnapshot());
  }
  trade(exchange, random, 120);
  writeControl(exchange, shard);
  const { sequence, durableFrame: lastFrame } = exchange;
  return { dataDir, shard, config: configOf(dataDir), snapshots, sequence, lastFrame, depth: exchange.depth() };
}

function writeControl(exchange: InProcessExchange, shard: string): void {
  const point = exchange.durablePoint;
  if (point === undefined) throw new Error('something is durable');
  writeFileSync(join(shard, 'CONTROL'), encodeControlSlot(1, point));
}

export function configOf(dataDir: string): Config {
  return readConfig({ RINGBOOK_DATA_DIR: dataDir }, dataDir);
}

export interface Said {
  readonly code: number;
  readonly text: string;
  readonly lines: readonly string[];
  readonly questions: readonly string[];
}

/** Runs `ringbook journal <words>`; `answer` is what a person says when asked. */
export async function journal(words: string, config: Config, answer?: boolean): Promise<Said> {
  const lines: string[] = [];
  const questions: string[] = [];
  const ask = async (question: string) => {
    questions.push(question);
    return answer;
  };
  const code = await runJournal(words.split(' '), config, { line: (text) => lines.push(...text.split('\n')), ask });
  return { code, text: lines.join('\n'), lines, questions };
}

/** The journal's files, oldest first. */
export function segmentsOf(shard: string): string[] {
  const directory = join(shard, 'journal');
  return readdirSync(directory)
    .filter((name) => name.endsWith('.wal'))
    .sort()
    .map((name) => join(directory, name));
}

/** Turns one byte of a file over. */
export function damage(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes[offset] ^= 0xff;
  writeFileSync(path, bytes);
}

/** Names and contents of all files below a directory. */
export function treeOf(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(
    paths.map((path) => [path.slice(directory.length), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}

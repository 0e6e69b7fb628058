// Writes the CONTROL file: about once a second, and when all has ended, what main was told is on the disk. Main thread,
// asynchronous file calls only; the file's only writer. A failure is told and tried again the next time: the file is a
// witness, the journal does not need it. Must never write over the newest slot that is whole.

import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DurablePoint } from '../wire/durable-point.ts';
import { CONTROL_SLOT_BYTES, type ControlSlot, encodeControlSlot, newestControlRecord } from './control-file.ts';
import { describeError, errorCode } from './errors.ts';

export interface ControlWriterOptions {
  readonly path: string;
  /** The newest frame that is on the disk; undefined before recovery is over. */
  readonly durablePoint: () => DurablePoint | undefined;
  /** The file names this frame. */
  readonly onWritten: (frame: number) => void;
  readonly onFailed: (reason: string) => void;
}

interface Turn {
  readonly slot: ControlSlot;
  readonly counter: number;
}

export class ControlWriter {
  readonly #options: ControlWriterOptions;
  #writtenFrame = 0;
  /** What is written next; unknown until the file was read. */
  #turn: Turn | undefined;
  #underWay: Promise<void> | undefined;

  constructor(options: ControlWriterOptions) {
    this.#options = options;
  }

  /** Writes the newest point, unless the file names it already or a write is under way. Never rejects. */
  write(): Promise<void> {
    this.#underWay ??= this.#writeNewest().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  /** The last write: also of what became durable during one that is under way. */
  async close(): Promise<void> {
    await this.#underWay;
    await this.write();
  }

  async #writeNewest(): Promise<void> {
    const { path, durablePoint, onWritten, onFailed } = this.#options;
    const point = durablePoint();
    if (point === undefined || point.frame === this.#writtenFrame) return;
    try {
      this.#turn ??= await firstTurn(path);
      const { slot, counter } = this.#turn;
      await writeSlot(path, slot, encodeControlSlot(counter, point));
      if (this.#writtenFrame === 0) await syncName(path);
      this.#turn = { slot: slot === 0 ? 1 : 0, counter: counter + 1 };
      this.#writtenFrame = point.frame;
      onWritten(point.frame);
    } catch (error) {
      onFailed(describeError(error));
    }
  }
}

/** Goes on behind what an earlier process wrote. */
async function firstTurn(path: string): Promise<Turn> {
  const newest = newestControlRecord(await readOrNothing(path));
  if (newest === undefined) return { slot: 0, counter: 1 };
  return { slot: newest.slot === 0 ? 1 : 0, counter: newest.counter + 1 };
}

async function readOrNothing(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

async function writeSlot(path: string, slot: ControlSlot, bytes: Buffer): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    const { bytesWritten } = await file.write(bytes, 0, bytes.length, slot * CONTROL_SLOT_BYTES);
    if (bytesWritten !== bytes.length) throw new Error(`only ${bytesWritten} of ${bytes.length} bytes were written`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Makes the file's name durable. */
async function syncName(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

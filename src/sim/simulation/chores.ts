// What other threads of the process do with the disk beside the agents: CONTROL, the spare segment, snapshots. A disk that fails
// them ends nothing. Owns nothing but the count of what failed.

import { constants } from 'node:fs';
import { CONTROL_SLOT_BYTES, encodeControlSlot, newestControlRecord } from '../../journal/control-file.ts';
import { hasSpare, SPARE_PART, SPARE_ZERO, writeZeros } from '../../journal/segment-files.ts';
import type { InProcessExchange } from '../in-process-exchange.ts';
import { CONTROL, DIRECTORY, JOURNAL } from './places.ts';
import type { SimulatedDisk } from './simulated-disk.ts';

export class Chores {
  /** A snapshot that was completed: the next start begins with it or a later one. */
  snapshotSequence = 0;
  snapshots = 0;
  /** Chores that the disk has failed. */
  failures = 0;
  readonly #disk: SimulatedDisk;
  readonly #segmentBytes: number;

  constructor(disk: SimulatedDisk, segmentBytes: number) {
    this.#disk = disk;
    this.#segmentBytes = segmentBytes;
  }

  /** As the snapshot's thread does. */
  takeSnapshot(exchange: InProcessExchange): void {
    this.#tolerant(() => {
      const { sequence } = exchange.takeSnapshotNow();
      this.snapshotSequence = sequence;
      this.snapshots++;
    });
  }

  /** As main does about once a second; journal/control-writer.ts, step by step. */
  writeControl(exchange: InProcessExchange): void {
    const point = exchange.durablePoint;
    if (point === undefined) return;
    const disk = this.#disk;
    this.#tolerant(() => {
      const isNew = !disk.existsSync(CONTROL);
      const newest = isNew ? undefined : newestControlRecord(disk.readFileSync(CONTROL));
      const slot = newest?.slot === 0 ? 1 : 0;
      const bytes = encodeControlSlot((newest?.counter ?? 0) + 1, point);
      const fd = disk.openSync(CONTROL, constants.O_WRONLY | constants.O_CREAT);
      disk.writeSync(fd, bytes, 0, bytes.length, slot * CONTROL_SLOT_BYTES);
      disk.fdatasyncSync(fd);
      disk.closeSync(fd);
      this.#syncDirectory(DIRECTORY);
    });
  }

  /** As main does when it is told to; journal/segment-preparer.ts, step by step. */
  prepareSpare(): void {
    const disk = this.#disk;
    this.#tolerant(() => {
      if (hasSpare(JOURNAL, this.#segmentBytes)) return;
      const fd = disk.openSync(`${JOURNAL}/${SPARE_PART}`, 'w');
      writeZeros(fd, 0, this.#segmentBytes);
      disk.fsyncSync(fd);
      disk.closeSync(fd);
      disk.renameSync(`${JOURNAL}/${SPARE_PART}`, `${JOURNAL}/${SPARE_ZERO}`);
    });
  }

  #syncDirectory(path: string): void {
    const fd = this.#disk.openSync(path, 'r');
    this.#disk.fsyncSync(fd);
    this.#disk.closeSync(fd);
  }

  /** Runs what the process survives when the disk fails; not what it may do wrong, nor the end of the machine. */
  #tolerant(act: () => void): void {
    const { mishaps } = this.#disk;
    try {
      act();
    } catch (error) {
      if (this.#disk.isStopped || this.#disk.mishaps === mishaps) throw error;
      this.#disk.mishaps = mishaps;
      this.failures++;
    }
  }
}

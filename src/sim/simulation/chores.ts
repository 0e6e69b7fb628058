// What other threads of the process do with the disk beside the agents: CONTROL, the spare segment, snapshots. A disk that fails
// them ends nothing. Owns nothing but the count of what failed.

import type { InProcessExchange } from '../in-process-exchange.ts';
import { prepareSpare, writeControl } from '../main-chores.ts';
import { CONTROL, JOURNAL } from './places.ts';
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

  /** As main does about once a second. */
  writeControl(exchange: InProcessExchange): void {
    const point = exchange.durablePoint;
    if (point !== undefined) this.#tolerant(() => writeControl(CONTROL, point));
  }

  /** As main does when it is told to. */
  prepareSpare(): void {
    this.#tolerant(() => prepareSpare(JOURNAL, this.#segmentBytes));
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

// The journal's fault points: a disk and a durable point of the matching thread that end the process where the plan says.
// Matching thread; made only when there is a plan, so that without one nothing stands between the writer and its file.

import { type JournalDisk, SYSTEM_DISK } from '../journal/journal-writer.ts';
import { type FaultPlan, passFaultPoint } from '../runtime/fault-point.ts';
import { DurablePointWriter, type JournalEnd } from '../wire/durable-point.ts';

export function faultyDisk(plan: FaultPlan): JournalDisk {
  return {
    write: (fd, bytes, lengthBytes, position) => {
      passFaultPoint(plan, 'before_write');
      const written = SYSTEM_DISK.write(fd, bytes, lengthBytes, position);
      passFaultPoint(plan, 'after_write');
      return written;
    },
    sync: (fd) => SYSTEM_DISK.sync(fd),
  };
}

/** Main is told of a frame when it is on the disk and before any reply to its commands is: the point between the two. */
export class FaultyDurablePoint extends DurablePointWriter {
  readonly #plan: FaultPlan;

  constructor(plan: FaultPlan, sink: ConstructorParameters<typeof DurablePointWriter>[0]) {
    super(sink);
    this.#plan = plan;
  }

  override publish(end: JournalEnd, cleanShutdown: boolean): void {
    passFaultPoint(this.#plan, 'after_sync_before_reply');
    super.publish(end, cleanShutdown);
  }
}

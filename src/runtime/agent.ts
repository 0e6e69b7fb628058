// Agent: one role of the system, as its thread sees it. The runner of its thread calls it, and nobody else.
// An agent owns what its role owns. doWork must never wait, and never take longer than a turn of its thread may last.

export interface Agent {
  /** For logs and faults. */
  readonly name: string;
  /** Once, before the first turn. A promise only on a thread with an event loop. */
  onStart?(): void | Promise<void>;
  /** One turn: does what there is to do, up to a limit of its own; returns how much it did, 0 when there was nothing. */
  doWork(): number;
  /** How long the thread may sleep when all its agents found nothing, in milliseconds. Without it, a second. */
  maxIdleMs?(): number;
  /** Once, after the last turn, also after a fault. A promise only on a thread with an event loop. */
  onClose?(): void | Promise<void>;
}

// Assertions that stay on in production. Any file may import this one; it imports nothing.

/** A broken promise of our own code: the process stops and recovery replays the journal. Never caused by input. */
export class Fault extends Error {
  override readonly name = 'Fault';
}

/** Stops with a Fault naming `message` unless `condition` holds. Allocates nothing when it holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Fault(message);
}

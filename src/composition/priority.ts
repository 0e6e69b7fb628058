// Lets the order path go first when cores are short: the calling thread asks the scheduler for less. Linux only, since
// only there threads have priorities of their own; elsewhere nothing happens. Any thread, once, at its start.

import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** About a third of the weight of a thread that has not asked for less. */
const BEHIND_ORDERS = 5;

/** Failing to be polite is no reason not to run. */
export function stepBehindOrders(): void {
  if (process.platform !== 'linux') return;
  try {
    // Resolved on the calling thread: <pid>/task/<tid>.
    const [, , thread] = readlinkSync('/proc/thread-self').split('/');
    setPriority(Number(thread), BEHIND_ORDERS);
  } catch {
    // No /proc, or not permitted.
  }
}

// For the whole-system tests: waiting for something to become true, with a deadline and words for what never came.

import { until } from '../../ledger/embedded-postgres/processes.ts';

const DEADLINE_MS = 15_000;

/** Polls until `condition` holds; throws naming `what` when it does not. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = DEADLINE_MS,
): Promise<void> {
  if (!(await until(condition, timeoutMs))) throw new Error(`within ${timeoutMs} ms it never came to be: ${what}`);
}

// For the whole-system tests and tools: what they start, and its end. Owns temporary directories and every clean-up that was
// deferred to it, and knows what the servers said when something is wrong.
// Must never leave a process or a directory behind, and never touch what it did not make.

import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';

type CleanUp = () => void | Promise<void>;

export class Keeper {
  #cleanUps: CleanUp[] = [];
  #reports: (() => string)[] = [];

  /** Runs at the end, the last deferred first. */
  defer(cleanUp: CleanUp): void {
    this.#cleanUps.push(cleanUp);
  }

  /** What to show when something is wrong. */
  onFailure(report: () => string): void {
    this.#reports.push(report);
  }

  /** A new directory, by default in /tmp itself and passable: as root, PostgreSQL may run as another user than ours. */
  async directory(parent = '/tmp'): Promise<string> {
    const directory = await realpath(await mkdtemp(join(parent, 'ringbook-e2e-')));
    this.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
    await chmod(directory, 0o711);
    return directory;
  }

  /** What there is to show. */
  report(): string {
    return this.#reports.map((report) => report()).join('');
  }

  /** Ends everything, also when ending one thing fails; it may be used anew then. */
  async end(): Promise<void> {
    const cleanUps = this.#cleanUps.reverse();
    this.#cleanUps = [];
    this.#reports = [];
    const failures: unknown[] = [];
    for (const cleanUp of cleanUps) {
      try {
        await cleanUp();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'the clean-up failed');
  }
}

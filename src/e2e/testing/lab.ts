// For the whole-system tests: what a test starts, and its end. One lab per test file; owns temporary directories and every
// clean-up that was deferred to it, and shows what the servers said when a test fails.
// Must never leave a process or a directory behind, also when a test fails, and never touch what it did not make.

import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';

type CleanUp = () => void | Promise<void>;

export class Lab {
  #cleanUps: CleanUp[] = [];
  #reports: (() => string)[] = [];

  /** `test`: everything ends with each test. `file`: with the last test of the file. */
  constructor(lifetime: 'test' | 'file' = 'test') {
    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') process.stderr.write(`--- ${task.name}\n${this.#report()}`);
      if (lifetime === 'test') await this.#end();
    });
    if (lifetime === 'file') afterAll(() => this.#end());
  }

  /** Runs at the end, the last deferred first. */
  defer(cleanUp: CleanUp): void {
    this.#cleanUps.push(cleanUp);
  }

  /** What to show when a test fails. */
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

  #report(): string {
    return this.#reports.map((report) => report()).join('');
  }

  async #end(): Promise<void> {
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

// For the whole-system tests: a keeper for a test file, which ends what was started also when a test fails and shows then what
// the servers said.

import { afterAll, afterEach } from 'vitest';
import { Keeper } from './keeper.ts';

export class Lab extends Keeper {
  /** `test`: everything ends with each test. `file`: with the last test of the file. */
  constructor(lifetime: 'test' | 'file' = 'test') {
    super();
    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') process.stderr.write(`--- ${task.name}\n${this.report()}`);
      if (lifetime === 'test') await this.end();
    });
    if (lifetime === 'file') afterAll(() => this.end());
  }
}

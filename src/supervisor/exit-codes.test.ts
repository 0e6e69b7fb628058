// What has no other test of its own: which code an error of a start ends with.

import { expect, it } from 'vitest';
import { locateNative } from '../ledger/embedded-postgres/binaries.ts';
import { ExitCode, exitCodeFor } from './exit-codes.ts';

it('is one of settings where there is no embedded PostgreSQL, and says which one to set', () => {
  let refusal = new Error();
  try {
    locateNative('plan9', 'mips');
  } catch (error) {
    if (error instanceof Error) refusal = error;
  }
  expect(refusal.message).toMatch(/@embedded-postgres\/plan9-mips is not installed.*Set DATABASE_URL/);
  expect(exitCodeFor(refusal.name)).toBe(ExitCode.USAGE);
});

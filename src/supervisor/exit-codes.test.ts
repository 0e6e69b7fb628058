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
  expect(exitCodeFor(refusal)).toBe(ExitCode.USAGE);
});

it('is one of the disk when a start meets a file call that failed there, and of ours when the call was wrong', () => {
  expect(exitCodeFor(new Error('EIO: i/o error, fsync'))).toBe(ExitCode.IO);
  expect(exitCodeFor(new Error("ENOSPC: no space left on device, open '/d/CONTROL'"))).toBe(ExitCode.IO);
  expect(exitCodeFor(new Error('EBADF: bad file descriptor, fsync'))).toBe(ExitCode.FAULT);
  expect(exitCodeFor(new Error('it says EIO: somewhere'))).toBe(ExitCode.FAULT);
});

// A directory of a tool's own, for all that it starts: gone when the tool has passed, kept and named when it has not. A tool's process.

import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface OwnDirectory {
  readonly parent: string;
  /** How its name begins. */
  readonly prefix: string;
  /** What lies in it, for who has to look there. */
  readonly holds: string;
}

/** The tool's exit code. `run` must have ended whatever writes there. */
export async function inOwnDirectory(
  { parent, prefix, holds }: OwnDirectory,
  run: (directory: string) => Promise<boolean>,
): Promise<number> {
  const directory = await realpath(await mkdtemp(join(parent, prefix)));
  let passed = false;
  try {
    // Passable: as root, PostgreSQL runs as another user.
    await chmod(directory, 0o711);
    passed = await run(directory);
  } finally {
    if (passed) await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    else process.stdout.write(`${holds} are kept in ${directory}\n`);
  }
  return passed ? 0 : 1;
}

// The words behind `ringbook`: without any the engine runs, with some one of the operator's tools. Main thread. Each tool is loaded
// when it is asked for, so that the engine carries none of them.

import type { Config } from './config.ts';
import { errorCode } from './journal/errors.ts';
import { ExitCode, exitCodeFor } from './supervisor/exit-codes.ts';

interface Tool {
  /** Returns the exit code. A thrown UsageError or an unknown option is 64, other errors are as in exit-codes.ts. */
  readonly run: (args: readonly string[], config: Config) => Promise<number>;
}

const NOUNS: Readonly<Record<string, () => Promise<Tool>>> = {
  admin: () => import('./tools/admin-command.ts'),
  journal: () => import('./tools/journal-command.ts'),
  ledger: () => import('./tools/ledger-command.ts'),
  load: () => import('./tools/load-command.ts'),
};

export const USAGE = `Usage: ringbook                       runs the engine; every setting is in .env.example
       ringbook journal <verb> ...    looks into the journal; ringbook journal --help says more
       ringbook ledger <verb> ...     rebuilds the Postgres ledger, or compares it with the journal
       ringbook admin skip ...        rules out a command that each start fails at
       ringbook load ...              sends orders to a running engine and says how it does; ringbook load --help says more
`;

/** Carries the words out and says what is wrong with them. Returns the exit code. */
export async function runCommand(words: readonly string[], configure: () => Config): Promise<number> {
  const [noun = '', ...args] = words;
  if (noun === '--help' || noun === '-h') {
    process.stdout.write(USAGE);
    return ExitCode.OK;
  }
  const load = Object.hasOwn(NOUNS, noun) ? NOUNS[noun] : undefined;
  if (load === undefined) {
    process.stderr.write(`ringbook: ${noun}: no such command\n\n${USAGE}`);
    return ExitCode.USAGE;
  }
  // Whoever reads a part of what is said, as head does, has heard enough.
  process.stdout.on('error', (error) => process.exit(errorCode(error) === 'EPIPE' ? ExitCode.OK : ExitCode.IO));
  const config = configure();
  try {
    return await (await load()).run(args, config);
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    const code = isUsage(error) ? ExitCode.USAGE : exitCodeFor({ name, message });
    process.stderr.write(`ringbook: ${code === ExitCode.FAULT ? stack : message}\n`);
    return code;
  }
}

/** What parseArgs of Node throws has a code of its own. */
function isUsage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'UsageError' || ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
}

// How tools show their usage, refuse a wrong command line and end on errors: one line on standard error and the exit code. A tool's
// process.

/** A command line that makes no sense; exit 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Where a server listens that was started with our environment. */
export const STANDARD_URL = `http://127.0.0.1:${process.env.PORT || 3000}`;

const USAGE = 64;
const FAILED = 1;
/** Errors whose message says all. */
const EXPECTED = new Set([
  'UsageError',
  'FlowError',
  'StateError',
  'ReplyError',
  'ConnectionLost',
  'LedgerBehind',
  'LoadError',
  'ChildError',
  'AbortError',
]);
/** Of these, what the caller gave was wrong. */
const CALLERS = new Set(['UsageError', 'FlowError', 'StateError']);

/** Runs a tool to its exit code. `--help` anywhere in the command line prints `help` instead and nothing is done. */
export function runTool(name: string, main: () => Promise<number>, help = ''): void {
  if (help !== '' && process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(help);
    return;
  }
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      const { name: kind, message, stack } = error instanceof Error ? error : new Error(String(error));
      const badOption = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
      const short = badOption || EXPECTED.has(kind);
      process.stderr.write(`${name}: ${short ? message : stack}\n`);
      process.exitCode = badOption || CALLERS.has(kind) ? USAGE : FAILED;
    },
  );
}

export function positiveInteger(option: string, value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number > 0) return number;
  throw new UsageError(`--${option} ${value}: a whole number above 0 is needed`);
}

/** Also as 1e6. */
export function wholeNumber(option: string, value: string): number {
  const number = Number(value);
  if (value !== '' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new UsageError(`--${option} ${value}: a whole number is needed`);
}

/** Also as 1e6. Not 0: where nothing is done nothing is shown. */
export function count(option: string, value: string): number {
  const number = wholeNumber(option, value);
  if (number > 0) return number;
  throw new UsageError(`--${option} ${value}: more than 0 are needed`);
}

export function httpUrl(option: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'http:') throw new UsageError(`--${option} ${value}: an http:// URL is needed`);
  return url;
}

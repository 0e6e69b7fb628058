// The process's exit codes (sysexits numbers where one fits), and which error means which. Main thread.

export const ExitCode = {
  OK: 0,
  /** Wrong setting or usage. */
  USAGE: 64,
  /** The journal is damaged where it was acknowledged, was written by other rules, or comes to another outcome here. */
  DATA: 65,
  /** A fault of ours: an assertion failed or an error went uncaught. */
  FAULT: 70,
  /** A write or sync failed: outcomes of pending commands are unknown; or the disk failed a start. */
  IO: 74,
  /** Another process has the data directory. */
  IN_USE: 75,
  /** A setting would open what must stay closed. */
  INSECURE: 78,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const BY_ERROR_NAME: Readonly<Record<string, ExitCode>> = {
  ConfigError: ExitCode.USAGE,
  ListenError: ExitCode.USAGE,
  StartRefused: ExitCode.USAGE,
  NoEmbeddedPostgres: ExitCode.USAGE,
  InsecureConfigError: ExitCode.INSECURE,
  JournalDamage: ExitCode.DATA,
  OtherRules: ExitCode.DATA,
  OtherOutcome: ExitCode.DATA,
  HistoryGone: ExitCode.DATA,
  JournalFault: ExitCode.IO,
  DataDirectoryInUse: ExitCode.IN_USE,
};

/** How node's messages of failed file calls begin, when the disk and not the caller is at fault. */
const DISK_FAILED = /^(EIO|ENOSPC|EDQUOT|EFBIG|EROFS): /;

/** The code for an error by what survives the way between threads. */
export function exitCodeFor({ name, message }: { readonly name: string; readonly message: string }): ExitCode {
  return BY_ERROR_NAME[name] ?? (DISK_FAILED.test(message) ? ExitCode.IO : ExitCode.FAULT);
}

// What can go wrong with files, as errors an operator can act on. Any thread. Each says what, where, the evidence, and what to do.
// They are never caught to go on as if nothing had happened: main maps them to exit codes (65 damage, other rules or another outcome, 74 I/O fault, 75 in use).

/** Where a damaged journal was found out. `sequence` is the first command that would be in the frame. */
export interface DamageSite {
  readonly file: string;
  readonly offsetBytes: number;
  readonly frame: number;
  readonly sequence: number;
}

/** The journal does not hold what it provably held, or holds what does not belong there. Nothing was changed. Exit 65. */
export class JournalDamage extends Error {
  override readonly name = 'JournalDamage';
  readonly file: string;
  readonly offsetBytes: number;
  readonly frame: number;
  readonly sequence: number;
  readonly evidence: string;

  constructor(site: DamageSite, evidence: string) {
    super(
      `the journal is damaged: ${site.file} at offset ${site.offsetBytes}, frame ${site.frame}, sequence ${site.sequence}: ` +
        `${evidence}. Nothing was changed. Keep a copy of the data directory, then restore this file from a backup, or see ` +
        'what ringbook journal salvage can save.',
    );
    this.file = site.file;
    this.offsetBytes = site.offsetBytes;
    this.frame = site.frame;
    this.sequence = site.sequence;
    this.evidence = evidence;
  }
}

/** The damage at the frame a cursor could not accept. */
export function damageAt(
  cursor: { path: string; offsetBytes: number; nextFrame: number; nextSequence: number },
  evidence: string,
): JournalDamage {
  const { path: file, offsetBytes, nextFrame: frame, nextSequence: sequence } = cursor;
  return new JournalDamage({ file, offsetBytes, frame, sequence }, evidence);
}

/** The journal is sound, but another version of the rules made it: replayed, it could come to another state. Exit 65. */
export class OtherRules extends Error {
  override readonly name = 'OtherRules';
  readonly frame: number;
  readonly rulesVersion: number;

  constructor(frame: number, rulesVersion: number, ownVersion: number) {
    super(
      `the journal was written by rules ${rulesVersion}: frame ${frame} says so, and this build applies rules ` +
        `${ownVersion} only. Nothing was changed. Start the build that wrote it, or begin with an empty data directory.`,
    );
    this.frame = frame;
    this.rulesVersion = rulesVersion;
  }
}

/** A durable command that the engine faults on: a fault of ours, that each replay meets again. Exit 70. */
export class PoisonCommand extends Error {
  override readonly name = 'PoisonCommand';
  readonly frame: number;
  readonly sequence: number;

  /** `place`: the file and offset of its frame, when known. `isReplay`: it has failed when it came already, or another build has applied it then. */
  constructor(place: string, frame: number, sequence: number, cause: unknown, isReplay: boolean) {
    const advice = isReplay
      ? 'It is a poison command: it came through before and fails in this replay, so each start of this build ends here. Start ' +
        `the build that applied it, or rule it out: ringbook admin skip --sequence ${sequence} --reason TEXT`
      : 'It is durable: the next start tries it once more, and says what can be done should it fail again';
    const where = place === '' ? `frame ${frame}` : `${place}, frame ${frame}`;
    super(`command ${sequence} cannot be applied: ${where}: ${describeError(cause)}. ${advice}.`, { cause });
    this.frame = frame;
    this.sequence = sequence;
    if (cause instanceof Error && cause.stack !== undefined) this.stack = cause.stack;
  }
}

/** A frame whose state digest is not what a replay came to. Digests are 16 hexadecimal digits. */
export interface OutcomeSite {
  /** The segment's name. */
  readonly file: string;
  readonly offsetBytes: number;
  readonly frame: number;
  /** The last command before the frame. */
  readonly sequence: number;
  readonly written: string;
  readonly replayed: string;
}

/** The journal is sound, but replayed here its commands come to another outcome than where they were first applied. Exit 65. */
export class OtherOutcome extends Error {
  override readonly name = 'OtherOutcome';
  readonly site: OutcomeSite;
  readonly evidence: string;

  constructor(site: OutcomeSite) {
    const evidence = `its state digest is ${site.written}, the commands through sequence ${site.sequence} replayed give ${site.replayed}`;
    super(
      `the journal has another outcome here: ${site.file} at offset ${site.offsetBytes}, frame ${site.frame}, sequence ` +
        `${site.sequence}: ${evidence}. This build applies commands differently than the one that wrote the frame. Nothing ` +
        'was changed. Start the build that wrote it.',
    );
    this.site = site;
    this.evidence = evidence;
  }
}

/** A write or sync of the journal failed. Whether the frame is on the disk is unknown; nothing is written after it. Exit 74. */
export class JournalFault extends Error {
  override readonly name = 'JournalFault';
  readonly file: string;
  readonly offsetBytes: number;
  readonly frame: number;
  readonly sequence: number;
  readonly evidence: string;

  constructor(site: DamageSite, evidence: string, cause?: unknown) {
    super(
      `the journal cannot be written: ${site.file} at offset ${site.offsetBytes}, frame ${site.frame}, sequence ${site.sequence}: ` +
        `${evidence}. The outcome of that frame is unknown and nothing more is written. Check the disk, then start again.`,
      { cause },
    );
    this.file = site.file;
    this.offsetBytes = site.offsetBytes;
    this.frame = site.frame;
    this.sequence = site.sequence;
    this.evidence = evidence;
  }
}

/** Another process owns the data directory. Exit 75. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
  readonly directory: string;
  /** 0 when it is not known. */
  readonly holderPid: number;

  constructor(directory: string, holderPid: number) {
    const holder = holderPid > 0 ? `process ${holderPid}` : 'another process';
    super(`the data directory ${directory} is in use by ${holder}. Stop it first, or choose another data directory.`);
    this.directory = directory;
    this.holderPid = holderPid;
  }
}

/** The disk has no room for another segment. Nothing was changed: it may be tried again when there is. */
export class NoRoomForSegment extends Error {
  override readonly name = 'NoRoomForSegment';

  constructor(directory: string, cause: unknown) {
    super(`no room for another journal segment in ${directory}: ${describeError(cause)}`, { cause });
  }
}

/** Whether an error, or what it says, is that a file system or a quota is full. */
export function isOutOfSpace(error: unknown): boolean {
  return /\b(ENOSPC|EDQUOT)\b/.test(`${errorCode(error)} ${describeError(error)}`);
}

/** A spool file does not hold what its writer wrote, or no longer exists. The spool is rebuilt by a restart. */
export class SpoolDamage extends Error {
  override readonly name = 'SpoolDamage';
  readonly file: string;
  readonly position: number;
  readonly evidence: string;

  constructor(file: string, position: number, evidence: string) {
    super(
      `the event spool cannot be read: ${file} at position ${position}: ${evidence}. A restart rebuilds the spool.`,
    );
    this.file = file;
    this.position = position;
    this.evidence = evidence;
  }
}

/** A snapshot file that does not verify, when read or right after it was written. */
export class SnapshotDamage extends Error {
  override readonly name = 'SnapshotDamage';
  readonly file: string;
  readonly evidence: string;

  constructor(file: string, evidence: string) {
    super(`the snapshot ${file} is damaged: ${evidence}. It is not used; an older one or the journal itself is.`);
    this.file = file;
    this.evidence = evidence;
  }
}

/** What an unknown thrown value says, for a message. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's error code (`ENOENT`), '' when there is none. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

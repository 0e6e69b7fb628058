// A disk whose k-th call of one kind fails: between the journal's room and another disk, it counts the calls and spoils one of
// them, or all from that one on. One thread. Owns the counts; must never do anything else to a call than its fault says.

import type { FileSystem } from '../../journal/file-system.ts';

/** Kinds of calls, by the system call that is behind them; `write` has no position, `pwrite` has one. */
export const CALLS = [
  'open',
  'close',
  'read',
  'write',
  'pwrite',
  'fsync',
  'fdatasync',
  'stat',
  'readdir',
  'mkdir',
  'rename',
  'unlink',
] as const;
export type Call = (typeof CALLS)[number];

/**
 * EIO, ENOSPC: nothing is done, and the call says so. `EIO, yet done`: it says so too, and it is not true. short: half of the bytes are
 * taken or given. slow: time passes, and nothing is wrong.
 */
const WAYS = ['EIO', 'EIO, yet done', 'ENOSPC', 'short', 'slow'] as const;
export type Way = (typeof WAYS)[number];

/** How a kind of call can fail. A descriptor is closed, whatever close says. */
export const WAYS_OF: Readonly<Record<Call, readonly Way[]>> = {
  open: ['EIO', 'ENOSPC', 'slow'],
  close: ['EIO, yet done', 'slow'],
  read: ['EIO', 'short', 'slow'],
  write: WAYS,
  pwrite: WAYS,
  fsync: ['EIO', 'EIO, yet done', 'ENOSPC', 'slow'],
  fdatasync: ['EIO', 'EIO, yet done', 'ENOSPC', 'slow'],
  stat: ['EIO', 'slow'],
  readdir: ['EIO', 'slow'],
  mkdir: ['EIO', 'EIO, yet done', 'ENOSPC', 'slow'],
  rename: ['EIO', 'EIO, yet done', 'ENOSPC', 'slow'],
  unlink: ['EIO', 'EIO, yet done', 'slow'],
};

export interface Fault {
  readonly call: Call;
  /** Which call of its kind, counted from 1. */
  readonly k: number;
  readonly way: Way;
  /** All from that one on. */
  readonly isSticky: boolean;
}

export class FailingDisk implements FileSystem {
  /** Calls so far, by kind. */
  readonly counts = new Map<Call, number>();
  /** Calls that failed. */
  failures = 0;
  /** The file of the last one that did. */
  failedPath = '';
  readonly #disk: FileSystem;
  readonly #isIgnored: boolean;
  readonly #onSlow: () => void;
  readonly #paths = new Map<number, string>();
  readonly #fault: Fault | undefined;
  #isRepaired = false;
  #isLookedPast = false;

  /** `isIgnored`: a call that fails is answered as if it had not, as for a caller that does not look. A negative control. */
  constructor(disk: FileSystem, fault: Fault | undefined, onSlow: () => void, isIgnored = false) {
    this.#disk = disk;
    this.#fault = fault;
    this.#onSlow = onSlow;
    this.#isIgnored = isIgnored;
  }

  /** The disk is repaired: from here on nothing fails, nor is counted as what could have. */
  repair(): void {
    this.#isRepaired = true;
  }

  /** Runs what is no part of the system: its calls neither count nor fail. */
  lookPast<T>(act: () => T): T {
    this.#isLookedPast = true;
    try {
      return act();
    } finally {
      this.#isLookedPast = false;
    }
  }

  openSync = (path: string, flags: string | number): number =>
    this.#pass('open', path, () => {
      const fd = this.#disk.openSync(path, flags);
      this.#paths.set(fd, path);
      return fd;
    });

  closeSync = (fd: number): void => this.#pass('close', this.#path(fd), () => this.#disk.closeSync(fd));

  writeSync = (fd: number, bytes: Uint8Array, offset: number, length: number, position?: number): number => {
    const write = (part: number) => this.#disk.writeSync(fd, bytes, offset, part, position);
    const call = position === undefined ? 'write' : 'pwrite';
    const whole = () => write(length);
    const none = () => length;
    return this.#pass(call, this.#path(fd), whole, () => write(half(length)), none);
  };

  readSync = (fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number => {
    const read = (part: number) => this.#disk.readSync(fd, bytes, offset, part, position);
    const whole = () => read(length);
    return this.#pass('read', this.#path(fd), whole, () => read(half(length)));
  };

  readFileSync = (path: string): Buffer => this.#pass('read', path, () => this.#disk.readFileSync(path));

  fsyncSync = (fd: number): void => this.#sync('fsync', fd);

  fdatasyncSync = (fd: number): void => this.#sync('fdatasync', fd);

  fstatSync = (fd: number): { readonly size: number } =>
    this.#pass('stat', this.#path(fd), () => this.#disk.fstatSync(fd));

  statSync = (path: string): { readonly size: number } => this.#pass('stat', path, () => this.#disk.statSync(path));

  existsSync = (path: string): boolean => this.#pass('stat', path, () => this.#disk.existsSync(path));

  readdirSync = (path: string): string[] => this.#pass('readdir', path, () => this.#disk.readdirSync(path));

  mkdirSync = (path: string, options: { readonly recursive: true }): string | undefined =>
    this.#pass('mkdir', path, () => this.#disk.mkdirSync(path, options));

  renameSync = (from: string, to: string): void => this.#pass('rename', to, () => this.#disk.renameSync(from, to));

  rmSync = (path: string, options?: { readonly force?: boolean }): void =>
    this.#pass('unlink', path, () => this.#disk.rmSync(path, options));

  #sync(call: 'fsync' | 'fdatasync', fd: number): void {
    const sync = () => this.#disk[`${call}Sync`](fd);
    this.#pass(call, this.#path(fd), sync, sync, () => {});
  }

  /** Counts the call and does `whole`, unless it is one that fails. */
  #pass<T>(call: Call, path: string, whole: () => T, part = whole, nothing?: () => T): T {
    if (this.#isLookedPast || this.#isRepaired) return whole();
    const count = (this.counts.get(call) ?? 0) + 1;
    this.counts.set(call, count);
    const fault = this.#fault;
    if (fault === undefined || fault.call !== call || count < fault.k) return whole();
    if (count > fault.k && !fault.isSticky) return whole();
    this.failures++;
    this.failedPath = path;
    if (fault.way === 'slow') {
      this.#onSlow();
      return whole();
    }
    if (fault.way === 'short') return part();
    if (fault.way === 'EIO, yet done') whole();
    if (this.#isIgnored && nothing !== undefined) return nothing();
    throw new DiskError(fault.way === 'ENOSPC' ? 'ENOSPC' : 'EIO', call, path);
  }

  #path(fd: number): string {
    return this.#paths.get(fd) ?? '';
  }
}

/** What node throws: an error with the system's code. */
class DiskError extends Error {
  readonly code: 'EIO' | 'ENOSPC';

  constructor(code: 'EIO' | 'ENOSPC', call: Call, path: string) {
    super(`${code}: made to fail, ${call} '${path}'`);
    this.code = code;
  }
}

function half(length: number): number {
  return Math.ceil(length / 2);
}

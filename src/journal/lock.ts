// The lock on a data directory: one process at a time. Main thread, at start and stop. Owns the open LOCK file; what is written in
// it is for people. Must never be removed while unheld: two processes could then each lock a file of that name.

import { spawnSync } from 'node:child_process';
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DataDirectoryInUse, errorCode } from './errors.ts';
import { makeDirectory } from './segment-files.ts';

export interface DataDirectoryLock {
  readonly directory: string;
  /** Frees the directory. The end of the process does too, however it ends. */
  release(): void;
}

interface Holder {
  readonly pid: number;
  /** When that process began, in the system's own words: tells it from a later one with the same number. */
  readonly started: string;
}

/**
 * Takes the directory, which is made when there is none. Throws DataDirectoryInUse when another process (or this one) has it.
 * `flockCommand` is replaced by tests.
 */
export function acquireDataDirectoryLock(directory: string, flockCommand = 'flock'): DataDirectoryLock {
  makeDirectory(directory);
  const path = join(directory, 'LOCK');
  // Node opens with O_CLOEXEC: no child but flock itself, which is given it as number 3, ever has this file open.
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    const holder = parseHolder(readFileSync(path, 'utf8'));
    const kernelLock = takeKernelLock(fd, flockCommand);
    const isTaken = kernelLock === 'not available' ? isAlive(holder) : kernelLock === 'held by another';
    if (isTaken) throw new DataDirectoryInUse(directory, holder.pid);
    writeHolder(fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  let held = true;
  const release = () => {
    if (!held) return;
    held = false;
    ftruncateSync(fd);
    closeSync(fd);
  };
  return { directory, release };
}

/**
 * `flock` locks the open file description, which its process shares with ours: when it ends, the lock stays, until the last
 * descriptor is closed. The kernel does that for a process that is killed.
 */
function takeKernelLock(fd: number, command: string): 'ours' | 'held by another' | 'not available' {
  const stdio: Array<'ignore' | 'pipe' | number> = ['ignore', 'ignore', 'pipe', fd];
  const { error, status, stderr } = spawnSync(command, ['-x', '-n', '3'], { stdio });
  if (error !== undefined) {
    if (errorCode(error) === 'ENOENT') return 'not available';
    throw error;
  }
  if (status === 0) return 'ours';
  if (status === 1) return 'held by another';
  throw new Error(`${command} failed with status ${status}: ${stderr.toString().trim()}`);
}

/**
 * The way without `flock` (macOS): believes the file when a process with that number lives and, as far as the system tells,
 * began when the file says. Weaker than a kernel lock: two processes that start in the same instant can both get in, and
 * one on another host is not seen.
 */
function isAlive(holder: Holder): boolean {
  if (holder.pid === 0 || !isRunning(holder.pid)) return false;
  const started = startOf(holder.pid);
  return started === '' || holder.started === '' || started === holder.started;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** When process `pid` began; '' when there is none, or no `ps` to ask. */
function startOf(pid: number): string {
  const { stdout, status } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}

const HOLDER = /^process (\d+)\nstarted (.*)\n$/;

function parseHolder(text: string): Holder {
  const match = HOLDER.exec(text);
  return { pid: Number(match?.[1] ?? 0), started: match?.[2] ?? '' };
}

function writeHolder(fd: number): void {
  const text = `process ${process.pid}\nstarted ${startOf(process.pid)}\n`;
  ftruncateSync(fd);
  writeSync(fd, text, 0);
}

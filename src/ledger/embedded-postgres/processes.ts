// Small facts about operating-system processes, and waiting with a deadline.
// Runs on the main thread; owns nothing. Must never signal a process: it only looks.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runToEnd } from './run.ts';

const POLL_MS = 10;

/** Polls `condition` until it holds or the time is over, and says which. A timer, not a clock, ends the wait. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = AbortSignal.timeout(timeoutMs);
  for (;;) {
    if (await condition()) return true;
    if (deadline.aborted) return false;
    await sleep(POLL_MS);
  }
}

/** A zombie (an orphan nobody has reaped, common in containers without an init) counts as gone. */
export function isAlive(pid: number): boolean {
  if (process.platform === 'linux') {
    const state = linuxStat(pid)?.state;
    return state !== undefined && state !== 'Z' && state !== 'X';
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Frozen, by SIGSTOP. Linux only; elsewhere never. */
export function isStopped(pid: number): boolean {
  return process.platform === 'linux' && linuxStat(pid)?.state === 'T';
}

export async function parentOf(pid: number): Promise<number | undefined> {
  if (process.platform === 'linux') return linuxStat(pid)?.parent;
  const { exitCode, output } = await runToEnd(['ps', '-o', 'ppid=', '-p', String(pid)]);
  return exitCode === 0 ? Number(output.trim()) : undefined;
}

/** Processes whose parent is `pid`. Linux only; elsewhere none. */
export function childrenOf(pid: number): number[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((candidate) => linuxStat(candidate)?.parent === pid);
}

/** The arguments joined by spaces; empty when the process is gone. Readable for processes of any user. */
export async function commandLineOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return (await runToEnd(['ps', '-ww', '-o', 'command=', '-p', String(pid)])).output;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function linuxStat(pid: number): { state: string; parent: number } | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses and may itself hold spaces and parentheses.
    const [state = 'X', parent = '0'] = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

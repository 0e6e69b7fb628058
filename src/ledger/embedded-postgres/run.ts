// Starting programs: the environment they see, and how they die with us.
// Runs on the main thread; owns no process for longer than one call. Must never pass our own environment on:
// a stray PGDATA, PGPORT or LANG would change what the server does.

import { spawn } from 'node:child_process';

export const CHILD_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
} as const;

export interface SpawnAs {
  readonly uid?: number;
  readonly gid?: number;
}

export interface RunOptions extends SpawnAs {
  readonly input?: string;
}

/** Runs a program to its end. Never rejects: a program that cannot be started has exit code 127. */
export function runToEnd(
  command: readonly string[],
  options: RunOptions = {},
): Promise<{ exitCode: number; output: string }> {
  const [program = '', ...args] = command;
  const { input = '', ...spawnAs } = options;
  return new Promise((resolve) => {
    let output = '';
    // Detached, so that a terminal's Ctrl-C reaches us alone and we decide what becomes of the child.
    // In `/`, because our own directory may be closed to the user the program runs as.
    const child = spawn(program, args, { ...spawnAs, cwd: '/', env: CHILD_ENVIRONMENT, detached: true });
    child.on('error', (error) => resolve({ exitCode: 127, output: error.message }));
    child.on('close', (code) => resolve({ exitCode: code ?? 128, output }));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stdin.on('error', () => {}); // It ended without reading: the exit code tells the story.
    child.stdin.end(input);
  });
}

// Between fork and the death-signal request the parent may already be gone: then nothing would ever send the signal.
const UNLESS_ORPHANED = 'test "$PPID" = "$1" || exit 1; shift; exec "$@"';

/**
 * Prefixes a command so that the kernel sends it `signal` when the spawning thread dies, even by kill -9.
 * It must come last before the program: a change of user ids clears the request (prctl(2)).
 * The thread that spawns is the one that is watched, so spawn from the main thread. Without setpriv (macOS): as it is.
 */
export async function dyingWithParent(signal: 'INT' | 'KILL', command: readonly string[]): Promise<readonly string[]> {
  if (!(await hasDeathSignal())) return command;
  return ['setpriv', '--pdeathsig', signal, 'sh', '-c', UNLESS_ORPHANED, 'sh', String(process.pid), ...command];
}

let deathSignalProbe: Promise<boolean> | undefined;

function hasDeathSignal(): Promise<boolean> {
  deathSignalProbe ??= runToEnd(['setpriv', '--pdeathsig', 'KILL', 'true']).then(({ exitCode }) => exitCode === 0);
  return deathSignalProbe;
}

// For the whole-system tests: which processes belong to a data directory. Looks only; a zombie counts as gone.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isAlive } from '../../ledger/embedded-postgres/processes.ts';
import { runToEnd } from '../../ledger/embedded-postgres/run.ts';

/** Living PostgreSQL processes (server and backends) whose data lies in `directory`. */
export async function postgresIn(directory: string): Promise<number[]> {
  return process.platform === 'linux' ? postgresOnLinux(directory) : await postgresByList(directory);
}

function postgresOnLinux(directory: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (!command.includes('postgres') || !isAlive(pid)) return false;
      // Backends name no directory, but work in it.
      return command.includes(directory) || readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false; // it ended meanwhile
    }
  });
}

/** Elsewhere: the server itself, which names its directory; its backends end with it. */
async function postgresByList(directory: string): Promise<number[]> {
  const { output } = await runToEnd(['ps', '-axww', '-o', 'pid=,stat=,command=']);
  const lines = output.split('\n').map((line) => line.trim().split(/\s+/));
  const ours = lines.filter(([, state = 'Z', ...command]) => {
    const text = command.join(' ');
    return !state.startsWith('Z') && text.includes('postgres') && text.includes(directory);
  });
  return ours.map(([pid]) => Number(pid));
}

// Gets a Redis server program onto a Debian or Ubuntu machine, for the tests.
// Runs on the main thread of the test command; owns nothing afterwards. Must never start, enable or stop a system
// service: so it installs only the tools package, which brings no service but whose `redis-check-rdb` is the server
// under another name. Started through a link called `redis-server`, it is the server.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { findRedisProgram } from './redis-server.ts';

const INSTALL_MS = 180_000;
const PACKAGES = [
  { name: 'redis-tools', program: '/usr/bin/redis-check-rdb', link: 'redis-server' },
  { name: 'valkey-tools', program: '/usr/bin/valkey-check-rdb', link: 'valkey-server' },
] as const;

/** Returns the program, or undefined where it cannot be installed. `directory` receives the link. */
export async function installRedis(directory: string, say: (line: string) => void): Promise<string | undefined> {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return undefined;
  say('no redis-server on the path: installing the distribution package redis-tools or valkey-tools with apt-get');
  await apt(['update']);
  for (const { name, program, link } of PACKAGES) {
    if (!(await apt(['install', '--yes', '--no-install-recommends', name])) || !existsSync(program)) continue;
    const path = join(directory, link);
    await symlink(program, path);
    const found = await findRedisProgram([link, path]);
    if (found !== undefined) return found;
  }
  say('apt-get could not install a redis server');
  return undefined;
}

function apt(args: readonly string[]): Promise<boolean> {
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=60', '-o', 'Acquire::Retries=2'];
  return new Promise((resolve) => {
    // Its output goes to stderr: stdout is for results. It inherits our environment, for a proxy may be named there.
    const child = spawn('env', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...options, ...args], {
      stdio: ['ignore', 2, 2],
      timeout: INSTALL_MS,
    });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}

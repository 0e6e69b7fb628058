// The data directory's lock, with real processes: a second one is refused, a killed one lets go, its children keep nothing.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { DataDirectoryInUse } from './errors.ts';
import { removeTemporaryDirectories, temporaryDirectory } from './journal-fixture.ts';
import { acquireDataDirectoryLock } from './lock.ts';

const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  removeTemporaryDirectories();
});

const FLOCK = 'flock';
const HAS_FLOCK = spawnSync(FLOCK, ['-V']).error === undefined;
/** Other processes run the built file: build first. */
const LOCK_MODULE = fileURLToPath(new URL('../../dist/journal/lock.js', import.meta.url));

/** Tries to take the lock, says how that went, starts a child of its own and waits to be killed. */
const HOLDER = `
  const { acquireDataDirectoryLock } = await import(process.argv[1]);
  try {
    acquireDataDirectoryLock(process.argv[2], process.argv[3]);
    const child = (await import('node:child_process')).spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    console.log('held ' + child.pid);
  } catch (error) {
    console.log(error.name + ' ' + error.holderPid);
    process.exit(75);
  }
  setInterval(() => {}, 1000);
`;

interface Contender {
  readonly process: ChildProcess;
  /** `held` and the pid of its child, or the error's name and the pid of the holder. */
  readonly said: string;
  readonly pid: number;
}

async function contend(directory: string, flockCommand = FLOCK): Promise<Contender> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, LOCK_MODULE, directory, flockCommand], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  const [output] = await once(child.stdout, 'data');
  const [said = '', pid = ''] = String(output).trim().split(' ');
  return { process: child, said, pid: Number(pid) };
}

async function kill(contender: Contender): Promise<void> {
  const gone = once(contender.process, 'exit');
  contender.process.kill('SIGKILL');
  await gone;
}

// 'no-such-flock' takes the way of systems without it.
it.each(HAS_FLOCK ? [FLOCK, 'no-such-flock'] : ['no-such-flock'])('is one process at a time (%s)', async (command) => {
  const directory = temporaryDirectory();
  const first = await contend(directory, command);
  expect(first.said).toBe('held');
  const second = await contend(directory, command);
  expect(second).toMatchObject({ said: 'DataDirectoryInUse', pid: first.process.pid });
  expect(() => acquireDataDirectoryLock(directory, command)).toThrow(
    `the data directory ${directory} is in use by process ${first.process.pid}.`,
  );
  expect(readFileSync(join(directory, 'LOCK'), 'utf8')).toContain(`process ${first.process.pid}\n`);
  await kill(first);
  process.kill(first.pid, 0); // its child lives on, and does not hold the directory
  const third = await contend(directory, command);
  expect(third.said).toBe('held');
  await kill(third);
  acquireDataDirectoryLock(directory, command).release();
  for (const orphan of [first, third]) process.kill(orphan.pid, 'SIGKILL');
});

it('is not taken twice by one process, and is free after its release', () => {
  const directory = join(temporaryDirectory(), 'data');
  const lock = acquireDataDirectoryLock(directory);
  expect(lock.directory).toBe(directory);
  expect(() => acquireDataDirectoryLock(directory)).toThrow(DataDirectoryInUse);
  lock.release();
  lock.release();
  acquireDataDirectoryLock(directory).release();
  acquireDataDirectoryLock(temporaryDirectory()).release();
});

it('takes over, without flock, from a process that is gone or is another one by now', () => {
  const directory = temporaryDirectory();
  const claim = (text: string) => writeFileSync(join(directory, 'LOCK'), text);
  const take = () => acquireDataDirectoryLock(directory, 'no-such-flock').release();
  claim(`process ${process.pid}\nstarted Thu Jan  1 00:00:00 1970\n`);
  take();
  claim('nothing we wrote');
  take();
  claim('process 4194304\nstarted Thu Jan  1 00:00:00 1970\n');
  take();
  claim(`process ${process.pid}\nstarted \n`);
  expect(take).toThrow(DataDirectoryInUse);
});

it('does not take a broken flock for a lock', () => {
  const directory = temporaryDirectory();
  const broken = join(directory, 'flock');
  writeFileSync(broken, '#!/bin/sh\necho no such descriptor >&2\nexit 65\n', { mode: 0o755 });
  expect(() => acquireDataDirectoryLock(directory, broken)).toThrow('status 65: no such descriptor');
  expect(() => acquireDataDirectoryLock(directory, directory)).toThrow('EACCES');
});

// The embedded PostgreSQL, with real servers in temporary directories: start, stop, and every way a run can end badly.
// Runs in a vitest worker (a process, main thread); owns the directories it makes and the servers it starts there.
// Must never signal a process it did not start. What only Linux can show (/proc, death signals) is skipped elsewhere.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { locateNative } from './embedded-postgres/binaries.ts';
import { isAlive, until } from './embedded-postgres/processes.ts';
import { CHILD_ENVIRONMENT } from './embedded-postgres/run.ts';
import { chooseRunAs, giveTo } from './embedded-postgres/run-as.ts';
import { serverArguments } from './embedded-postgres/settings.ts';
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './embedded-postgres.ts';

const BUILT = new URL('../../dist/ledger/embedded-postgres.js', import.meta.url);
const DEADLINE_MS = 20_000;
const isLinux = process.platform === 'linux';
const isLinuxRoot = isLinux && process.getuid?.() === 0;

const running = new Set<EmbeddedPostgres>();

afterEach(async () => {
  await Promise.all([...running].map((server) => server.stop()));
  running.clear();
});

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ durable: false, ...options });
  running.add(server);
  return server;
}

/** In /tmp itself and passable (0711), so that the unprivileged user of the root fallback gets through. */
async function temporaryDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp('/tmp/ringbook-embedded-'));
  await chmod(directory, 0o711);
  onTestFinished(async () => {
    await Promise.all([...running].map((server) => server.stop()));
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  });
  return directory;
}

let made = '';
beforeAll(async () => {
  made = await realpath(await mkdtemp('/tmp/ringbook-embedded-'));
  await chmod(made, 0o711);
  await (await startEmbeddedPostgres({ directory: made, durable: false })).stop();
});
afterAll(() => rm(made, { recursive: true, force: true }));

/** One with a database, whose server was stopped in order: for what comes after initdb, which takes a second each time. */
async function directoryWithDatabase(...below: string[]): Promise<string> {
  const directory = join(await temporaryDirectory(), ...below);
  await mkdir(directory, { recursive: true });
  execFileSync('cp', ['-Rp', join(made, 'data'), directory]);
  return directory;
}

async function query(server: Pick<EmbeddedPostgres, 'connection'>, sql: string): Promise<unknown[]> {
  const client = new pg.Client(server.connection);
  client.on('error', () => {}); // a server that goes away under a query: the query itself rejects
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Every living process that works in `directory` (server, backends) or names it (initdb). */
function processesIn(directory: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => {
    try {
      const named = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory);
      return pid !== process.pid && isAlive(pid) && (named || readlinkSync(`/proc/${pid}/cwd`).startsWith(directory));
    } catch {
      return false; // it ended meanwhile
    }
  });
}

/** Runs `script` in a node process of its own, against the compiled files. The script sees `start` and `directory`. */
function launch(directory: string, script: string): ChildProcess {
  if (!existsSync(BUILT)) throw new Error(`${BUILT.pathname} is missing: npm run build`);
  const prelude = `
    import { startEmbeddedPostgres } from ${JSON.stringify(BUILT.href)};
    const directory = ${JSON.stringify(directory)};
    const start = (options) => startEmbeddedPostgres({ directory, durable: false, ...options });
    setInterval(() => {}, 1000);`;
  const args = ['--input-type=module', '-e', prelude + script];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** The first line a launched script prints. */
async function firstLine(child: ChildProcess): Promise<string> {
  for await (const chunk of child.stdout ?? []) return String(chunk).trim();
  throw new Error('the launched script ended without a word');
}

async function kill9(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

async function symlinkList(native: string): Promise<{ target: string }[]> {
  return JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'));
}

const waitFor = (condition: () => boolean | Promise<boolean>) => until(condition, DEADLINE_MS);

describe('a life', () => {
  test('starts, answers, stops, leaves no process and no socket', async () => {
    const directory = await temporaryDirectory();
    const server = await start({ directory, durable: true });
    expect(await query(server, 'SELECT current_database() AS name')).toEqual([{ name: 'ringbook' }]);
    const settings = `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
      current_setting('listen_addresses') AS tcp, current_setting('server_encoding') AS encoding`;
    expect(await query(server, settings)).toEqual([{ fsync: 'on', commit: 'on', tcp: '', encoding: 'UTF8' }]);
    expect((await stat(server.connection.host)).mode & 0o777).toBe(0o700);
    expect(isAlive(server.pid)).toBe(true);
    if (isLinux) expect(processesIn(directory)).toContain(server.pid);

    await Promise.all([server.stop(), server.stop()]);
    expect(await server.exited).toBe(0);
    expect(isAlive(server.pid)).toBe(false);
    if (isLinux) expect(processesIn(directory)).toEqual([]);
    expect(existsSync(server.connection.host)).toBe(false);
  });

  test('keeps what was committed for the next start on the same directory', async () => {
    const directory = await directoryWithDatabase();
    const first = await start({ directory });
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await start({ directory });
    expect(await query(second, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  test('says when it ends by itself', async () => {
    const server = await start({ directory: await directoryWithDatabase() });
    process.kill(server.pid, 'SIGKILL');
    expect(await server.exited).toBe(null);
  });

  test('stop ends even a server that does not listen', async () => {
    const shutdownMs = { fast: 300, immediate: 300 };
    const server = await start({ directory: await directoryWithDatabase(), internal: { shutdownMs } });
    process.kill(server.pid, 'SIGSTOP');
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
  });

  test('kill ends a frozen server and its frozen backends, and the next start has what was committed', async () => {
    const directory = await temporaryDirectory();
    const server = await start({ directory, durable: true });
    await query(server, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const client = new pg.Client(server.connection);
    client.on('error', () => {});
    await client.connect();
    const backend = Number((await client.query('SELECT pg_backend_pid() AS pid')).rows[0]?.pid);
    if (isLinux) process.kill(backend, 'SIGSTOP');
    process.kill(server.pid, 'SIGSTOP');
    const stopping = server.stop(); // it would be patient for longer than this test
    await server.kill();
    expect(isAlive(backend)).toBe(false);
    if (isLinux) expect(processesIn(directory)).toEqual([]);
    await stopping;
    await server.kill(); // nothing is left to kill
    expect(await query(await start({ directory }), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });
});

describe('directories', () => {
  test('a path far longer than a socket allows works, and its short socket directory goes with it', async () => {
    const directory = await directoryWithDatabase('long'.repeat(20), 'longer'.repeat(20));
    const server = await start({ directory });
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const socketDirectory = server.connection.host;
    expect(socketDirectory.startsWith(directory)).toBe(false);
    expect((await stat(socketDirectory)).mode & 0o777).toBe(0o700);
    await writeFile(join(socketDirectory, 'left-over'), '');
    process.kill(server.pid, 'SIGKILL'); // no orderly end: the next start makes it anew, at the same address
    await server.exited;
    const next = await start({ directory });
    expect(next.connection).toEqual(server.connection);
    expect(existsSync(join(socketDirectory, 'left-over'))).toBe(false);
    expect(await query(next, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await next.stop();
    expect(existsSync(socketDirectory)).toBe(false);
  });

  test('a directory in use is refused and its server left alone', async () => {
    const directory = await directoryWithDatabase();
    const server = await start({ directory });
    await expect(start({ directory })).rejects.toThrow('in use');
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('what is not a database of ours is refused, not replaced', async () => {
    const directory = await temporaryDirectory();
    await mkdir(join(directory, 'data'));
    await writeFile(join(directory, 'data', 'precious'), '');
    await expect(start({ directory })).rejects.toThrow('not a PostgreSQL database');
    await rm(join(directory, 'data'), { recursive: true });
    await mkdir(join(directory, 'data'));
    await writeFile(join(directory, 'data', 'PG_VERSION'), '15\n');
    await expect(start({ directory })).rejects.toThrow('made by PostgreSQL 15');
  });
});

describe('the package', () => {
  test('missing library symlinks are recreated', async () => {
    const parent = await temporaryDirectory();
    const native = join(parent, 'package', 'native');
    await cp(locateNative(), native, { recursive: true, verbatimSymlinks: true });
    const list = await symlinkList(native);
    for (const { target } of list) await rm(join(dirname(native), target), { force: true });
    const directory = join(parent, 'postgres');
    const server = await start({ directory, internal: { nativeDirectory: native } });
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    for (const { target } of list) expect(existsSync(join(dirname(native), target)), target).toBe(true);
    expect(await readdir(directory)).not.toContain('native-unversioned');
  });

  test('a package that cannot be completed or reached is copied, whatever an interrupted copy left behind', async () => {
    const parent = await temporaryDirectory();
    const native = join(parent, 'package', 'native');
    await cp(locateNative(), native, { recursive: true, verbatimSymlinks: true });
    for (const { target } of await symlinkList(native)) await rm(join(dirname(native), target), { force: true });
    // An ordinary user cannot write there; root can, but the user it becomes cannot get there.
    await chmod(join(native, 'lib'), 0o555);
    onTestFinished(() => chmod(join(native, 'lib'), 0o755)); // else it cannot be deleted
    await chmod(dirname(native), 0o700);
    const directory = join(parent, 'postgres');
    await mkdir(join(directory, 'native-partial-killed'), { recursive: true });
    const runAs = isLinuxRoot ? { runAs: 'unprivileged' as const } : {};
    const server = await start({ directory, internal: { nativeDirectory: native, ...runAs } });
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await readdir(directory)).filter((name) => name.startsWith('native'))).toEqual(['native-unversioned']);
  });

  test('programs that do not run: the error says what to set', async () => {
    const parent = await temporaryDirectory();
    const nativeDirectory = join(parent, 'native');
    await mkdir(join(nativeDirectory, 'bin'), { recursive: true });
    await writeFile(join(nativeDirectory, 'pg-symlinks.json'), '[]');
    await writeFile(join(nativeDirectory, 'bin', 'postgres'), '#!/no/such/loader', { mode: 0o755 });
    const options = { directory: join(parent, 'postgres'), internal: { nativeDirectory } };
    await expect(start(options)).rejects.toThrow(/does not run here.*DATABASE_URL/s);
  });

  test('a platform without a package: the error says what to set', () => {
    expect(() => locateNative('plan9', 'pdp11')).toThrow(/plan9-pdp11.*DATABASE_URL/);
  });
});

describe.skipIf(!isLinuxRoot)('as root', () => {
  /** The user as seen from outside any namespace. */
  const uidOf = async (pid: number) => Number(/^Uid:\t(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);

  test('the unprivileged user serves, and owns its files', async () => {
    const directory = await temporaryDirectory();
    const server = await start({ directory, internal: { runAs: 'unprivileged' } });
    expect(await uidOf(server.pid)).toBe(65534);
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
    expect(processesIn(directory)).toEqual([]);
    expect((await stat(join(directory, 'data', 'PG_VERSION'))).uid).toBe(65534);
  });

  test('a directory changes hands between the two ways and keeps its data', async ({ skip }) => {
    if ((await chooseRunAs()).kind !== 'user-namespace') skip('user namespaces are not permitted here');
    const directory = await temporaryDirectory();
    const first = await start({ directory, internal: { runAs: 'unprivileged' } });
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await start({ directory });
    expect(await uidOf(second.pid)).toBe(0);
    expect(await query(second, 'UPDATE kept SET answer = 43 RETURNING answer')).toEqual([{ answer: 43 }]);
    await second.stop();
    const third = await start({ directory, internal: { runAs: 'unprivileged' } });
    expect(await query(third, 'SELECT answer FROM kept')).toEqual([{ answer: 43 }]);
  });

  test('a closed parent directory is named, with what to do', async () => {
    const parent = await temporaryDirectory();
    await chmod(parent, 0o700);
    const options = { directory: join(parent, 'postgres'), internal: { runAs: 'unprivileged' as const } };
    await expect(start(options)).rejects.toThrow(`chmod o+x ${parent};`);
  });
});

describe.skipIf(!isLinux)('after kill -9', () => {
  const ways = isLinuxRoot ? (['default', 'unprivileged'] as const) : (['default'] as const);

  test.each(ways)('of node no postgres is left (%s)', async (way) => {
    const directory = await directoryWithDatabase();
    const internal = way === 'default' ? {} : { runAs: way };
    const node = launch(directory, `console.log((await start({ internal: ${JSON.stringify(internal)} })).pid);`);
    const pid = Number(await firstLine(node));
    const client = new pg.Client({ host: join(directory, 'socket'), user: 'ringbook', database: 'ringbook' });
    client.on('error', () => {}); // the server goes away under it: that is the point
    await client.connect();
    expect(processesIn(directory).length).toBeGreaterThan(1);
    await kill9(node);
    expect(await waitFor(() => !isAlive(pid) && processesIn(directory).length === 0)).toBe(true);
    const server = await start({ directory, internal });
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test.each(['PG_VERSION', 'base/1', 'base/5'])('in the middle of initdb (at %s) it is redone', async (reached) => {
    const directory = await temporaryDirectory();
    const node = launch(directory, 'await start({});');
    const partial = () => readdirSync(directory).find((name) => name.startsWith('initdb-'));
    expect(await waitFor(() => existsSync(join(directory, partial() ?? 'none', reached)))).toBe(true);
    await kill9(node);
    expect(existsSync(join(directory, 'data'))).toBe(false); // else the moment was missed and this proves nothing
    expect(await waitFor(() => processesIn(directory).length === 0)).toBe(true);
    const server = await start({ directory });
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(partial()).toBe(undefined);
  });

  test('of the server alone, a new one waits for the old backends and takes over', async () => {
    const directory = await directoryWithDatabase();
    const first = await start({ directory });
    const client = new pg.Client(first.connection);
    client.on('error', () => {});
    await client.connect();
    const backend = Number((await client.query('SELECT pg_backend_pid() AS pid')).rows[0]?.pid);
    process.kill(backend, 'SIGSTOP'); // a backend too busy to notice that its server is gone
    process.kill(first.pid, 'SIGKILL');
    const starting = start({ directory });
    const log = join(directory, 'postgres.log');
    expect(await waitFor(() => readFileSync(log, 'utf8').includes('pre-existing shared memory block'))).toBe(true);
    process.kill(backend, 'SIGCONT');
    expect(await query(await starting, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test.each([
    ['another living process', `${process.ppid}\n`], // not our own pid: PostgreSQL forgives its parent's
    ['nothing', ''],
  ])('a stale lock file that names %s does not block the start', async (_what, content) => {
    const directory = await directoryWithDatabase();
    await writeFile(join(directory, 'data', 'postmaster.pid'), content);
    const server = await start({ directory });
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('a server whose launcher is gone is stopped, and what it committed is kept', async () => {
    const directory = await directoryWithDatabase();
    const orphan = await startOrphan(directory);
    const lines: string[] = [];
    const server = await start({ directory, log: (line) => lines.push(line) });
    expect(lines.join()).toContain(`stopping the server of an earlier run (pid ${orphan})`);
    expect(isAlive(orphan)).toBe(false);
    expect(await query(server, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });
});

/** A server without a death signal, started by a shell that ends at once: what a platform without setpriv leaves. */
async function startOrphan(directory: string): Promise<number> {
  const runAs = await chooseRunAs();
  const dataDirectory = join(directory, 'data');
  const socketDirectory = join(directory, 'orphan');
  await mkdir(socketDirectory, { mode: 0o700 });
  await giveTo(runAs, socketDirectory);
  const server = serverArguments({ dataDirectory, socketDirectory, port: 5432, durable: true });
  const command = [...runAs.prefix, join(locateNative(), 'bin', 'postgres'), ...server];
  const options = { ...runAs.spawnAs, env: CHILD_ENVIRONMENT, stdio: 'ignore' as const };
  const shell = spawn('sh', ['-c', '"$@" &', 'sh', ...command], options);
  await new Promise((resolve) => shell.once('exit', resolve));
  const lock = () => readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n');
  expect(await waitFor(() => existsSync(join(dataDirectory, 'postmaster.pid')) && lock()[7]?.trim() === 'ready')).toBe(
    true,
  );
  const connection = { host: socketDirectory, port: 5432, user: 'ringbook', database: 'ringbook' };
  await query({ connection }, 'CREATE TABLE kept AS SELECT 42 AS answer');
  return Number(lock()[0]);
}

test('a worker thread is refused: the server would die with it', async () => {
  const script = `import { parentPort } from 'node:worker_threads';
    import { startEmbeddedPostgres } from ${JSON.stringify(BUILT.href)};
    startEmbeddedPostgres({ directory: '/nonexistent' }).catch((error) => parentPort.postMessage(error.message));`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
  const message = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  expect(message).toContain('main thread');
  await worker.terminate();
});

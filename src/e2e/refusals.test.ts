// Starts that must be refused, each with its exit code and a message that says what to do; and the torn tail, which must not be.
// Nobody listens where the database should be: none of this is about Postgres.

import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newestControlRecord } from '../journal/control-file.ts';
import { commandFramesOf, type FrameFacts, framesOf, sealOf } from './testing/journal-files.ts';
import { Lab } from './testing/lab.ts';
import { order } from './testing/orders.ts';
import { healthOf, orderOf, orderReplyOf } from './testing/replies.ts';
import { type Environment, NO_DATABASE, ONE_GATEWAY, Server, type ServerOptions } from './testing/server.ts';
import { eventually } from './testing/waiting.ts';

const TMPFS_MAGIC = 0x01021994;
const lab = new Lab();

const launch = (options: ServerOptions = {}) =>
  Server.launch(lab, { ...options, environment: { ...NO_DATABASE, ...ONE_GATEWAY, ...options.environment } });

const start = (options: ServerOptions = {}) =>
  Server.start(lab, { ...options, environment: { ...NO_DATABASE, ...ONE_GATEWAY, ...options.environment } });

/** The one line a refusal leaves, and nothing on standard output. */
async function refusal(options: ServerOptions, code: number): Promise<string> {
  const server = await launch(options);
  const exit = await server.ended();
  expect({ ...exit, stdout: server.stdout }).toEqual({ code, signal: null, stdout: '' });
  const lines = server.stderr
    .split('\n')
    .filter((line) => line.startsWith('ringbook: ') || line.includes('"level":"fatal"'));
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
}

describe('settings', () => {
  test.each([
    [{ PORT: 'http' }, 'PORT="http"'],
    [{ RINGBOOK_DURABILITY: 'never' }, 'RINGBOOK_DURABILITY="never" must be one of fsync, os, memory'],
    [{ RINGBOOK_RING_SLOTS: '100' }, 'RINGBOOK_RING_SLOTS=100 must be a power of two'],
    [{ RINGBOOK_DATADIR: '/tmp/x' }, 'RINGBOOK_DATADIR: no such setting'],
  ] as [Environment, string][])('%j ends with 64 and names it', async (environment, message) => {
    expect(await refusal({ environment }, 64)).toContain(message);
  });

  test('a wrong secret is named but not shown', async () => {
    const message = await refusal({ environment: { RINGBOOK_ADMIN_TOKEN: 'hunter2' } }, 64);
    expect(message).toContain('RINGBOOK_ADMIN_TOKEN');
    expect(message).not.toContain('hunter2');
  });

  test('.env of the working directory is read', async () => {
    const directory = await lab.directory();
    await writeFile(join(directory, '.env'), 'LOG_LEVEL=loud\n');
    expect(await refusal({ directory }, 64)).toContain('LOG_LEVEL="loud"');
  });

  test('an address others can reach wants an admin token: 78', async () => {
    expect(await refusal({ environment: { HOST: '0.0.0.0' } }, 78)).toContain('RINGBOOK_ADMIN_TOKEN');
  });

  test('a port in use is named: 64', async () => {
    const taken = createServer();
    lab.defer(() => {
      taken.close();
    });
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const message = await refusal({ environment: { PORT: String(port) } }, 64);
    expect(message).toMatch(new RegExp(`port ${port}: the port is in use`));
  });
});

describe('data directories', () => {
  test('a relative one lies in the working directory, a long one works', async () => {
    const directory = await lab.directory();
    const name = join('.', 'long'.repeat(20), 'longer'.repeat(20), 'data');
    const server = await start({ directory, dataDir: name });
    expect(server.stdout).toContain(`  data       ${join(directory, name)} (new)`);
    expect(existsSync(join(directory, name, 'shard-0', 'journal'))).toBe(true);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  const shm = statfs('/dev/shm').then(
    ({ type }) => type === TMPFS_MAGIC,
    () => false,
  );

  test('one in memory is called not durable', async ({ skip }) => {
    if (!(await shm)) skip('/dev/shm is no tmpfs here');
    const server = await start({ directory: await lab.directory('/dev/shm') });
    expect(server.stdout).toContain('NOT DURABLE: tmpfs');
    const { journal } = healthOf(await server.api.get('/healthz'));
    expect(journal).toMatchObject({ durable: false, durability: 'fsync' });
    expect(journal.detail).toContain('tmpfs');
  });
});

describe('a journal', () => {
  interface Written {
    readonly directory: string;
    readonly journal: string;
    readonly frames: readonly FrameFacts[];
    /** The last frame of all. */
    readonly seal: FrameFacts;
    readonly ids: readonly string[];
  }

  /** Four orders, each in a frame of its own, and no goodbye. */
  async function writeJournal(): Promise<Written> {
    const directory = await lab.directory();
    const server = await start({ directory });
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) ids.push(orderReplyOf(await server.api.post('/orders', order())).order_id);
    const seal = await sealOf(server.journal);
    await eventually('CONTROL names the last frame', async () => {
      const { durable_frame, control } = healthOf(await server.api.get('/healthz')).journal;
      return control.frame === durable_frame;
    });
    await server.kill9();
    const frames = commandFramesOf(server.journal);
    expect(frames.map(({ firstSequence }) => firstSequence)).toEqual([1, 2, 3, 4]);
    return { directory, journal: server.journal, frames, seal, ids };
  }

  async function overwrite(file: string, offsetBytes: number, bytes: Buffer): Promise<void> {
    const handle = await open(file, 'r+');
    await handle.write(bytes, 0, bytes.length, offsetBytes);
    await handle.close();
  }

  test('damaged where it was acknowledged is refused with 65, and left as it is', async () => {
    const { directory, frames } = await writeJournal();
    const [, second] = frames;
    if (second === undefined) throw new Error('there are four');
    const offsetBytes = second.payloadOffset + 20;
    const right = (await readFile(second.file)).subarray(offsetBytes, offsetBytes + 1);
    await overwrite(second.file, offsetBytes, Buffer.from([right.readUInt8(0) ^ 0x10]));
    const damaged = await readFile(second.file);
    const message = await refusal({ directory }, 65);
    expect(message).toContain(second.file);
    expect(message).toContain(`offset ${second.offsetBytes}`);
    expect(message).toContain(`sequence ${second.firstSequence}`);
    expect((await readFile(second.file)).equals(damaged)).toBe(true);
    // Repaired, it serves again: nothing else was touched.
    await overwrite(second.file, offsetBytes, right);
    await start({ directory });
  });

  test('damaged in its last orders is refused with 65 by the seal, and without it by CONTROL', async () => {
    const { directory, frames, seal } = await writeJournal();
    const last = frames.at(-1);
    if (last === undefined) throw new Error('there are four');
    const offsetBytes = last.payloadOffset + 20;
    const right = (await readFile(last.file)).readUInt8(offsetBytes);
    await overwrite(last.file, offsetBytes, Buffer.from([right ^ 0x10]));
    const where = `${last.file} at offset ${last.offsetBytes}, frame ${last.number}, sequence 4: the payload checksum is wrong`;
    const control = join(directory, 'data', 'shard-0', 'CONTROL');
    await rename(control, `${control}.kept`);
    const bySeal = `yet at offset ${seal.offsetBytes} stands a whole header of frame ${seal.number}`;
    expect(await refusal({ directory }, 65)).toContain(`${where}, ${bySeal}`);
    await rename(`${control}.kept`, control);
    await overwrite(seal.file, seal.offsetBytes, Buffer.alloc(4096));
    const byControl = `yet ${control} says that frame ${seal.number} was acknowledged`;
    expect(await refusal({ directory }, 65)).toContain(`${where}, ${byControl}`);
    await rm(control); // nobody is left who has seen it
    const server = await start({ directory });
    expect(server.stdout).toContain('torn tail was cut');
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const { point } = newestControlRecord(await readFile(control)) ?? {};
    expect(point).toMatchObject({ frame: framesOf(server.journal).length, sequence: 3, cleanShutdown: true });
  });

  test('whose CONTROL can be neither read nor written serves all the same, and says so', async () => {
    const directory = await lab.directory();
    await mkdir(join(directory, 'data', 'shard-0', 'CONTROL'), { recursive: true });
    const server = await start({ directory });
    expect(server.stderr).toContain('CONTROL cannot be read: EISDIR');
    expect(orderReplyOf(await server.api.post('/orders', order())).sequence).toBe(1);
    await eventually('health tells of the failed write', async () => {
      const { status, message, journal } = healthOf(await server.api.get('/healthz'));
      return status === 'degraded' && message.includes('CONTROL') && journal.control.detail.includes('EISDIR');
    });
    expect((await server.api.get('/metrics')).text).toMatch(/^ringbook_journal_control_errors_total [1-9]/m);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(server.stderr.match(/CONTROL file cannot be written/g)).toHaveLength(1);
  });

  test('with a torn tail starts without it, says so, and has every order', async () => {
    const { directory, journal, ids } = await writeJournal();
    const last = framesOf(journal).at(-1);
    if (last === undefined) throw new Error('there are frames');
    const tail = last.offsetBytes + 4096;
    await overwrite(last.file, tail, Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7 + 1) & 0xff)));
    const server = await start({ directory });
    expect(server.stdout).toContain('torn tail was cut');
    expect(server.stderr).toContain(`${last.file} at ${tail}`);
    for (const id of ids) expect(orderOf(await server.api.get(`/orders/${id}`)).status).toBe('open');
    expect(orderReplyOf(await server.api.post('/orders', order())).sequence).toBe(5);
    await server.stop();
    const next = await start({ directory });
    expect(next.stdout).not.toContain('torn');
  });
});

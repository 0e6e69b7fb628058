// The ledger as the last witness: a torn tail that it knows commands of was acknowledged, so the start is refused. Where it cannot be
// asked, or proves nothing, trading goes on, and the ledger refuses loudly to go on with another history.

import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../sim/servers/test-database.ts';
import { commandFramesOf, type FrameFacts, sealOf } from './testing/journal-files.ts';
import { Lab } from './testing/lab.ts';
import { Ledger } from './testing/ledger.ts';
import { order } from './testing/orders.ts';
import { healthOf, orderReplyOf } from './testing/replies.ts';
import { type Environment, MAIN, NO_DATABASE, ONE_GATEWAY, Server, useDatabase } from './testing/server.ts';
import { eventually } from './testing/waiting.ts';

const lab = new Lab();
const ORDERS = 4;
const RINGBOOK = [process.execPath, MAIN];

interface Written {
  readonly directory: string;
  readonly environment: Environment;
  readonly ledger: Ledger;
  /** The last frame with an order, and the seal or, in mode `os`, nothing behind it. */
  readonly last: FrameFacts;
  readonly seal: FrameFacts | undefined;
}

/** Orders that the ledger has, each in a frame of its own, no goodbye, and CONTROL is gone. */
async function writeJournal(mode: 'fsync' | 'os' = 'fsync'): Promise<Written> {
  const database = await createTestDatabase('e2e witness');
  lab.defer(() => database.drop());
  const ledger = await Ledger.open(lab, database.connection);
  const directory = await lab.directory();
  const environment = { ...useDatabase(database.connection), ...ONE_GATEWAY, RINGBOOK_DURABILITY: mode };
  const server = await Server.start(lab, { directory, environment });
  for (let i = 0; i < ORDERS; i++) orderReplyOf(await server.api.post('/orders', order()));
  await ledger.reaches(ORDERS);
  const seal = mode === 'fsync' ? await sealOf(server.journal) : undefined;
  await server.kill9();
  await rm(join(directory, 'data', 'shard-0', 'CONTROL'), { force: true });
  const last = commandFramesOf(server.journal).at(-1);
  if (last === undefined) throw new Error('there are frames');
  return { directory, environment, ledger, last, seal };
}

async function overwrite({ file, offsetBytes }: FrameFacts, at: number, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(bytes, 0, bytes.length, offsetBytes + at);
  await handle.close();
}

/** The last order's payload is not what it was; the seal is gone. */
async function tearTail({ last, seal }: Written): Promise<void> {
  await overwrite(last, 150, Buffer.alloc(8, 0xa5));
  if (seal !== undefined) await overwrite(seal, 0, Buffer.alloc(4096));
}

/** Trading is open, and the ledger says why it does not go on, in health and in the log. */
async function refusesToProject(server: Server, why: RegExp): Promise<void> {
  await eventually('the ledger refuses', async () => (await server.api.get('/healthz')).text.includes('"refused"'));
  const answer = await server.api.get('/healthz');
  expect(answer.status).toBe(503);
  const { status, trading, message, postgres } = healthOf(answer);
  expect([status, trading]).toEqual(['degraded', 'open']);
  expect(postgres.detail).toMatch(why);
  expect(message).toContain('The ledger is refused and not written until somebody acts');
  const line = server.stderr.split('\n').find((text) => text.includes('"refused"'));
  expect(line).toMatch(/"level":"error"/);
  expect(line).toMatch(why);
  expect(orderReplyOf(await server.api.post('/orders', order())).status).toBe('open');
}

const AHEAD = /the ledger holds commands up to sequence 4, the journal ends at 3/;

test('damage of the last frame and its seal, without CONTROL, is refused by its word, again and again', async () => {
  const written = await writeJournal();
  await tearTail(written);
  for (let start = 0; start < 2; start++) {
    const server = await Server.launch(lab, written);
    expect(await server.ended()).toEqual({ code: 65, signal: null });
    expect(server.stderr).toContain(`${written.last.file} at offset ${written.last.offsetBytes}`);
    expect(server.stderr).toContain('yet the ledger in Postgres holds commands through sequence 4');
  }
});

test('where Postgres cannot be asked the tail is cut, which the log says; and later the ledger refuses', async () => {
  const written = await writeJournal();
  await tearTail(written);
  const { directory, environment } = written;
  const server = await Server.start(lab, { directory, environment: { ...NO_DATABASE, ...ONE_GATEWAY } });
  expect(server.stdout).toContain('torn tail was cut');
  expect(server.stderr).toContain('Postgres could not be asked in time');
  await server.kill9();
  await refusesToProject(await Server.start(lab, { directory, environment }), AHEAD);
});

test('in mode os it proves no damage: the ledger refuses, and is made again from the journal', async () => {
  const written = await writeJournal('os');
  await tearTail(written);
  const server = await Server.start(lab, written);
  expect(server.stderr).not.toContain('could not be asked');
  await refusesToProject(server, /up to sequence 4, the journal ends at 3: .*ringbook ledger rebuild/);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  const { directory, environment } = written;
  const rebuild = await Server.launch(lab, {
    directory,
    environment,
    command: [...RINGBOOK, 'ledger', 'rebuild', '--yes'],
  });
  expect(await rebuild.ended()).toEqual({ code: 0, signal: null });
  const next = await Server.start(lab, written);
  await eventually('all is well', async () => (await next.api.get('/healthz')).status === 200);
});

test('another hash of the same frame is another history: the ledger refuses, trading goes on', async () => {
  const written = await writeJournal();
  await written.ledger.query(`UPDATE projection_checkpoint SET chain_hash = decode(repeat('ab', 32), 'hex')`);
  await refusesToProject(await Server.start(lab, written), /the ledger knows it with hash abab.*not the same history/);
});

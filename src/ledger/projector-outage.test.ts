// The projector and a PostgreSQL that is stopped, killed, frozen, read-only or not there yet. A server of its own.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SpoolReader, SpoolWriter } from '../journal/spool.ts';
import { SinkState } from '../wire/counters.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';
import { CommitCutter } from './testing/commit-cutter.ts';
import { execute, withClient } from './testing/database-client.ts';
import { MemorySpool } from './testing/memory-spool.ts';
import { OrderFlow } from './testing/order-flow.ts';
import { expectLedger, ProjectorRig, QUICK_LIMITS } from './testing/projector-rig.ts';

const IMPATIENT = { ...QUICK_LIMITS, timeouts: { connectMs: 300, statementMs: 300 }, migrationMs: 2_000 };
let directory: string;
let server: EmbeddedPostgres;
let databases = 0;

const start = async () => {
  server = await startEmbeddedPostgres({ directory: join(directory, 'postgres'), durable: false });
};

async function freshDatabase(): Promise<EmbeddedPostgres['connection']> {
  const database = `outage_${++databases}`;
  await execute(server.connection, `CREATE DATABASE ${database}`);
  return { ...server.connection, database };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rb-led-'));
  await chmod(directory, 0o711);
  await start();
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('the projector', () => {
  it('waits for a server that is not there yet, and goes on after each restart', async () => {
    const connection = await freshDatabase();
    await server.stop();
    const rig = await ProjectorRig.create(connection, undefined, { limits: IMPATIENT });
    rig.flow.run(2_000);
    await rig.until(() => rig.progress.current === SinkState.DOWN && rig.progress.errors.length > 3);
    for (let restart = 0; restart < 3; restart++) {
      await start();
      rig.flow.run(1_000);
      const from = rig.progress.lastSequence;
      await rig.until(() => rig.progress.lastSequence > from + 200);
      await server.stop();
      await rig.until(() => rig.progress.current === SinkState.DOWN);
    }
    await start();
    await rig.caughtUp();
    await expectLedger(connection, rig.flow);
    await rig.projector.onClose();
  });

  it('loses and doubles nothing when the server is killed', async () => {
    const connection = await freshDatabase();
    const rig = await ProjectorRig.create(connection, new OrderFlow(new MemorySpool(), 8), { limits: IMPATIENT });
    for (let kill = 0; kill < 3; kill++) {
      rig.flow.run(3_000);
      const from = rig.progress.lastSequence;
      await rig.until(() => rig.progress.lastSequence > from + 500);
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
      await start();
    }
    await rig.caughtUp();
    await expectLedger(connection, rig.flow);
    await rig.projector.onClose();
  });

  it('notices a frozen server, and goes on when it thaws', async () => {
    const connection = await freshDatabase();
    const cutter = await CommitCutter.listen(connection);
    const through = { ...connection, host: '127.0.0.1', port: cutter.port };
    const rig = await ProjectorRig.create(through, new OrderFlow(new MemorySpool(), 9), { limits: IMPATIENT });
    rig.flow.run(500);
    await rig.caughtUp();
    cutter.frozen = true;
    rig.flow.run(2_000);
    await rig.until(() => rig.progress.errors.some((error) => error.includes('no answer')));
    await rig.until(() => rig.progress.errors.length > 2);
    expect(rig.progress.current).toBe(SinkState.DOWN);
    cutter.frozen = false;
    await rig.caughtUp();
    await expectLedger(connection, rig.flow);

    await rig.projector.onClose();
    await cutter.close();
  });

  it.each([
    ['the statement has its deadline', { flushMs: 1e6, timeouts: IMPATIENT.timeouts }],
    ['the whole flush has its own', { flushMs: 300, timeouts: { connectMs: 300, statementMs: 1e6 } }],
  ])('closes before a frozen server: %s', async (_why, limits) => {
    const connection = await freshDatabase();
    const cutter = await CommitCutter.listen(connection);
    const through = { ...connection, host: '127.0.0.1', port: cutter.port };
    const flow = new OrderFlow(new MemorySpool(), 11);
    const rig = await ProjectorRig.create(through, flow, { limits: { ...IMPATIENT, ...limits } });
    flow.run(500);
    await rig.caughtUp();
    cutter.frozen = true;
    flow.run(10);
    await rig.projector.onClose();
    expect(rig.progress.lastSequence).toBeLessThan(flow.sequence);
    await cutter.close();
  });

  it('outlives a backend that is stopped in the middle and commits later', async () => {
    const connection = await freshDatabase();
    const rig = await ProjectorRig.create(connection, new OrderFlow(new MemorySpool(), 10), { limits: IMPATIENT });
    rig.flow.run(1_000);
    await rig.caughtUp();
    for (let i = 0; i < 8; i++) {
      const pid = await backendOf(connection);
      rig.flow.run(1_000);
      let looks = i; // each a little later in a transaction
      await rig.until(() => looks-- <= 0);
      process.kill(pid, 'SIGSTOP');
      const errors = rig.progress.errors.length;
      await rig.until(() => rig.progress.errors.length > errors);
      // It may hold the checkpoint's lock, so that the next connection waits in vain; or not.
      const caughtUp = () => rig.progress.lastSequence === rig.flow.sequence;
      if (i % 2 === 1) await rig.until(() => rig.progress.errors.length > errors + 1 || caughtUp());
      process.kill(pid, 'SIGCONT');
      await rig.caughtUp();
    }
    await expectLedger(connection, rig.flow);
    await rig.projector.onClose();
  });

  it('waits while the database is read-only', async () => {
    const connection = await freshDatabase();
    const rig = await ProjectorRig.create(connection);
    rig.flow.run(500);
    await rig.caughtUp();
    await execute(connection, `ALTER DATABASE ${connection.database} SET default_transaction_read_only = on`);
    await execute(
      server.connection,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${connection.database}'`,
    );
    rig.flow.run(500);
    await rig.until(() => rig.progress.detail.includes('read-only'));
    expect(rig.progress.current).toBe(SinkState.DOWN);
    await execute(server.connection, `ALTER DATABASE ${connection.database} RESET default_transaction_read_only`);
    await rig.caughtUp();
    await expectLedger(connection, rig.flow);
    await rig.projector.onClose();
  });

  it('reads the spool on disk, through many files, and needs none that it has left behind', async () => {
    const connection = await freshDatabase();
    const spoolDirectory = join(directory, 'spool');
    const writer = new SpoolWriter(spoolDirectory, { fileBytes: 64 << 10 });
    const visible = { sequence: 0, position: 0 };
    const sink = {
      bytes: writer.bytes,
      view: writer.view,
      claim: (type: number, lengthBytes: number) => writer.claim(type, lengthBytes),
      commit: () => writer.commit(),
      show: (sequence: number) => {
        visible.position = writer.flush();
        visible.sequence = sequence;
      },
    };
    const flow = new OrderFlow(sink, 12);
    const rig = await ProjectorRig.on(flow, connection, {
      openSpool: (fromPosition) => new SpoolReader(spoolDirectory, fromPosition),
      spool: { sequence: () => visible.sequence, position: () => visible.position, start: () => writer.start },
      recoveredSequence: () => 0,
    });
    for (let i = 0; i < 20; i++) {
      flow.run(250);
      await rig.until(() => rig.progress.lastSequence > flow.sequence - 600);
      writer.removeBefore(rig.progress.floor);
    }
    await rig.caughtUp();
    await expectLedger(connection, flow);
    expect(visible.position).toBeGreaterThan(4 * (64 << 10));
    expect(writer.start).toBeGreaterThan(2 * (64 << 10));

    // A ledger that was emptied under it cannot go on from here: it says so, and trading goes on.
    await execute(connection, 'TRUNCATE projection_checkpoint');
    await execute(connection, `SELECT pg_terminate_backend(${await backendOf(connection)})`);
    flow.run(10);
    await rig.until(() => rig.progress.current === SinkState.REFUSED);
    expect(rig.progress.detail).toContain('no longer in the spool');
    await rig.projector.onClose();
    writer.close();
  });
});

function backendOf(connection: EmbeddedPostgres['connection']): Promise<number> {
  return withClient(connection, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'ringbook-ledger' AND datname = current_database()
       ORDER BY backend_start DESC LIMIT 1`, // those that were stopped before may still be on their way out
    );
    const [row] = rows;
    if (row === undefined) throw new Error('the projector is connected');
    return row.pid;
  });
}

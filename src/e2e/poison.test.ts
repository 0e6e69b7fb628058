// A command that the engine faults on: the process ends with 70 and names it, each start does again, until an operator rules it out.
// Then everything else is there, and all who replay the journal agree on it.

import { expect, test } from 'vitest';
import { createTestDatabase } from '../sim/servers/test-database.ts';
import { Lab } from './testing/lab.ts';
import { Ledger } from './testing/ledger.ts';
import { order } from './testing/orders.ts';
import { healthOf, orderOf, orderReplyOf, problemOf } from './testing/replies.ts';
import { type Environment, type Exit, MAIN, ONE_GATEWAY, Server, useDatabase } from './testing/server.ts';

const lab = new Lab();
const RINGBOOK = [process.execPath, MAIN];
const OK: Exit = { code: 0, signal: null };
const POISON: Environment = { RINGBOOK_FAULTS: '1', RINGBOOK_POISON_CLIENT: 'mallory' };

test('is named by each start, ruled out by an operator, and passed over by all', { timeout: 120_000 }, async () => {
  const database = await createTestDatabase('e2e poison');
  lab.defer(() => database.drop());
  const ledger = await Ledger.open(lab, database.connection);
  const directory = await lab.directory();
  const environment = { ...useDatabase(database.connection), ...ONE_GATEWAY, ...POISON };
  const tool = async (...words: string[]) => {
    const process = await Server.launch(lab, { directory, environment, command: [...RINGBOOK, ...words] });
    return { process, exit: await process.ended() };
  };

  const server = await Server.start(lab, { directory, environment });
  const kept = orderReplyOf(await server.api.post('/orders', order()));
  const poison = order({ client_id: 'mallory' });
  expect(problemOf(await server.api.post('/orders', poison))).toMatchObject({ status: 504, code: 'outcome_unknown' });
  expect(await server.ended()).toEqual({ code: 70, signal: null });
  expect(server.stderr).toContain('command 2 cannot be applied');
  expect(server.stderr).toContain('the next start tries it once more');

  for (let start = 0; start < 2; start++) {
    const failing = await Server.launch(lab, { directory, environment });
    expect(await failing.ended()).toEqual({ code: 70, signal: null });
    expect(failing.stderr).toMatch(/command 2 cannot be applied: 0{19}1\.wal at offset \d+, frame \d+: .*poison/);
    expect(failing.stderr).toContain('ringbook admin skip --sequence 2 --reason TEXT');
  }

  const skip = ['admin', 'skip', '--reason', 'its account is broken'];
  expect((await tool(...skip, '--sequence', '1', '--yes')).exit.code).toBe(64);
  const unsure = await tool(...skip, '--sequence', '2');
  expect([unsure.exit.code, unsure.process.stdout]).toEqual([1, expect.stringContaining('say --yes')]);
  const sure = await tool(...skip, '--sequence', '2', '--yes');
  expect([sure.exit, sure.process.stdout]).toEqual([OK, expect.stringContaining('"client_id":"mallory"')]);

  const next = await Server.start(lab, { directory, environment });
  expect(orderOf(await next.api.get(`/orders/${kept.order_id}`))).toMatchObject({ status: 'open', sequence: 1 });
  const bids = JSON.parse((await next.api.get('/orderbook?instrument=BTC-USD')).text);
  expect(bids).toMatchObject({ bids: [{ quantity: 0.5 }], asks: [] });
  expect(orderReplyOf(await next.api.post('/orders', order({ side: 'sell' }))).sequence).toBe(3);
  await next.api.post('/admin/snapshot', {});
  expect(healthOf(await next.api.get('/healthz')).journal.sequence).toBe(3);
  await ledger.reaches(3);
  expect(await next.stop()).toEqual(OK);

  for (const words of [
    ['journal', 'verify'],
    ['ledger', 'verify'],
    ['ledger', 'rebuild', '--yes'],
    ['ledger', 'verify'],
  ]) {
    const { process, exit } = await tool(...words);
    expect([words.join(' '), exit, process.stderr]).toEqual([words.join(' '), OK, '']);
  }
  const nothing = await tool(...skip, '--sequence', '2', '--yes');
  expect([nothing.exit.code, nothing.process.stderr]).toEqual([64, expect.stringContaining('no command fails')]);

  // Without the fault, too, it stays ruled out; under its key it is answered so.
  const healed = await Server.start(lab, {
    directory,
    environment: { ...useDatabase(database.connection), ...ONE_GATEWAY },
  });
  const again = problemOf(await healed.api.post('/orders', poison));
  expect(again).toMatchObject({ status: 409, code: 'command_skipped', executed: 'no' });
  expect(await healed.stop()).toEqual(OK);
});

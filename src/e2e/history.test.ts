// Looking back, at a real process: books of the past over HTTP while orders come in, and the journal tools beside a running engine.
// Nobody listens where the database should be: none of this is about Postgres.

import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { Lab } from './testing/lab.ts';
import { order } from './testing/orders.ts';
import { bookOf, orderReplyOf, problemOf } from './testing/replies.ts';
import { MAIN, NO_DATABASE, ONE_GATEWAY, Server } from './testing/server.ts';

const lab = new Lab();

const start = () => Server.start(lab, { environment: { ...NO_DATABASE, ...ONE_GATEWAY } });

/** Runs `ringbook <words>` with its data directory. */
function ringbook(dataDir: string, words: readonly string[]): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const environment = { PATH: process.env.PATH, RINGBOOK_DATA_DIR: dataDir };
    const child = spawn(process.execPath, [MAIN, ...words], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (more: string) => {
        text += more;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text }));
  });
}

describe('books of the past', () => {
  test('are what was shown, before and after a snapshot', async () => {
    const server = await start();
    const shown = new Map<number, unknown>();
    for (let k = 0; k < 40; k++) {
      const side = k % 3 === 0 ? 'sell' : 'buy';
      orderReplyOf(await server.api.post('/orders', order({ side, price: 100 + (k % 7), quantity: 1 })));
      const book = bookOf(await server.api.get('/orderbook'));
      shown.set(book.sequence, book);
    }
    expect(shown.size).toBe(40);
    const asked = [...shown.keys()].reverse();
    for (const sequence of asked) {
      expect(bookOf(await server.api.get(`/orderbook?at_sequence=${sequence}`))).toEqual(shown.get(sequence));
    }
    await server.api.post('/admin/snapshot');
    const [newest] = asked;
    expect(bookOf(await server.api.get(`/orderbook?at_sequence=${newest}`))).toEqual(shown.get(newest));
    const future = problemOf(await server.api.get('/orderbook?at_sequence=1000000'));
    expect(future).toMatchObject({ status: 404, code: 'not_found' });
  });
});

describe('the journal tools', () => {
  test('find a journal sound that is being written, and after the stop', async () => {
    const server = await start();
    let running = true;
    const load = async () => {
      for (let k = 0; running; k++) await server.api.post('/orders', order({ price: 100 + (k % 7), quantity: 1 }));
    };
    const loading = load();
    for (let k = 0; k < 3; k++) {
      const { code, text } = await ringbook(server.dataDir, ['journal', 'verify']);
      expect([code, text]).toEqual([0, expect.stringMatching(/\nsound, /)]);
    }
    running = false;
    await loading;
    await server.stop();
    const stopped = await ringbook(server.dataDir, ['journal', 'inspect']);
    expect(stopped).toEqual({ code: 0, text: expect.stringContaining('CLEAN_SHUTDOWN') });
    expect(stopped.text).toContain('nothing is behind it.');
    const [sequence] = /\d+(?= commands?)/.exec(stopped.text.replaceAll(',', '')) ?? [];
    const state = await ringbook(server.dataDir, ['journal', 'replay', '--to', String(sequence), '--json']);
    expect(state.code).toBe(0);
    expect(JSON.parse(state.text)).toMatchObject({ sequence: Number(sequence) });
  });

  test('say how they are used', async () => {
    const directory = await lab.directory();
    expect(await ringbook(directory, ['--help'])).toMatchObject({ code: 0, text: expect.stringMatching(/^Usage: /) });
    expect(await ringbook(directory, ['ledgers'])).toMatchObject({ code: 64 });
    expect(await ringbook(directory, ['journal'])).toMatchObject({ code: 64 });
    expect(await ringbook(directory, ['journal', 'verify'])).toMatchObject({
      code: 64,
      text: expect.stringContaining('there is no journal in'),
    });
  });
});

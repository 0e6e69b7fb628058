// The first example in README.md runs. The second is run by verified-book.test.ts.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ClientRig, heard, message } from './testing/rig.ts';

it('the example in README.md does what it says', async () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  const source = /```ts\n(.*?)```/s.exec(readme)?.[1].replace(/^import .*$/m, '') ?? '';
  expect(source).toContain('await');
  const rig = new ClientRig();
  const printed: unknown[][] = [];
  const console = { log: (...values: unknown[]) => printed.push(values) };
  const ran = new Function('connect', 'console', `return (async () => {${source}})();`)(() => rig.client, console);
  rig.socket.open();
  const [, book, matches] = rig.socket.received;
  for (const { req_id } of [book, matches]) rig.socket.say({ type: 'subscriptions', req_id, channels: [] });
  const snapshot = { reason: 'subscribed', journal: 'j', bids: [], asks: [], checksum: '0000000000000000' };
  rig.socket.say(message('snapshot', 1, snapshot));
  rig.socket.say(message('l2update', 2, { prev_sequence: 1, changes: [], checksum: '0000000000000000' }));
  rig.socket.say(message('snapshot', 1, { ...snapshot, channel: 'matches' }));
  rig.socket.say(message('match', 2, { channel: 'matches', prev_sequence: 1, trades: [] }));
  expect(printed).toEqual([[2, undefined, []], [[]]]);
  rig.socket.say({ id: rig.socket.last('order.place').id, status: 202, result: { order_id: 'o-1' } });
  await heard();
  const cancel = rig.socket.last('order.cancel');
  expect(cancel.params).toMatchObject({ order_id: 'o-1', client_id: 'me' });
  rig.socket.say({ id: cancel.id, status: 202, result: { message: '', order: { order_id: 'o-1' } } });
  await ran;
});

// What is judged is there: a series that was renamed is not one that stays at 0 for ever.

import { expect, it } from 'vitest';
import type { Asks } from '../server-facts.ts';
import { sampleServer } from './sampler.ts';

const PAGE = `# HELP ringbook_open_orders Live orders.
process_resident_memory_bytes 1.5e8
nodejs_heap_size_used_bytes 2000
nodejs_external_memory_bytes 3000
process_open_fds 120
ringbook_open_orders 7
ringbook_idempotency_keys 8
ringbook_snapshots_total 2
ringbook_projection_lag_seconds{sink="follower"} 0.1
ringbook_projection_lag_seconds{sink="market_data"} 0.2
ringbook_projection_lag_seconds{sink="postgres"} 0.3
`;
const NOWHERE = '/nowhere/data';

function serverWith(body: string, status = 200): Asks {
  return { request: async () => ({ status, head: '', body }) };
}

it('reads what is judged; a sink that is off is not behind', async () => {
  const { rssBytes, openOrders, lag, bytes } = await sampleServer(serverWith(PAGE), NOWHERE);
  expect([rssBytes, openOrders]).toEqual([1.5e8, 7]);
  expect(lag).toEqual({ follower: 0.1, market_data: 0.2, postgres: 0.3, redis: 0 });
  expect(bytes.journal).toBe(0);
});

it.each(['process_resident_memory_bytes', 'ringbook_open_orders', 'ringbook_projection_lag_seconds{sink="postgres"}'])(
  'does not take a page without %s for a server that needs nothing',
  async (name) => {
    const less = PAGE.split('\n').filter((line) => !line.startsWith(name));
    await expect(sampleServer(serverWith(less.join('\n')), NOWHERE)).rejects.toThrow(`/metrics does not tell ${name}`);
  },
);

it('does not take an error for a page', async () => {
  await expect(sampleServer(serverWith('', 503), NOWHERE)).rejects.toThrow('/metrics answers 503');
});

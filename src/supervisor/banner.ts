// What a person reads when the engine is up. Main thread; standard output, once.

import type { Config } from '../config.ts';
import { InstrumentStatus } from '../domain/codes.ts';
import type { Storage } from './storage.ts';
import type { StartFacts } from './supervisor.ts';

export function banner(config: Config, storage: Storage, { port, instruments }: StartFacts, recovered: string): string {
  const host = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const socketUrl = `ws${url.slice(4)}`;
  const postgres = config.postgres === undefined ? `embedded, in ${storage.postgres}` : 'external';
  const redis = config.redis === undefined ? 'off (set REDIS_URL to publish book snapshots)' : 'on';
  const names = instruments.filter(({ status }) => status !== InstrumentStatus.DELISTED).map(({ name }) => name);
  const journal = `${storage.durable ? config.durability : `${config.durability} - NOT DURABLE`}: ${storage.why}`;
  return `
Ringbook is up.  ${url}

  orders     POST ${url}/orders        sockets  ${socketUrl}/ws
  stream     ${socketUrl}/stream
  operations ${url}/admin/queues       health   ${url}/healthz
  data       ${storage.dataDir} (${recovered})
  durability ${journal}
  trading    ${names.join(', ') || 'nothing yet'}; risk: ${config.risk}
  postgres   ${postgres}
  redis      ${redis}

Try it:
  curl -s ${url}/orders -H 'content-type: application/json' -d \\
    '{"idempotency_key":"first-1","client_id":"me","instrument":"${names[0] ?? 'BTC-USD'}","side":"buy","type":"limit","price":70000,"quantity":0.5}'

Ctrl-C stops it; nothing acknowledged is lost.
`;
}

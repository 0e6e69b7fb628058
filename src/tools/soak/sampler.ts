// Looks at a server under load from outside: /metrics and the sizes of its directories. A tool's process; reads only.

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ReplyError } from '../replay-requests.ts';
import type { Asks } from '../server-facts.ts';
import type { Directory, Sample, Sink } from './sample.ts';

const BLOCK_BYTES = 512;
const SERIES = /^([a-z_]+(?:\{[^}]*\})?) (\S+)$/gm;

/** Every series of /metrics by its name with its labels. Throws ReplyError when there is no such page. */
export async function readMetrics(server: Asks): Promise<ReadonlyMap<string, number>> {
  const { status, body } = await server.request('GET', '/metrics');
  if (status !== 200) throw new ReplyError(`/metrics answers ${status}`);
  return new Map([...body.matchAll(SERIES)].map(([, name, value]) => [name, Number(value)]));
}

type ServerSample = Omit<Sample, 'seconds' | 'perSecond' | 'p50Ms' | 'p99Ms' | 'maxMs' | 'counts'>;

/** Throws ReplyError when /metrics does not tell what is judged: nothing grows of what is not there. */
export async function sampleServer(server: Asks, dataDirectory: string): Promise<ServerSample> {
  const metrics = await readMetrics(server);
  const read = (name: string) => {
    const value = metrics.get(name);
    if (value === undefined || Number.isNaN(value)) throw new ReplyError(`/metrics does not tell ${name}`);
    return value;
  };
  const lagName = (sink: Sink) => `ringbook_projection_lag_seconds{sink="${sink}"}`;
  const lagOf = (sink: Sink) => read(lagName(sink));
  return {
    rssBytes: read('process_resident_memory_bytes'),
    heapBytes: read('nodejs_heap_size_used_bytes'),
    externalBytes: read('nodejs_external_memory_bytes'),
    fds: process.platform === 'linux' ? read('process_open_fds') : 0,
    openOrders: read('ringbook_open_orders'),
    keys: read('ringbook_idempotency_keys'),
    snapshots: read('ringbook_snapshots_total'),
    lag: {
      follower: lagOf('follower'),
      market_data: lagOf('market_data'),
      postgres: lagOf('postgres'),
      redis: metrics.has(lagName('redis')) ? lagOf('redis') : 0,
    },
    bytes: await sizesOf(dataDirectory),
  };
}

async function sizesOf(dataDirectory: string): Promise<Record<Directory, number>> {
  const shard = join(dataDirectory, 'shard-0');
  return {
    journal: await sizeOf(join(shard, 'journal')),
    snapshots: await sizeOf(join(shard, 'snapshots')),
    spool: await sizeOf(join(shard, 'spool')),
    archive: await sizeOf(join(shard, 'archive')),
    postgres: await sizeOf(join(dataDirectory, 'postgres')),
  };
}

/** Bytes on the disk of everything below; what goes away meanwhile counts as gone. */
async function sizeOf(path: string): Promise<number> {
  try {
    const stat = await lstat(path);
    if (!stat.isDirectory()) return stat.blocks * BLOCK_BYTES;
    const names = await readdir(path);
    const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))));
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}

// What tools ask a running server about itself. A tool's process; reads only.

import type { HttpReply } from './http-connection.ts';
import { asObject, parseObject, ReplyError } from './replay-requests.ts';

export interface ServerHealth {
  /** 200, or 503 when something is down. */
  readonly status: number;
  readonly message: string;
  /** Commands sequenced so far. */
  readonly sequence: number;
  readonly durability: string;
  readonly postgresStatus: string;
  readonly postgresBehind: number;
  readonly postgresBehindSeconds: number;
}

/** Whatever asks: a patient client or a single connection. 503 is an answer here, so the asker must not insist on another. */
export interface Asks {
  request(method: string, path: string): Promise<HttpReply>;
}

/** /healthz answers 503 when something is down, with the same body. */
export async function readHealth(server: Asks): Promise<ServerHealth> {
  const { status, body } = await server.request('GET', '/healthz');
  if (status !== 200 && status !== 503) throw new ReplyError(`/healthz answers ${status}`);
  const { message, journal, postgres } = parseObject(body);
  const { sequence, durability } = asObject(journal, 'journal');
  const { status: postgresStatus, sequences, seconds } = asObject(postgres, 'postgres');
  return {
    status,
    message: String(message),
    sequence: count(sequence),
    durability: String(durability),
    postgresStatus: String(postgresStatus),
    postgresBehind: count(sequences),
    postgresBehindSeconds: count(seconds),
  };
}

export async function bookIsEmpty(server: Asks): Promise<boolean> {
  const { status, body } = await server.request('GET', '/orderbook?levels=1');
  if (status !== 200) throw new ReplyError(`/orderbook answers ${status} ${body.slice(0, 200)}`);
  const { asks, bids } = parseObject(body);
  return Array.isArray(asks) && Array.isArray(bids) && asks.length + bids.length === 0;
}

function count(value: unknown): number {
  if (typeof value !== 'number') throw new ReplyError(`/healthz: ${JSON.stringify(value)} is not a number`);
  return value;
}

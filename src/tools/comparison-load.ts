// A closed loop of orders, or of reads, against one server: every connection sends its next one when the last one is
// answered. A tool's process. By wrk where it is installed; else by connections of our own, which reach less and say so
// in `tool`.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionLost, HttpConnection } from './http-connection.ts';
import { orderJson, WRK_FIGURES, wrkScript } from './order-mix.ts';
import { quantile } from './quantile.ts';

export interface LoadOptions {
  readonly url: URL;
  readonly connections: number;
  readonly seconds: number;
  /** Start of every idempotency key: another one for each run. */
  readonly source: string;
  /** Instead of orders this path is read; 200 is then the good answer. */
  readonly read?: string;
}

export interface LoadResult {
  readonly tool: string;
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Answers other than the good one; of wrk: answers of 400 and above, which is all it counts. */
  readonly refused: number;
  /** Connections that failed, answers that never came. */
  readonly failed: number;
}

export class LoadError extends Error {
  override readonly name = 'LoadError';
}

/**
 * What is wrong with a turn, or undefined. `sequenced`: by how much the server's sequence grew, where it has one. wrk takes every
 * answer below 400 for a good one; an order that was not sequenced was not taken, whatever the answer.
 */
export function loadProblem({ requests, refused, failed }: LoadResult, sequenced?: number): string | undefined {
  if (requests === 0) return 'nothing was answered';
  if (refused > 0) return `${refused} orders were refused`;
  if (failed > 0) return `${failed} requests failed`;
  if (sequenced === undefined || sequenced >= requests) return undefined;
  return `${requests} orders were answered, but only ${sequenced} sequenced`;
}

/** Enough for what one server process answers. */
const WRK_THREADS = 2;
const TIMEOUT_MS = 5_000;
const FIGURES = /^FIGURES (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$/m;

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  return (await wrkIsInstalled()) ? runWrk(options) : runOwn(options);
}

function wrkIsInstalled(): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('wrk', ['--version'], { stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('exit', () => resolve(true));
  });
}

async function runWrk(options: LoadOptions): Promise<LoadResult> {
  const directory = await mkdtemp(join(tmpdir(), 'ringbook-load-'));
  try {
    const script = join(directory, 'orders.lua');
    await writeFile(script, options.read === undefined ? wrkScript(options.source) : WRK_FIGURES);
    return figuresOf(await callWrk(script, options));
  } finally {
    await rm(directory, { recursive: true });
  }
}

function callWrk(script: string, { url, connections, seconds, read = '/orders' }: LoadOptions): Promise<string> {
  const threads = Math.min(WRK_THREADS, connections);
  const options = ['-t', threads, '-c', connections, '-d', `${seconds}s`, '--timeout', `${TIMEOUT_MS / 1000}s`];
  const target = new URL(read, url).href;
  const args = [...options.map(String), '--latency', '-s', script, target];
  return new Promise((resolve, reject) => {
    const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new LoadError(`wrk ended with ${code}: ${output}`));
    });
  });
}

function figuresOf(output: string): LoadResult {
  const found = FIGURES.exec(output);
  if (found === null) throw new LoadError(`wrk said nothing of use: ${output}`);
  const [requests, durationUs, p50Us, p99Us, maxUs, refused, failed] = found.slice(1).map(Number);
  return {
    tool: 'wrk',
    requests,
    perSecond: (requests * 1e6) / durationUs,
    p50Ms: p50Us / 1000,
    p99Ms: p99Us / 1000,
    maxMs: maxUs / 1000,
    refused,
    failed,
  };
}

/** Our own closed loop. */
export async function runOwn({ url, connections, seconds, source, read }: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  let refused = 0;
  let failed = 0;
  const loop = async (connection: HttpConnection, own: string): Promise<void> => {
    for (let n = 0; performance.now() < endMs; n++) {
      const sentMs = performance.now();
      try {
        const asked =
          read === undefined
            ? connection.request('POST', '/orders', orderJson(own, n))
            : connection.request('GET', read);
        const { status } = await asked;
        if (status !== (read === undefined ? 202 : 200)) refused++;
        latencies.push(performance.now() - sentMs);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        failed++;
      }
    }
    connection.close();
  };
  const loops = Array.from({ length: connections }, (_, k) =>
    loop(new HttpConnection(url, TIMEOUT_MS), `${source}-${k}`),
  );
  await Promise.all(loops);
  const tookSeconds = (performance.now() - startMs) / 1000;
  return {
    tool: 'own client',
    requests: latencies.length,
    perSecond: latencies.length / tookSeconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    maxMs: quantile(latencies, 1),
    refused,
    failed,
  };
}

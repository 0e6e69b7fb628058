// The faults of PostgreSQL, one function a kind, each from the moment it begins until the ledger is level again. A tool's process.

import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultBench, Outcome } from './fault-bench.ts';

export const KillKind = {
  BACKEND_TERMINATED: 'backend terminated in COPY',
  BACKEND_KILLED: 'backend kill -9 in COPY',
  POSTMASTER_KILLED: 'postmaster kill -9 in COPY',
} as const;
export type KillKind = (typeof KillKind)[keyof typeof KillKind];

/** A chunk has four COPYs or more. */
const COPIES = 4;
/** Of ten kills: one restarts everything, three make PostgreSQL recover, and the others end one backend. */
const KILLS = Object.freeze([
  ...Array.from({ length: 6 }, () => KillKind.BACKEND_TERMINATED),
  ...Array.from({ length: 3 }, () => KillKind.BACKEND_KILLED),
  KillKind.POSTMASTER_KILLED,
]);

/** The n-th of many: all kinds come within the first three, and in their shares in the long run. */
export function killKind(n: number, random: () => number): KillKind {
  const all = Object.values(KillKind);
  return n < all.length ? all[n] : KILLS[Math.floor(random() * KILLS.length)];
}

/** Ends the projector's backend, or its server, while it copies. */
export async function killInCopy(bench: FaultBench, kind: KillKind): Promise<Outcome> {
  const { postgres, gate, random } = bench;
  await bench.inTime('a COPY', gate.holdCopy(Math.floor(random() * COPIES), random()));
  const backend = await postgres.copyingBackend();
  if (kind === KillKind.POSTMASTER_KILLED) await postgres.killPostmaster();
  else if (backend === undefined) gate.cutAll();
  else if (kind === KillKind.BACKEND_KILLED) postgres.killBackend(backend.pid);
  else await postgres.terminate(backend.pid);
  return { hit: backend !== undefined, levelSeconds: await bench.level() };
}

export async function cutCommit(bench: FaultBench): Promise<Outcome> {
  await bench.inTime('a COMMIT', bench.gate.cutCommit());
  return { hit: true, levelSeconds: await bench.level() };
}

/** A hit when it stood still, though orders were taken. */
export async function freeze(bench: FaultBench, ms: number): Promise<Outcome> {
  const before = bench.load.orderIds.length;
  const stoodStill = await bench.postgres.freeze(ms, bench.signal);
  return { hit: stoodStill && bench.load.orderIds.length > before, levelSeconds: await bench.level() };
}

/** A hit when the projector said so: it was refused, not merely disconnected. */
export async function readOnly(bench: FaultBench, ms: number): Promise<Outcome> {
  await bench.postgres.readOnly(true);
  try {
    await sleep(ms, undefined, { signal: bench.signal });
    const { status, body } = await bench.server.request('GET', '/healthz');
    const hit = status === 503 && body.includes('read-only');
    await bench.postgres.readOnly(false);
    return { hit, levelSeconds: await bench.level() };
  } catch (error) {
    await bench.postgres.readOnly(false);
    throw error;
  }
}

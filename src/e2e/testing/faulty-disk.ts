// For the whole-system tests: a server whose journal lies on a disk that fails on command. Compiles the preloaded library that
// does it (disk-shim.c); owns the file that tells it what to do.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lab } from './lab.ts';
import type { Environment } from './server.ts';

const SOURCE = fileURLToPath(new URL('./disk-shim.c', import.meta.url));

/** Preloading is Linux's; without a C compiler these tests cannot be run. */
export const CAN_FAIL_DISK = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

export interface DiskFault {
  readonly call: 'write' | 'sync';
  /** Which call from now on, counted from 1. */
  readonly from: number;
  readonly count?: number;
  /** `lie`: says that it was done, and does nothing. `none`: is done, after the delay. */
  readonly how: 'EIO' | 'ENOSPC' | 'short' | 'lie' | 'none';
  readonly delayMs?: number;
}

export class FaultyDisk {
  /** For the server. */
  readonly environment: Environment;
  readonly #file: string;

  /** `sync`: writes do not sync by themselves, each is followed by a sync. */
  static async make(lab: Lab, sync = false): Promise<FaultyDisk> {
    const directory = await lab.directory();
    const library = join(directory, 'disk-shim.so');
    const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl', '-lpthread']);
    if (status !== 0) throw new Error(`disk-shim.c does not compile: ${stderr}`);
    return new FaultyDisk(library, join(directory, 'fault'), sync);
  }

  private constructor(library: string, file: string, sync: boolean) {
    this.#file = file;
    this.environment = { LD_PRELOAD: library, FAULT_FILE: file, ...(sync ? { FAULT_NO_DSYNC: '1' } : {}) };
  }

  /** From now on. Takes the place of the fault before. */
  fail({ call, from, count = 1_000_000, how, delayMs = 0 }: DiskFault): void {
    writeFileSync(this.#file, `${call} ${from} ${count} ${how} ${delayMs}\n`);
  }

  /** Writes and syncs of the journal after one that has failed. */
  get callsAfterFailure(): number {
    const after = `${this.#file}.after`;
    return existsSync(after) ? readFileSync(after).length : 0;
  }
}

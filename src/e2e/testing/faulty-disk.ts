// For the whole-system tests and tools: a server whose journal lies on a disk that fails on command. Compiles the preloaded library that
// does it (disk-shim.c); owns the file that tells it what to do.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Keeper } from './keeper.ts';
import type { Environment } from './server.ts';

/** Where it lies in the sources: it is not compiled with them. */
const SOURCE = fileURLToPath(new URL('../../../src/e2e/testing/disk-shim.c', import.meta.url));

/** Preloading is Linux's; without a C compiler these tests cannot be run. */
export const CAN_FAIL_DISK =
  process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0 && existsSync(SOURCE);

export interface DiskFault {
  /** The last ones only where a directory is watched. */
  readonly call: 'write' | 'sync' | 'open' | 'fsync' | 'fdatasync' | 'ftruncate' | 'rename' | 'unlink';
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

  /** `sync`: writes do not sync by themselves, each is followed by a sync. `below`: all files of this directory, not segments only. */
  static async make(keeper: Keeper, sync = false, below?: string): Promise<FaultyDisk> {
    const directory = await keeper.directory();
    const library = join(directory, 'disk-shim.so');
    const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl', '-lpthread']);
    if (status !== 0) throw new Error(`disk-shim.c does not compile: ${stderr}`);
    const environment = {
      ...(sync ? { FAULT_NO_DSYNC: '1' } : {}),
      ...(below === undefined ? {} : { FAULT_BELOW: below }),
    };
    return new FaultyDisk(library, join(directory, 'fault'), environment);
  }

  private constructor(library: string, file: string, environment: Environment) {
    this.#file = file;
    this.environment = { LD_PRELOAD: library, FAULT_FILE: file, ...environment };
  }

  /** From now on. Takes the place of the fault before. */
  fail({ call, from, count = 1_000_000, how, delayMs = 0 }: DiskFault): void {
    writeFileSync(this.#file, `${call} ${from} ${count} ${how} ${delayMs}\n`);
  }

  /** Writes and syncs of the journal after one that has failed. Not counted where a directory is watched. */
  get callsAfterFailure(): number {
    return this.#noted('after');
  }

  /** Calls that were spoilt. */
  get callsSpoilt(): number {
    return this.#noted('done');
  }

  #noted(extension: string): number {
    const path = `${this.#file}.${extension}`;
    return existsSync(path) ? readFileSync(path).length : 0;
  }
}

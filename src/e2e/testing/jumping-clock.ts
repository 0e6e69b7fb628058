// For the whole-system tests: a server whose wall clock jumps. Compiles the preloaded library that does it (clock-shim.c); owns the
// file that says by how much.

import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lab } from './lab.ts';
import type { Environment } from './server.ts';

const SOURCE = fileURLToPath(new URL('./clock-shim.c', import.meta.url));

/** Preloading is Linux's; without a C compiler these tests cannot be run. */
export const CAN_JUMP = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

export class JumpingClock {
  /** For the server. */
  readonly environment: Environment;
  readonly #file: string;

  static async make(lab: Lab): Promise<JumpingClock> {
    const directory = await lab.directory();
    const library = join(directory, 'clock-shim.so');
    const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl']);
    if (status !== 0) throw new Error(`clock-shim.c does not compile: ${stderr}`);
    return new JumpingClock(library, join(directory, 'offset'));
  }

  private constructor(library: string, file: string) {
    this.#file = file;
    this.environment = { LD_PRELOAD: library, CLOCK_FILE: file };
    this.set(0);
  }

  /** The wall clock is off by so much from now on. In place: the file stays mapped. */
  set(minutes: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(minutes * 60_000));
    writeFileSync(this.#file, bytes, { flag: existsSync(this.#file) ? 'r+' : 'w' });
  }
}

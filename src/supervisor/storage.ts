// The data directory: its layout, and whether what lies there would survive a power cut. Main thread, at the start.
// Must never touch what is inside before the lock is held.

import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { archiveDirectoryOf } from '../journal/journal-files.ts';

export interface Storage {
  readonly dataDir: string;
  readonly journal: string;
  readonly snapshots: string;
  readonly spool: string;
  /** The CONTROL file. */
  readonly control: string;
  readonly postgres: string;
  /** False when a 202 would not survive a power cut; `why` says so to the operator. */
  readonly durable: boolean;
  readonly why: string;
  /** Removes what only this run needed. */
  release(): void;
}

const TMPFS_MAGIC = 0x01021994;
const RAMFS_MAGIC = 0x858458f6;

/** Makes the data directory itself, for the lock to lie in. */
export function makeDataDirectory({ dataDir }: Config): void {
  // 0711: as root without user namespaces, the database server is another user who must pass through.
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
}

/** Makes the directories within (0700) and judges them. The caller holds the lock. */
export function prepareStorage(config: Config): Storage {
  const { dataDir, durability } = config;
  const memory = durability === 'memory' ? emptyMemoryDirectory(dataDir) : undefined;
  const shard = join(memory ?? dataDir, 'shard-0');
  const storage = {
    dataDir,
    journal: join(shard, 'journal'),
    snapshots: join(shard, 'snapshots'),
    spool: join(shard, 'spool'),
    control: join(shard, 'CONTROL'),
    // The ledger follows the journal: one that is gone with the process would leave a ledger of nothing.
    postgres: join(memory ?? dataDir, 'postgres'),
    ...judge(dataDir, durability),
    release: () => {
      if (memory !== undefined) rmSync(memory, { recursive: true, force: true });
    },
  };
  const archive = archiveDirectoryOf(storage.journal);
  for (const directory of [storage.journal, archive, storage.snapshots, storage.spool]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  return storage;
}

/** One place per data directory, so that what a killed process left is found and removed. */
function emptyMemoryDirectory(dataDir: string): string {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const directory = join(isInMemory('/dev/shm') ? '/dev/shm' : tmpdir(), `ringbook-${name}`);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { mode: 0o711 });
  return directory;
}

function judge(dataDir: string, durability: Config['durability']): { durable: boolean; why: string } {
  if (durability === 'memory') return { durable: false, why: 'journal in memory: nothing survives the process' };
  if (isInMemory(dataDir)) return { durable: false, why: 'tmpfs: nothing survives a power cut or reboot' };
  if (durability === 'os') return { durable: false, why: 'written, not synced: a power cut may lose orders' };
  return { durable: true, why: 'synced before every reply' };
}

/** Whether the file system at `path` lives in memory. tmpfs takes every sync and keeps nothing. */
function isInMemory(path: string): boolean {
  try {
    const { type } = statfsSync(path);
    return type === TMPFS_MAGIC || type === RAMFS_MAGIC;
  } catch {
    return false;
  }
}

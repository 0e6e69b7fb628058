// The synchronous file calls of the journal room, and the one place where they are chosen: the operating system's, or a
// simulated disk's. Any thread; the choice is the thread's own. The importers see the choice through their imports, so
// the way to the operating system costs nothing more. Must never do anything but pass calls on.

import * as system from 'node:fs';

/** What of node:fs the journal, the archive, the spool and the snapshots need: the same names, the same meaning, the same errors. */
export interface FileSystem {
  openSync(path: string, flags: string | number): number;
  closeSync(fd: number): void;
  /** Without a position it writes where the last write ended. */
  writeSync(fd: number, bytes: Uint8Array, offset: number, length: number, position?: number): number;
  readSync(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  fsyncSync(fd: number): void;
  fdatasyncSync(fd: number): void;
  fstatSync(fd: number): { readonly size: number };
  statSync(path: string): { readonly size: number };
  /** Throws when the disk does not tell. */
  existsSync(path: string): boolean;
  readFileSync(path: string): Buffer;
  readdirSync(path: string): string[];
  /** Returns the first directory that was made, undefined when all were there. */
  mkdirSync(path: string, options: { readonly recursive: true }): string | undefined;
  renameSync(from: string, to: string): void;
  rmSync(path: string, options?: { readonly force?: boolean }): void;
}

/** node's own existsSync takes every failure for a no: then a disk that fails would be one on which nothing is. */
const SYSTEM: FileSystem = {
  ...system,
  existsSync: (path) => system.statSync(path, { throwIfNoEntry: false }) !== undefined,
};

export let openSync: FileSystem['openSync'] = system.openSync;
export let closeSync: FileSystem['closeSync'] = system.closeSync;
export let writeSync: FileSystem['writeSync'] = system.writeSync;
export let readSync: FileSystem['readSync'] = system.readSync;
export let fsyncSync: FileSystem['fsyncSync'] = system.fsyncSync;
export let fdatasyncSync: FileSystem['fdatasyncSync'] = system.fdatasyncSync;
export let fstatSync: FileSystem['fstatSync'] = system.fstatSync;
export let statSync: FileSystem['statSync'] = system.statSync;
export let existsSync: FileSystem['existsSync'] = SYSTEM.existsSync;
export let readFileSync: FileSystem['readFileSync'] = system.readFileSync;
export let readdirSync: FileSystem['readdirSync'] = system.readdirSync;
export let mkdirSync: FileSystem['mkdirSync'] = system.mkdirSync;
export let renameSync: FileSystem['renameSync'] = system.renameSync;
export let rmSync: FileSystem['rmSync'] = system.rmSync;

/** From here on this thread's calls go to `chosen`; without one, to the operating system again. For the simulator. */
export function useFileSystem(chosen: FileSystem = SYSTEM): void {
  openSync = chosen.openSync;
  closeSync = chosen.closeSync;
  writeSync = chosen.writeSync;
  readSync = chosen.readSync;
  fsyncSync = chosen.fsyncSync;
  fdatasyncSync = chosen.fdatasyncSync;
  fstatSync = chosen.fstatSync;
  statSync = chosen.statSync;
  existsSync = chosen.existsSync;
  readFileSync = chosen.readFileSync;
  readdirSync = chosen.readdirSync;
  mkdirSync = chosen.mkdirSync;
  renameSync = chosen.renameSync;
  rmSync = chosen.rmSync;
}

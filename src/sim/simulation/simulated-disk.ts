// A disk that loses, fails and lies as disks do, for the simulator: files in memory behind the journal's file calls. What was
// written and what was synced are kept apart, file data by sectors, names by directory operations. One thread; owns the
// bytes. Reads no clock and draws nothing but from its seed, so that a run can be repeated.

import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { assert } from '../../assert.ts';
import type { FileSystem } from '../../journal/file-system.ts';
import type { Random } from '../testing/random.ts';

const SECTOR_BYTES = 512;

/** How the machine stops: a killed process loses nothing that was written, a power cut what was not synced. */
export type Stop = 'kill' | 'power cut';

/** What happens at one operation: the machine stops in its midst, or the operation fails. */
export type Mishap = Stop | 'EIO' | 'ENOSPC' | 'short write';

/** A disk or a caller that cheats: negative controls, each of which the simulation must notice. */
export interface Cheat {
  /** Syncs of these paths do nothing. */
  readonly ignoresSync?: (path: string, isDirectory: boolean) => boolean;
  /** A sync returns at once and takes effect at the next operation. */
  readonly syncsLate?: boolean;
  /** O_DIRECT reads what the page cache shows. */
  readonly readsCache?: boolean;
}

export interface DiskOptions {
  readonly random: Random;
  /** False: an open with O_DSYNC or O_DIRECT is refused, as by a file system that does not know it. */
  readonly knowsSyncedWrites: boolean;
  readonly cheat?: Cheat;
  /** Called before every operation: what others may see in the midst of a turn, they may see now. */
  readonly onOperation: () => void;
  /** `bytes` of the file are on the disk from now on, at `offset`. */
  readonly onDurable: (path: string, bytes: Uint8Array, offset: number) => void;
}

interface FileNode {
  readonly kind: 'file';
  written: Uint8Array;
  writtenBytes: number;
  synced: Uint8Array;
  syncedBytes: number;
  /** Byte ranges that are written and not synced: from, to, from, to. */
  dirty: number[];
  /** Some of what is written counts as synced, though it is not: a sync has failed. */
  isStale: boolean;
}
interface DirectoryNode {
  readonly kind: 'directory';
}
type Node = FileNode | DirectoryNode;

interface NameOperation {
  readonly node: Node;
  /** The name that comes into being; '' when none does. */
  readonly made: string;
  /** The name that goes; '' when none does. */
  readonly removed: string;
}

interface OpenFile {
  readonly path: string;
  readonly node: Node;
  readonly syncsWrites: boolean;
  readonly isDirect: boolean;
  position: number;
}

interface Plan {
  readonly mishap: Mishap;
  /** The first operation that it may come in. */
  readonly at: number;
  /** Only in a write or a sync, or even only in one of a segment of the journal. */
  readonly inWrite: boolean;
  readonly inSegment: boolean;
}

/** One bit of the disk that is not as it was written. */
interface Flip {
  readonly node: FileNode;
  readonly offset: number;
  readonly mask: number;
}

/** The machine has stopped; whatever runs on is not to be believed. */
class MachineStopped extends Error {
  override readonly name = 'MachineStopped';
}

export class SimulatedDisk implements FileSystem {
  /** Operations since the last start. */
  operations = 0;
  /** True once the machine has stopped, until it starts again. */
  isStopped = false;
  /** Mishaps that have happened since the last start. */
  mishaps = 0;
  readonly #options: DiskOptions;
  readonly #random: Random;
  readonly #names = new Map<string, Node>([['/', { kind: 'directory' }]]);
  readonly #syncedNames = new Map<string, Node>(this.#names);
  /** By directory, what was done to its names since it was synced. */
  readonly #unsynced = new Map<string, NameOperation[]>();
  readonly #open = new Map<number, OpenFile>();
  #nextFd = 100;
  #planned: Plan | undefined;
  #late: (() => void)[] = [];
  #flip: Flip | undefined;

  constructor(options: DiskOptions) {
    this.#options = options;
    this.#random = options.random;
  }

  /** The mishap comes `operations` operations from now; a failure at the first write or sync from there on, a stop often too. */
  plan(mishap: Mishap, operations: number): void {
    const inWrite = !isStop(mishap) || this.#random.below(4) > 0;
    const inSegment = inWrite && this.#random.below(2) === 0;
    this.#planned = { at: this.operations + operations, mishap, inWrite, inSegment };
  }

  /** No mishap is to come. */
  unplan(): void {
    this.#planned = undefined;
  }

  /** What the disk holds when the machine comes up again. */
  restart(stop: Stop): void {
    this.#open.clear();
    this.#planned = undefined;
    this.#late = [];
    this.operations = 0;
    this.mishaps = 0;
    this.isStopped = false;
    if (stop === 'power cut') this.#losePower();
  }

  /** Turns one bit of a file; undone by `unflip`. False when there is no such byte. */
  flipBit(path: string, offset: number): boolean {
    const node = this.#names.get(path);
    if (node?.kind !== 'file' || offset < 0 || offset >= node.writtenBytes) return false;
    this.#flip = { node, offset, mask: 1 << this.#random.below(8) };
    this.#turnBit(this.#flip);
    return true;
  }

  /** Every file and its length in bytes. */
  files(): [path: string, lengthBytes: number][] {
    const files: [string, number][] = [];
    for (const [path, node] of this.#names) if (node.kind === 'file') files.push([path, node.writtenBytes]);
    return files;
  }

  unflip(): void {
    if (this.#flip !== undefined) this.#turnBit(this.#flip);
    this.#flip = undefined;
  }

  openSync = (path: string, flags: string | number): number => {
    this.#begin();
    const { creates, excludes, truncates, syncsWrites, isDirect, appends } = readFlags(flags);
    if ((syncsWrites || isDirect) && !this.#options.knowsSyncedWrites) throw errno('EINVAL', path);
    let node = this.#names.get(path);
    if (node !== undefined && excludes) throw errno('EEXIST', path);
    if (node === undefined) {
      if (!creates) throw errno('ENOENT', path);
      node = newFile();
      this.#name({ made: path, node, removed: '' });
    } else if (truncates && node.kind === 'file') {
      Object.assign(node, newFile());
    }
    const fd = this.#nextFd++;
    const position = appends && node.kind === 'file' ? node.writtenBytes : 0;
    this.#open.set(fd, { path, node, syncsWrites, isDirect, position });
    return fd;
  };

  closeSync = (fd: number): void => {
    if (this.isStopped) return;
    assert(this.#open.delete(fd), 'an open file is closed, once');
  };

  writeSync = (fd: number, bytes: Uint8Array, offset: number, length: number, position?: number): number => {
    const mishap = this.#begin(fd);
    const file = this.#opened(fd);
    const { node, path } = file;
    assert(node.kind === 'file', 'only files are written');
    const at = position ?? file.position;
    const taken = mishap === undefined ? length : this.#part(length);
    if (mishap !== 'ENOSPC') this.#put(node, at, bytes.subarray(offset, offset + taken));
    if (mishap === 'short write') return taken;
    if (mishap === 'EIO') this.#forget(node);
    if (mishap !== undefined) this.#fail(mishap, path);
    file.position = at + length;
    if (file.syncsWrites) this.#sync(path, node);
    return length;
  };

  readSync = (fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number => {
    this.#begin();
    const { node, isDirect } = this.#opened(fd);
    assert(node.kind === 'file', 'only files are read');
    if (isDirect && node.isStale && this.#options.cheat?.readsCache !== true) {
      for (let k = 0; k < node.dirty.length; k += 2) copySynced(node, node.dirty[k], node.dirty[k + 1]);
      const source = node.synced.subarray(position, position + length);
      bytes.fill(0, offset, offset + length).set(source, offset);
      return Math.max(0, Math.min(length, node.writtenBytes - position));
    }
    const end = Math.min(position + length, node.writtenBytes);
    if (end <= position) return 0;
    bytes.set(node.written.subarray(position, end), offset);
    return end - position;
  };

  fsyncSync = (fd: number): void => {
    const mishap = this.#begin(fd);
    const { path, node } = this.#opened(fd);
    if (mishap !== undefined && mishap !== 'short write') {
      if (node.kind === 'file') {
        this.#syncSome(node);
        if (mishap === 'EIO') this.#forget(node);
      }
      this.#fail(mishap, path);
    }
    this.#sync(path, node);
  };

  fdatasyncSync = (fd: number): void => this.fsyncSync(fd);

  fstatSync = (fd: number): { readonly size: number } => sizeOf(this.#opened(fd).node);

  statSync = (path: string): { readonly size: number } => {
    this.#begin();
    return sizeOf(this.#named(path));
  };

  existsSync = (path: string): boolean => {
    this.#begin();
    return this.#names.has(path);
  };

  readFileSync = (path: string): Buffer => {
    this.#begin();
    const node = this.#named(path);
    assert(node.kind === 'file', 'only files are read');
    return Buffer.from(node.written.subarray(0, node.writtenBytes));
  };

  readdirSync = (path: string): string[] => {
    this.#begin();
    this.#named(path);
    const names: string[] = [];
    for (const name of this.#names.keys()) {
      if (name.length > path.length && dirname(name) === path) names.push(name.slice(path.length + 1));
    }
    return names;
  };

  mkdirSync = (path: string): string | undefined => {
    this.#begin();
    if (this.#names.has(path)) return undefined;
    const firstMade = this.mkdirSync(dirname(path)) ?? path;
    this.#name({ made: path, node: { kind: 'directory' }, removed: '' });
    return firstMade;
  };

  renameSync = (from: string, to: string): void => {
    this.#begin();
    this.#name({ made: to, node: this.#named(from), removed: from });
  };

  rmSync = (path: string, options?: { readonly force?: boolean }): void => {
    this.#begin();
    if (options?.force === true && !this.#names.has(path)) return;
    this.#name({ made: '', node: this.#named(path), removed: path });
  };

  /**
   * Every operation begins here. Returns the mishap that is to happen in the midst of a write to or a sync of the open file;
   * no others fail.
   */
  #begin(writtenFd?: number): Mishap | undefined {
    if (this.isStopped) throw new MachineStopped('the machine has stopped');
    this.#options.onOperation();
    this.operations++;
    if (this.#late.length > 0) for (const sync of this.#late.splice(0)) sync();
    const planned = this.#planned;
    if (planned === undefined || this.operations < planned.at) return undefined;
    if (writtenFd === undefined) {
      if (!planned.inWrite) this.#fail(planned.mishap, '');
      return undefined;
    }
    if (planned.inSegment && this.#open.get(writtenFd)?.path.endsWith('.wal') !== true) return undefined;
    this.#planned = undefined;
    this.mishaps++;
    return planned.mishap;
  }

  #fail(mishap: Mishap, path: string): never {
    if (!isStop(mishap)) throw errno(mishap, path);
    this.#planned = undefined;
    this.isStopped = true;
    throw new MachineStopped(`${mishap} at operation ${this.operations}`);
  }

  #opened(fd: number): OpenFile {
    if (this.isStopped) throw new MachineStopped('the machine has stopped');
    const file = this.#open.get(fd);
    assert(file !== undefined, 'the file is open');
    return file;
  }

  #named(path: string): Node {
    const node = this.#names.get(path);
    if (node === undefined) throw errno('ENOENT', path);
    return node;
  }

  /** A number of bytes less than all: what a write that was interrupted has brought over. */
  #part(length: number): number {
    return Math.min(length - 1, this.#random.below(Math.ceil(length / SECTOR_BYTES) + 1) * SECTOR_BYTES);
  }

  #put(node: FileNode, at: number, bytes: Uint8Array): void {
    const end = at + bytes.length;
    if (bytes.length === 0) return;
    if (end > node.written.length) node.written = grown(node.written, end);
    node.written.set(bytes, at);
    node.writtenBytes = Math.max(node.writtenBytes, end);
    node.dirty.push(at, end);
    const flip = this.#flip;
    if (flip?.node === node && flip.offset >= at && flip.offset < end) this.#flip = undefined;
  }

  #sync(path: string, node: Node): void {
    const { cheat } = this.#options;
    if (cheat?.ignoresSync?.(path, node.kind === 'directory') === true) return;
    if (cheat?.syncsLate === true) this.#late.push(() => this.#syncNow(path, node));
    else this.#syncNow(path, node);
  }

  #syncNow(path: string, node: Node): void {
    if (node.kind === 'directory') {
      for (const operation of this.#unsynced.get(path) ?? []) rename(this.#syncedNames, operation);
      this.#unsynced.delete(path);
      return;
    }
    const { dirty } = node;
    node.dirty = [];
    for (let k = 0; k < dirty.length; k += 2) {
      copySynced(node, dirty[k], dirty[k + 1]);
      this.#options.onDurable(path, node.written.subarray(dirty[k], dirty[k + 1]), dirty[k]);
    }
    node.syncedBytes = node.writtenBytes;
  }

  /** After an error the kernel may call clean what it could not write: no later sync brings that over. */
  #forget(node: FileNode): void {
    if (this.#random.below(2) === 0) return;
    node.dirty = [];
    node.isStale = true;
  }

  /** A sync that failed has brought some sectors over; the others can be synced by a later one, unless they are forgotten. */
  #syncSome(node: FileNode): void {
    forEachSector(node.dirty, (from, to) => {
      if (this.#random.below(2) === 0) copySynced(node, from, to);
    });
  }

  #name(operation: NameOperation): void {
    rename(this.#names, operation);
    const directory = dirname(operation.made || operation.removed);
    const operations = this.#unsynced.get(directory) ?? [];
    operations.push(operation);
    this.#unsynced.set(directory, operations);
  }

  /**
   * Keeps an arbitrary part of what was not synced: sectors, and operations on names, of each file those before some moment. No
   * file system gives a file two names when a rename is lost and the one behind it is not.
   */
  #losePower(): void {
    for (const operations of this.#unsynced.values()) {
      const lost = new Set<Node>();
      for (const operation of operations) {
        if (lost.has(operation.node) || this.#random.below(2) === 0) lost.add(operation.node);
        else rename(this.#syncedNames, operation);
      }
    }
    this.#unsynced.clear();
    this.#names.clear();
    for (const [path, node] of this.#syncedNames) this.#names.set(path, node);
    for (const path of this.#names.keys()) if (!this.#isReachable(path)) this.#names.delete(path);
    this.#syncedNames.clear();
    for (const [path, node] of this.#names) {
      this.#syncedNames.set(path, node);
      if (node.kind === 'file' && (node.dirty.length > 0 || node.isStale)) this.#loseSectors(node);
    }
  }

  #loseSectors(node: FileNode): void {
    this.#syncSome(node);
    node.dirty = [];
    node.isStale = false;
    node.written = node.synced.slice();
    node.writtenBytes = node.syncedBytes;
  }

  #isReachable(path: string): boolean {
    return path === '/' || (this.#names.has(dirname(path)) && this.#isReachable(dirname(path)));
  }

  #turnBit({ node, offset, mask }: Flip): void {
    if (offset < node.writtenBytes) node.written[offset] ^= mask;
    if (offset < node.syncedBytes) node.synced[offset] ^= mask;
  }
}

function isStop(mishap: Mishap): mishap is Stop {
  return mishap === 'kill' || mishap === 'power cut';
}

function newFile(): FileNode {
  const none = new Uint8Array(0);
  return { kind: 'file', written: none, writtenBytes: 0, synced: none, syncedBytes: 0, dirty: [], isStale: false };
}

function sizeOf(node: Node): { readonly size: number } {
  return { size: node.kind === 'file' ? node.writtenBytes : 0 };
}

function rename(names: Map<string, Node>, { made, node, removed }: NameOperation): void {
  if (removed !== '') names.delete(removed);
  if (made !== '') names.set(made, node);
}

function copySynced(node: FileNode, from: number, to: number): void {
  if (to > node.synced.length) node.synced = grown(node.synced, Math.max(to, node.written.length));
  node.synced.set(node.written.subarray(from, to), from);
  node.syncedBytes = Math.max(node.syncedBytes, to);
}

/** Calls `visit` with the parts of byte ranges that lie in one sector each. */
function forEachSector(ranges: readonly number[], visit: (from: number, to: number) => void): void {
  for (let k = 0; k < ranges.length; k += 2) {
    for (let from = ranges[k]; from < ranges[k + 1]; ) {
      const to = Math.min(ranges[k + 1], (Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES);
      visit(from, to);
      from = to;
    }
  }
}

function grown(bytes: Uint8Array, lengthBytes: number): Uint8Array {
  const longer = new Uint8Array(Math.max(lengthBytes, Math.min(2 * bytes.length, lengthBytes + (1 << 20))));
  longer.set(bytes);
  return longer;
}

function readFlags(flags: string | number) {
  if (typeof flags === 'string') {
    return {
      creates: /[wa]/.test(flags),
      excludes: flags.includes('x'),
      truncates: flags.includes('w'),
      appends: flags.includes('a'),
      syncsWrites: false,
      isDirect: false,
    };
  }
  return {
    creates: (flags & constants.O_CREAT) !== 0,
    excludes: false,
    truncates: false,
    appends: false,
    syncsWrites: (flags & (constants.O_DSYNC ?? 0)) !== 0,
    isDirect: (flags & (constants.O_DIRECT ?? 0)) !== 0,
  };
}

function errno(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, '${path}'`), { code });
}

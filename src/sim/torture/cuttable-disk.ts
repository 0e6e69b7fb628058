// A disk that can lose its power: a file system on a loop device over an image file, whose copy by reflink is what the device
// holds at that instant. What only the page cache of that file system has is not in the copy, as after a power cut; what it
// has handed to the device is, as on a device whose cache survives. Linux, root. A tool's process; owns images and mounts.
//
//   directory/outer.img    xfs with reflink, mounted on outer/    outer/disk.img    the disk, mounted on disk/
//   outer/cut.img          a copy of it, mounted on cut/

import { execFile } from 'node:child_process';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const OUTER_BYTES = 3 * 2 ** 30;
const DISK_BYTES = 2 ** 30;
const PROGRAMS = ['mkfs.xfs', 'mount', 'umount', 'losetup'];

/** Why there can be none here; says what is missing. */
export class NoCuttableDisk extends Error {
  override readonly name = 'NoCuttableDisk';
}

export type FileSystem = 'ext4' | 'xfs';

export class CuttableDisk {
  /** Where the disk is mounted. */
  readonly path: string;
  readonly #directory: string;
  readonly #fileSystem: FileSystem;
  /** Mounted, the newest last. */
  readonly #mounts: string[] = [];

  /** `directory` is empty and the disk's alone. Throws NoCuttableDisk. */
  static async make(directory: string, fileSystem: FileSystem): Promise<CuttableDisk> {
    await requirePrograms([...PROGRAMS, `mkfs.${fileSystem}`]);
    const disk = new CuttableDisk(directory, fileSystem);
    try {
      await disk.#build();
    } catch (error) {
      await disk.close();
      throw new NoCuttableDisk(error instanceof Error ? error.message : String(error));
    }
    return disk;
  }

  private constructor(directory: string, fileSystem: FileSystem) {
    this.#directory = directory;
    this.#fileSystem = fileSystem;
    this.path = join(directory, 'disk');
  }

  get #image(): string {
    return join(this.#directory, 'outer', 'disk.img');
  }

  get #copy(): string {
    return join(this.#directory, 'outer', 'cut.img');
  }

  /** The power is cut: what the device holds at one instant between call and return is kept as the copy. */
  async cut(): Promise<void> {
    await run('cp', '--reflink=always', this.#image, this.#copy);
  }

  /** Mounts the copy, which lets its file system recover. Returns where. */
  async mountCut(): Promise<string> {
    const path = join(this.#directory, 'cut');
    // The original is mounted too, and a copy has the same identity.
    await this.#mount(this.#copy, path, this.#fileSystem === 'xfs' ? 'loop,nouuid' : 'loop');
    return path;
  }

  /** Nobody may have a file of the copy open. */
  async discardCut(): Promise<void> {
    await this.#unmount(join(this.#directory, 'cut'));
    await rm(this.#copy, { force: true });
  }

  /** Unmounts everything; the directory can be removed then. */
  async close(): Promise<void> {
    for (const path of [...this.#mounts].reverse()) await this.#unmount(path);
  }

  async #build(): Promise<void> {
    const outer = join(this.#directory, 'outer.img');
    await makeSparse(outer, OUTER_BYTES);
    await run('mkfs.xfs', '-q', '-m', 'reflink=1', outer);
    await this.#mount(outer, join(this.#directory, 'outer'), 'loop');
    await makeSparse(this.#image, DISK_BYTES);
    await run(`mkfs.${this.#fileSystem}`, '-q', this.#image);
    await this.#mount(this.#image, this.path, 'loop');
    await this.cut();
    await rm(this.#copy);
  }

  async #mount(image: string, path: string, options: string): Promise<void> {
    await mkdir(path, { recursive: true });
    await run('mount', '-o', options, image, path);
    this.#mounts.push(path);
  }

  async #unmount(path: string): Promise<void> {
    const at = this.#mounts.indexOf(path);
    if (at < 0) return;
    await run('umount', path);
    this.#mounts.splice(at, 1);
  }
}

async function requirePrograms(programs: readonly string[]): Promise<void> {
  if (process.platform !== 'linux') throw new NoCuttableDisk('loop devices are needed, which only Linux has');
  if (process.getuid?.() !== 0) throw new NoCuttableDisk('only root may mount');
  for (const program of programs) {
    await run('sh', '-c', `command -v ${program}`).catch(() => {
      throw new NoCuttableDisk(`${program} is not installed (Debian: xfsprogs, e2fsprogs, mount)`);
    });
  }
}

async function makeSparse(path: string, bytes: number): Promise<void> {
  await writeFile(path, '');
  await truncate(path, bytes);
}

/** Rejects with what the program said. */
async function run(program: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(program, args);
}

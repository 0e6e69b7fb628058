// A file system of a few MiB for tests of what happens when it is full: a tmpfs, which only root on Linux can mount.

import { spawnSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isOutOfSpace } from '../../journal/errors.ts';

const mounted: SmallDisk[] = [];

/** Mounts one at `directory`, which exists; `unmountSmallDisks` takes it away. Throws when it cannot be mounted. */
export function mountSmallDisk(directory: string, bytes: number): SmallDisk {
  const options = `size=${bytes},mode=0711`;
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'ringbook-test', directory]);
  if (status !== 0) throw new Error(`no tmpfs at ${directory}: ${stderr}`);
  const disk = new SmallDisk(directory);
  mounted.push(disk);
  return disk;
}

export function unmountSmallDisks(): void {
  for (const disk of mounted.splice(0)) disk.unmount();
}

/** Whether this process can mount one; looked at without trying. */
export const CAN_MOUNT = process.platform === 'linux' && process.getuid?.() === 0;

class SmallDisk {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.directory);
    return bavail * bsize;
  }

  /** Fills it up but for so many bytes. */
  fill(leaveBytes: number): void {
    this.release();
    try {
      writeFileSync(join(this.directory, 'filling'), Buffer.alloc(Math.max(0, this.freeBytes - leaveBytes), 1));
    } catch (error) {
      if (!isOutOfSpace(error)) throw error; // others write too, and it is as full as it can be
    }
  }

  /** Takes away what it was filled with. */
  release(): void {
    rmSync(join(this.directory, 'filling'), { force: true });
  }

  unmount(): void {
    const { status, stderr } = spawnSync('umount', ['--lazy', this.directory]);
    if (status !== 0) throw new Error(`${this.directory} stays mounted: ${stderr}`);
  }
}

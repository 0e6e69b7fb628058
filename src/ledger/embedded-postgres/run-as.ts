// Which user PostgreSQL runs as. It refuses uid 0, so for root there are two ways:
//  - a user namespace that maps us to uid 1000: outside it is still uid 0, so root's own files stay its own;
//  - where that is not permitted (chroot, container seccomp), uid 65534, which must own and be able to reach everything.
// Runs on the main thread; owns nothing. Must never loosen the permissions of a directory we were not given.

import { chown, lchown, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dyingWithParent, runToEnd, type SpawnAs } from './run.ts';

const UNPRIVILEGED_ID = 65534;
const ENTER_USER_NAMESPACE = ['unshare', '-U', '--map-user=1000', '--map-group=1000'] as const;

export type RunAsKind = 'self' | 'user-namespace' | 'unprivileged';

export interface RunAs {
  readonly kind: RunAsKind;
  readonly prefix: readonly string[];
  readonly spawnAs: SpawnAs;
  /** Who must own the data directory; undefined when it is simply whoever we are. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

export async function chooseRunAs(forced?: RunAsKind): Promise<RunAs> {
  const kind = forced ?? (await kindForThisUser());
  if (kind === 'self') return { kind, prefix: [], spawnAs: {}, owner: undefined };
  if (kind === 'user-namespace') {
    return { kind, prefix: ENTER_USER_NAMESPACE, spawnAs: {}, owner: { uid: 0, gid: 0 } };
  }
  const ids = { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID };
  return { kind, prefix: [], spawnAs: ids, owner: ids };
}

async function kindForThisUser(): Promise<RunAsKind> {
  if (process.getuid?.() !== 0) return 'self';
  const { exitCode } = await runToEnd([...ENTER_USER_NAMESPACE, 'true']);
  return exitCode === 0 ? 'user-namespace' : 'unprivileged';
}

/** The full command line: change the user first, ask for the death signal second (a change may clear it). */
export async function commandAs(runAs: RunAs, deathSignal: 'INT' | 'KILL', command: readonly string[]) {
  return [...runAs.prefix, ...(await dyingWithParent(deathSignal, command))];
}

/** Gives one path to the user PostgreSQL runs as. */
export async function giveTo(runAs: RunAs, path: string): Promise<void> {
  if (runAs.owner !== undefined) await chown(path, runAs.owner.uid, runAs.owner.gid);
}

/** Gives a whole tree, if an earlier run (another way of running as root) left it to another user. */
export async function giveTreeTo(runAs: RunAs, path: string): Promise<void> {
  const { owner } = runAs;
  if (owner === undefined || (await stat(path)).uid === owner.uid) return;
  for (const entry of await readdir(path, { recursive: true })) await lchown(join(path, entry), owner.uid, owner.gid);
  await chown(path, owner.uid, owner.gid); // last: its owner says whether the rest is done
}

const FIRST_CLOSED = 'for d; do test -x "$d" || { echo "$d"; exit 1; }; done; test -w "$d" || { echo "$d"; exit 1; }';

/** Throws, with advice, unless the chosen user can walk down to `directory` and write there. */
export async function assertReachable(runAs: RunAs, directory: string): Promise<void> {
  const path = [directory];
  for (let at = directory; at !== dirname(at); at = dirname(at)) path.unshift(dirname(at));
  const check = ['sh', '-c', FIRST_CLOSED, 'sh', ...path];
  const { exitCode, output } = await runToEnd([...runAs.prefix, ...check], runAs.spawnAs);
  if (exitCode === 0) return;
  const closed = output.trim();
  if (runAs.kind === 'self') throw new Error(`The embedded PostgreSQL cannot write to ${closed}`);
  throw new Error(
    `PostgreSQL refuses to run as root, and ${closed} is closed to the user it runs as instead ` +
      `(${runAs.kind === 'unprivileged' ? `uid ${UNPRIVILEGED_ID}` : 'root without its privileges'}). Do one of: ` +
      `start as an ordinary user; chmod o+x ${closed}; choose a data directory elsewhere, such as /var/lib/ringbook ` +
      '(RINGBOOK_DATA_DIR); use a PostgreSQL of your own (DATABASE_URL)',
  );
}

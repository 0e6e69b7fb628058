// What the archive's hook may see of our environment: what a program needs to run, and where the data lies. Main thread; pure. Must
// never hand on anything else: addresses with passwords and tokens are there.

/** Where programs and their own settings are found, and how they write. */
const HANDED_ON = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

/** `dataDir` is the absolute path of the data directory. */
export function hookEnvironment(environment: NodeJS.ProcessEnv, dataDir: string): Record<string, string> {
  const handedOn: Record<string, string> = { RINGBOOK_DATA_DIR: dataDir };
  for (const name of HANDED_ON) {
    const value = environment[name];
    if (value !== undefined) handedOn[name] = value;
  }
  return handedOn;
}

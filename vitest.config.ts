import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const TESTS = ['src/**/*.test.ts', 'native-free-bench/**/*.test.ts', 'k6/**/*.test.ts'];
/** Rooms whose tests leave nothing behind in their process: they share it, and each module is loaded once, not for every file. */
const SHARED = [
  'src/{domain,wire,shared-memory,runtime,journal,matching,market-data,follower,metrics,supervisor,composition}/**/*.test.ts',
  'src/{gateway,client,sim/scenarios,tools/*}/**/*.test.ts',
  'src/sim/*.test.ts',
  'src/tools/!(ledger-command).test.ts',
  'src/*.test.ts',
];
/** The same for those that use the servers of the test run, or start some. */
const WITH_SERVERS = ['src/{ledger,publisher,e2e,sim/servers}/**/*.test.ts', 'src/tools/ledger-command.test.ts'];
/** k6 has its modules built in: in tests others stand in for them. */
const K6_MODULES = [
  { find: /^k6$/, replacement: resolve(import.meta.dirname, 'k6/testing/k6.ts') },
  { find: /^k6\/(\w+)$/, replacement: resolve(import.meta.dirname, 'k6/testing/$1.ts') },
];
/** Files that take a minute or more. Begun last, they would run on alone while the other workers have nothing left. */
const LONG = ['/e2e/torture.test.ts', '/e2e/storage.test.ts'];

/** Those that share a process come one after the other: vitest ends it at the first file of another project. */
function place({ moduleId, project }: TestSpecification): number {
  if (LONG.some((end) => moduleId.endsWith(end))) return 0;
  return 1 + ['servers', 'own', 'shared'].indexOf(project.name);
}

class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  resolve: { alias: K6_MODULES },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    sequence: { sequencer: InOrder },
    projects: [
      { extends: true, test: { name: 'shared', include: SHARED, isolate: false } },
      {
        extends: true,
        test: {
          ...{ name: 'servers', include: WITH_SERVERS, isolate: false },
          globalSetup: ['src/sim/servers/global-setup.ts'],
        },
      },
      { extends: true, test: { name: 'own', include: TESTS, exclude: [...SHARED, ...WITH_SERVERS] } },
    ],
  },
});

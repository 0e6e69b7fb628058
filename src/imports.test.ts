// The one structural rule that is enforced: who may import whom (src/README.md, "Who may import whom").

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SOURCE = resolve(import.meta.dirname);

/** What a folder may import of ours. `assert.ts` is everyone's; a folder is always its own. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  'shared-memory': [],
  runtime: [],
  wire: ['domain'],
  journal: ['wire', 'domain'],
  gateway: ['domain', 'wire', 'journal', 'runtime', 'shared-memory'],
  matching: ['domain', 'wire', 'journal', 'runtime', 'shared-memory'],
  'market-data': ['domain', 'wire', 'journal', 'runtime', 'shared-memory'],
  follower: ['domain', 'wire', 'journal', 'runtime', 'shared-memory'],
  ledger: ['domain', 'wire', 'journal', 'runtime', 'shared-memory'],
  publisher: ['domain', 'wire', 'journal', 'runtime', 'shared-memory'],
  // Only files of these that browsers can run: see below.
  client: ['domain', 'wire'],
  metrics: ['domain', 'wire', 'runtime', 'shared-memory'],
  'config.ts': ['runtime', 'wire'],
  'topology.ts': ['config.ts', 'domain', 'wire', 'runtime', 'shared-memory'],
};

/** The only places each package may be named in. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  // Tools measure a bare server beside ours and check the ledger from outside.
  'uWebSockets.js': ['gateway', 'tools'],
  pg: ['ledger', 'sim', 'tools'],
  'pg-copy-streams': ['ledger', 'tools'],
  ioredis: ['publisher', 'tools'],
  'prom-client': ['metrics'],
  typebox: ['wire'],
  pino: ['runtime'],
  vitest: ['sim'],
};

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
}

function sourceFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(directory, name));
}

/** The first path element below src: a folder, or a file of the top level. */
function roomOf(path: string): string {
  return relative(SOURCE, path).split('/')[0];
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const found = text.matchAll(
    /^(?:import|export)[^'`;]*?\bfrom\s+'([^']+)';|\bimport\('([^']+)'\)|^import '([^']+)';/gm,
  );
  const specifiers = [...found].map((match) => match[1] ?? match[2] ?? match[3]);
  return specifiers.map((target) => ({ file: relative(SOURCE, file), room: roomOf(file), target }));
}

function ownTarget({ file, target }: Import): string | undefined {
  return target.startsWith('.') ? roomOf(resolve(SOURCE, dirname(file), target)) : undefined;
}

function violations(imports: readonly Import[]): string[] {
  return imports.flatMap((one) => {
    const say = `${one.file} imports ${one.target}`;
    const own = ownTarget(one);
    if (own !== undefined) {
      const allowed = ALLOWED[one.room];
      const free = allowed === undefined || own === one.room || own === 'assert.ts' || allowed.includes(own);
      return free ? [] : [say];
    }
    if (one.target.startsWith('node:')) return [];
    return PACKAGES[one.target.split('/')[0]]?.includes(one.room) ? [] : [say];
  });
}

describe('who may import whom', () => {
  // Tests and their fixtures may reach across rooms: they look at the whole.
  const files = sourceFiles(SOURCE).filter((file) => !/\.test\.ts$|\/testing\/|fixture/.test(file));
  const imports = files.flatMap(importsOf);

  it('holds for every file', () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(violations(imports)).toEqual([]);
  });

  it('knows every folder', () => {
    const known = new Set([...Object.keys(ALLOWED), 'composition', 'supervisor', 'sim', 'tools', 'e2e', 'ui']);
    const folders = new Set(files.map(roomOf).filter((room) => !room.endsWith('.ts')));
    expect([...folders].filter((room) => !known.has(room))).toEqual([]);
  });

  it('keeps the domain free of Node and npm', () => {
    const foreign = imports.filter(({ room, target }) => room === 'domain' && !target.startsWith('.'));
    expect(foreign).toEqual([]);
  });

  it('keeps all that the client needs free of Node and npm', () => {
    const reached = new Set(['client/index.ts']);
    for (const file of reached) {
      for (const { target } of importsOf(join(SOURCE, file))) {
        expect(target, `${file} is run by browsers`).toMatch(/^\./);
        reached.add(relative(SOURCE, resolve(SOURCE, dirname(file), target)));
      }
      expect(readFileSync(join(SOURCE, file), 'utf8')).not.toMatch(/\b(Buffer|process|global|require)\b[.(]/);
    }
    expect(reached).toContain('wire/book-checksum.ts');
  });

  it('leaves the metrics library to the first scrape', () => {
    const loaded = new Set(['main.ts']);
    for (const file of loaded) {
      const text = readFileSync(join(SOURCE, file), 'utf8');
      for (const [, target] of text.matchAll(/^(?:import|export)(?! type\b)[^'`;]*?\bfrom\s+'([^']+)';/gm)) {
        expect(target, `${file} is loaded at each start`).not.toBe('prom-client');
        if (target.startsWith('.')) loaded.add(relative(SOURCE, resolve(SOURCE, dirname(file), target)));
      }
    }
    expect(loaded).toContain('metrics/quantile.ts');
  });

  it('reads clock, randomness and environment only where it may', () => {
    const may =
      /^(main\.ts|thread\.ts|config\.ts|runtime\/clock\.ts|supervisor\/|composition\/|client\/timers\.ts|tools\/|sim\/|e2e\/)/;
    const readers = files
      .map((file) => relative(SOURCE, file))
      .filter((file) => !may.test(file))
      .filter((file) =>
        /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bMath\.random\b|\bprocess\.env\b/.test(
          readFileSync(join(SOURCE, file), 'utf8'),
        ),
      );
    expect(readers).toEqual([]);
  });

  it('would catch a violation', () => {
    const planted: Import[] = [
      { file: 'gateway/x.ts', room: 'gateway', target: '../matching/matching-agent.ts' },
      { file: 'domain/x.ts', room: 'domain', target: '../wire/decimal.ts' },
      { file: 'follower/x.ts', room: 'follower', target: 'pg' },
    ];
    expect(violations(planted)).toHaveLength(3);
  });
});

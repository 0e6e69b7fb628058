// What k6 loads: plain modules, of ours by relative paths with their extension, else only k6's own; no Node, and no syntax or type
// import that stripping types would leave behind.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const FOLDER = resolve(import.meta.dirname);
/** Modules of k6 1.6 and later that are there when a script runs. `k6/options` has types only. */
const K6_MODULES = ['k6', 'k6/execution', 'k6/http', 'k6/metrics', 'k6/timers', 'k6/websockets'];

interface Import {
  readonly isType: boolean;
  readonly target: string;
}

const SCRIPTS = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));

function importsIn(text: string): Import[] {
  const found = text.matchAll(/^(?:import|export)\s+(type\s)?[^'`;]*?\bfrom\s+'([^']+)';|^import '([^']+)';/gm);
  return [...found].map((match) => ({ isType: match[1] !== undefined, target: match[2] ?? match[3] }));
}

/** Every file that running the scripts loads, with its imports. */
function graph(): Map<string, Import[]> {
  const files = new Map<string, Import[]>();
  const visit = (file: string) => {
    if (files.has(file)) return;
    const imports = importsIn(readFileSync(file, 'utf8')).filter(({ isType }) => !isType);
    files.set(file, imports);
    for (const { target } of imports) if (target.startsWith('.')) visit(resolve(dirname(file), target));
  };
  for (const script of SCRIPTS) visit(join(FOLDER, script));
  return files;
}

describe('what k6 loads', () => {
  const files = graph();
  const names = [...files.keys()].map((file) => relative(FOLDER, file));

  it('is the scripts, their parts and the one flow', () => {
    expect(SCRIPTS).toHaveLength(7);
    expect(names).toContain('../src/tools/load/flow.ts');
    expect(names.filter((name) => name.startsWith('..'))).toEqual(['../src/tools/load/flow.ts']);
    expect(names.some((name) => name.includes('testing'))).toBe(false);
  });

  it('imports only files with their extension, and modules that k6 has', () => {
    const strange = [...files].flatMap(([file, imports]) =>
      imports
        .filter(({ target }) =>
          target.startsWith('.')
            ? !target.endsWith('.ts') || !existsSync(resolve(dirname(file), target))
            : !K6_MODULES.includes(target),
        )
        .map(({ target }) => `${relative(FOLDER, file)} imports ${target}`),
    );
    expect(strange).toEqual([]);
  });

  it('talks to k6 in the scripts and in one shared module alone', () => {
    const shared = [...files].filter(([file, imports]) => file.includes('/lib/') && imports.some(isOfK6));
    expect(shared.map(([file]) => relative(FOLDER, file))).toEqual(['lib/exchange.ts']);
  });

  it.each(names)('%s needs nothing of Node and nothing that older engines lack', (name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    expect(text).not.toMatch(/\b(process|Buffer|require|globalThis|structuredClone|performance)\b[.(]/);
    expect(text).not.toMatch(/\?\?=|\|\|=|&&=|^\s*(enum|namespace)\s/m);
    expect(text).not.toMatch(/^import \{[^}]*\btype\b[^}]*\} from 'k6\/options'/m);
  });

  it('would catch a violation', () => {
    const planted =
      "import fs from 'node:fs';\nimport type { A } from 'k6/options';\nimport './x.js';\nexport { b } from '../b.ts';\n";
    expect(importsIn(planted)).toEqual([
      { isType: false, target: 'node:fs' },
      { isType: true, target: 'k6/options' },
      { isType: false, target: './x.js' },
      { isType: false, target: '../b.ts' },
    ]);
  });
});

function isOfK6({ target }: Import): boolean {
  return !target.startsWith('.');
}

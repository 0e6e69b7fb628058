// What would make two replays of one journal differ must not stand in the domain at all: a clock, chance, the environment, a
// locale, mathematics that engines round differently, work that comes back later, an order that nobody fixed.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** What is forbidden, and where it is allowed all the same. */
interface Ban {
  readonly what: string;
  readonly pattern: RegExp;
  readonly except?: readonly string[];
}

const BANS: readonly Ban[] = [
  { what: 'a clock', pattern: /\b(?:Date|performance|Temporal|hrtime)\b/ },
  { what: 'chance', pattern: /\bMath\.random\b|\bcrypto\b|\brandomUUID\b|\bgetRandomValues\b/ },
  { what: 'the environment', pattern: /\b(?:process|globalThis|navigator|require)\b|\bimport\.meta\b/ },
  { what: 'a locale', pattern: /\bIntl\b|\btoLocale\w*|\blocaleCompare\b/ },
  { what: 'the version of Unicode', pattern: /\.normalize\(|\.to(?:Upper|Lower)Case\(|\\p\{/ },
  { what: 'later', pattern: /\b(?:async|await|Promise|setTimeout|setInterval|setImmediate|queueMicrotask)\b/ },
  { what: 'the garbage collector', pattern: /\b(?:WeakRef|FinalizationRegistry)\b/ },
  // Exact by definition, everywhere: of Math these, log2 where a power of two is asked for; powers of literals, and of BigInts.
  {
    what: 'rounding',
    pattern:
      /\bMath\.(?!(?:imul|clz32|floor|ceil|trunc|abs|sign|min|max|log2)\b|random\b)\w+|(?<!\b\d+n?) \*\* |(?<!\b\d+n) \*\* (?!-?\d)/,
  },
  // These are asked for one entry, never for all. The reference may: it is held against the engine after every command.
  {
    what: 'the order of a Map or a Set',
    pattern: /\bnew (?:Map|Set)\b/,
    except: ['instrument.ts', 'instrument-table.ts', 'plain-names.ts', 'reasons.ts', 'reference/'],
  },
  { what: 'the order of an object', pattern: /\bfor \((?:const|let) \w+ in\b/, except: ['plain-names.ts'] },
];

/** Code without comments and without what stands in plain quotes. */
function codeOf(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|'(?:[^'\\\n]|\\.)*'/g, (skipped) =>
    skipped.replaceAll(/[^\n]/g, ' '),
  );
}

function findings(file: string, text: string): string[] {
  const lines = codeOf(text).split('\n');
  return BANS.filter(({ except = [] }) => !except.some((place) => file.startsWith(place))).flatMap(
    ({ what, pattern }) =>
      lines.flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1} depends on ${what}`] : [])),
  );
}

function domainFiles(): string[] {
  return readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !/\.test\.ts$|(?:^|\/)testing\//.test(name),
  );
}

describe('the domain', () => {
  it('depends on nothing but its commands', () => {
    const files = domainFiles();
    expect(files.length).toBeGreaterThan(60);
    expect(files.flatMap((file) => findings(file, readFileSync(join(import.meta.dirname, file), 'utf8')))).toEqual([]);
  });
});

describe('the rule', () => {
  it.each([
    ['const at = Date.now();', 'a clock'],
    ['const at = performance.now();', 'a clock'],
    ['if (Math.random() < 0.5) return;', 'chance'],
    ['const id = crypto.randomUUID();', 'chance'],
    ['const limit = process.env.LIMIT;', 'the environment'],
    ['return price.toLocaleString();', 'a locale'],
    ['names.sort((a, b) => a.localeCompare(b));', 'a locale'],
    ['return new Intl.NumberFormat().format(price);', 'a locale'],
    ['return name.toLowerCase();', 'the version of Unicode'],
    ['setTimeout(() => expire(), 10);', 'later'],
    ['const fee = Math.pow(10, scale);', 'rounding'],
    ['const fee = 10 ** scale;', 'rounding'],
    ['const area = side ** 2;', 'rounding'],
    ['const seen = new Map<number, number>();', 'the order of a Map or a Set'],
    ['for (const name in accounts) close(name);', 'the order of an object'],
  ])('finds %s', (line, what) => {
    expect(findings('rules/planted.ts', line)).toContain(`rules/planted.ts:1 depends on ${what}`);
  });

  it('reads code only, and lets exact arithmetic pass', () => {
    const text =
      "// Date.now is not called.\n/* nor\n * Math.random */\nconst text = 'process';\nconst n = Math.imul(2 ** 48, 3);\nconst b = 10n ** BigInt(n);";
    expect(findings('rules/innocent.ts', text)).toEqual([]);
  });
});

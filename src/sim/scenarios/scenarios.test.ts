// Scenarios as text: prose, commands (`> ...`) and what they lead to (indented), run on both engines. UPDATE_GOLDEN=1
// writes what the reference engine says into the files instead; read the difference before you keep it.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MAKERS, type ScenarioEngine } from './scenario-engines.ts';
import { SCENARIO_INSTRUMENT, ScenarioReader } from './scenario-language.ts';
import { bookInWords, eventInWords, fundsInWords, positionsInWords } from './scenario-words.ts';

const FOLDER = new URL('./', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));
const UPDATES = process.env.UPDATE_GOLDEN !== undefined;

/** The text with what the engine says in the places of what it should say. */
function played(text: string, engine: ScenarioEngine): string {
  const reader = new ScenarioReader();
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('  ')) continue;
    lines.push(line);
    if (line.startsWith('> ')) lines.push(...outcome(line.slice(2).trim(), reader, engine).map((said) => `  ${said}`));
  }
  return lines.join('\n');
}

function outcome(line: string, reader: ScenarioReader, engine: ScenarioEngine): string[] {
  if (line === 'book') return bookInWords(engine);
  if (line === 'positions') return positionsInWords(engine);
  if (line === 'funds') return fundsInWords(engine);
  if (line === 'restart') {
    engine.restart();
    return [];
  }
  const command = reader.read(line);
  return command === undefined ? [] : engine.apply(command).map((event) => eventInWords(event, engine));
}

function read(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

describe('scenarios', () => {
  it.runIf(UPDATES)('are written anew', () => {
    const [, makeReference] = MAKERS;
    for (const name of FILES) {
      writeFileSync(new URL(name, FOLDER), played(read(name), makeReference([SCENARIO_INSTRUMENT])));
    }
  });

  it('are there', () => {
    expect(FILES.length).toBeGreaterThanOrEqual(20);
  });

  describe.each(FILES)('%s', (name) => {
    it.each(MAKERS.map((make) => [make([SCENARIO_INSTRUMENT]).name, make] as const))('on the %s', (_name, make) => {
      const text = read(name);
      expect(text).toContain('\n> book\n');
      expect(played(text, make([SCENARIO_INSTRUMENT]))).toBe(text);
    });
  });
});

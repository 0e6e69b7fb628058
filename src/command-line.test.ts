// The words behind `ringbook`: usage, unknown words, and which exit code an error of a tool becomes.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runCommand, USAGE } from './command-line.ts';
import { readConfig } from './config.ts';
import { removeTemporaryDirectories, temporaryDirectory } from './journal/journal-fixture.ts';

const said = { out: '', err: '' };

beforeEach(() => {
  said.out = '';
  said.err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  removeTemporaryDirectories();
});

function configure() {
  const directory = temporaryDirectory();
  return readConfig({ RINGBOOK_DATA_DIR: directory }, directory);
}

const noConfiguration = () => {
  throw new Error('is not needed');
};

describe('ringbook', () => {
  test.each(['--help', '-h'])('%s prints the usage and ends with 0', async (word) => {
    expect(await runCommand([word], noConfiguration)).toBe(0);
    expect(said).toEqual({ out: USAGE, err: '' });
  });

  test.each(['start', 'constructor', '--port'])('%s is no command: 64', async (word) => {
    expect(await runCommand([word], noConfiguration)).toBe(64);
    expect(said).toEqual({ out: '', err: `ringbook: ${word}: no such command\n\n${USAGE}` });
  });

  test('a tool is loaded and run', async () => {
    expect(await runCommand(['journal', '--help'], configure)).toBe(0);
    expect(said.out).toMatch(/^Usage: ringbook journal <verb>/);
  });

  test.each([
    [['journal'], 'ringbook: journal: a verb is needed\n\nUsage: '],
    [['journal', 'verify', '--what'], "ringbook: Unknown option '--what'"],
    [['journal', 'verify'], 'ringbook: there is no journal in '],
  ])('%j is 64', async (words, message) => {
    expect(await runCommand(words, configure)).toBe(64);
    expect(said.err.startsWith(message)).toBe(true);
    expect(said.out).toBe('');
  });
});

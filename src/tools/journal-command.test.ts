// The command line of `ringbook journal`: what it takes, what it refuses, and that it finds the journal.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { removeTemporaryDirectories, temporaryDirectory } from '../journal/journal-fixture.ts';
import { configOf, journal, type Traded, tradedJournal } from './journal/traded-fixture.ts';
import { JOURNAL_USAGE } from './journal-command.ts';

let traded: Traded;
beforeAll(() => {
  traded = tradedJournal();
});
afterAll(removeTemporaryDirectories);

describe('ringbook journal', () => {
  test.each(['--help', '-h', 'verify --help'])('%s prints the usage', async (words) => {
    const { code, text } = await journal(words, traded.config);
    expect([code, text]).toEqual([0, JOURNAL_USAGE.trimEnd()]);
  });

  test.each([
    ['mend', 'no verb mend'],
    ['toString', 'no verb toString'],
    ['verify all', 'all is too much'],
    ['verify --records', 'journal verify has no option --records'],
    ['inspect --frames 0', '--frames 0: a whole number above 0 is needed'],
    ['inspect --colour', '--colour'],
    ['replay', 'replay needs --to SEQUENCE'],
    ['replay --to soon', '--to soon: a whole number above 0 is needed'],
    ['salvage', 'salvage needs --into DIRECTORY'],
  ])('%s is refused: %s', async (words, message) => {
    await expect(journal(words, traded.config)).rejects.toThrow(message);
  });

  test('--data-dir goes before the configuration', async () => {
    const elsewhere = configOf(temporaryDirectory());
    await expect(journal('verify', elsewhere)).rejects.toThrow(`there is no journal in ${elsewhere.dataDir}`);
    expect((await journal(`verify --data-dir ${traded.dataDir}`, elsewhere)).code).toBe(0);
  });

  test('a journal in memory must be named', async () => {
    const environment = { RINGBOOK_DATA_DIR: traded.dataDir, RINGBOOK_DURABILITY: 'memory' };
    const config = readConfig(environment, join(traded.dataDir));
    await expect(journal('verify', config)).rejects.toThrow('name it by --data-dir');
    expect((await journal(`verify --data-dir ${traded.dataDir}`, config)).code).toBe(0);
  });
});

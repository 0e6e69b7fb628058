// Where no library can be preloaded the tool says why and skips, and it refuses what is no call or no case: neither a pass nor a failure.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const TOOL = fileURLToPath(new URL('../../dist/tools/io-faults.js', import.meta.url));

it.each([
  [['--process', '--cases', '1'], 77, /^io-faults: not possible here: .* C compiler/],
  [['--call', 'fork'], 64, /^io-faults: --call fork: one of open, close, /],
  [['--call', 'mkdir', '--way', 'EOI'], 64, /^io-faults: there is no such case$/m],
  [['--call', 'mkdir', '--k', '100000'], 64, /^io-faults: there is no such case$/m],
] as const)('with %s exits %i and says what is missing', (options, code, said) => {
  if (!existsSync(TOOL)) throw new Error(`${TOOL} is missing: npm run build`);
  const ended = spawnSync(process.execPath, [TOOL, ...options], { env: { PATH: '/nowhere' }, encoding: 'utf8' });
  expect(ended.stderr).toMatch(said);
  expect(ended.status).toBe(code);
});

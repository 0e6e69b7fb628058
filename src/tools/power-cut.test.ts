// Where there can be no disk to cut the power of, the tool says why and skips: neither a pass nor a failure.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const TOOL = fileURLToPath(new URL('../../dist/tools/power-cut.js', import.meta.url));

it('says what is missing and exits 77', () => {
  if (!existsSync(TOOL)) throw new Error(`${TOOL} is missing: npm run build`);
  const ended = spawnSync(process.execPath, [TOOL, '--cuts', '1', '--directory', tmpdir()], {
    env: { PATH: '/nowhere' },
    encoding: 'utf8',
  });
  expect(ended.stderr).toMatch(
    /^power-cut: not possible here: (only root may mount|loop devices|mkfs\.xfs is not inst)/,
  );
  expect(ended.status).toBe(77);
});

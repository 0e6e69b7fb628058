// The hook's environment: no secret of ours is in it.

import { expect, it } from 'vitest';
import { hookEnvironment } from './hook-environment.ts';

it('has what a program needs and where the data lies, and nothing else', () => {
  const ours = {
    PATH: '/usr/bin',
    HOME: '/root',
    DATABASE_URL: 'postgres://user:secret@host/db',
    REDIS_URL: 'redis://:secret@host',
    RINGBOOK_ADMIN_TOKEN: 'secret',
    RINGBOOK_DATA_DIR: './data',
    PGPASSWORD: 'secret',
    NODE_OPTIONS: '--require x',
  };
  expect(hookEnvironment(ours, '/srv/data')).toEqual({
    PATH: '/usr/bin',
    HOME: '/root',
    RINGBOOK_DATA_DIR: '/srv/data',
  });
});

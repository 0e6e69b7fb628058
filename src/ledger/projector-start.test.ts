// The projector and a server that is started together with it and is not up yet. No server: nobody ever listens there.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { SinkState } from '../wire/counters.ts';
import { ProjectorRig, QUICK_LIMITS } from './testing/projector-rig.ts';

let directory = '';
afterEach(() => rm(directory, { recursive: true, force: true }));

it('takes an absent server for one that is starting, for as long as it may; only then for one that is down', async () => {
  directory = await mkdtemp(join(tmpdir(), 'rb-led-'));
  let nowMs = 0;
  let attempts = 0;
  const rig = await ProjectorRig.create({ host: directory, port: 5432, user: 'nobody' }, undefined, {
    limits: { ...QUICK_LIMITS, startingMs: 1_000 },
    nowMs: () => nowMs,
    random: () => {
      attempts++; // each failure draws its pause
      return 0;
    },
  });
  const attempt = async () => {
    nowMs += QUICK_LIMITS.backoff.longestMs;
    const before = attempts;
    await rig.until(() => attempts > before);
  };
  for (let n = 0; n < 5; n++) await attempt();
  expect([rig.progress.current, rig.progress.errors]).toEqual([SinkState.CONNECTING, []]);
  nowMs = 1_000;
  await attempt();
  expect(rig.progress.current).toBe(SinkState.DOWN);
  expect(rig.progress.errors).toEqual([expect.stringContaining('ENOENT')]);
  await rig.projector.onClose();
});

import { expect, it } from 'vitest';
import { GarbageWatch } from './garbage-watch.ts';

const SCAVENGE =
  '[18867:0x334c8780]      108 ms: Scavenge 4.1 (4.2) -> 3.8 (5.2) MB, 1.25 / 0.00 ms  (average mu = 1.000, current mu = 1.000) allocation failure; \n';
const MARK_COMPACT =
  '[18867:0x7f0000000f00]     2021 ms: Mark-Compact 25.1 (30.0) -> 20.0 (31.2) MB, 5.50 / 0.01 ms  (+ 1.5 ms in 12 steps since start of marking, biggest step 0.4 ms, walltime since start of marking 20 ms) (average mu = 0.9, current mu = 0.9) finalize incremental marking via task; GC in old space requested\n';

it('sums pauses and steps of all threads, however the text is cut', () => {
  const watch = new GarbageWatch();
  const text = `Ringbook is up.  http://127.0.0.1:1\n${SCAVENGE}${MARK_COMPACT}`;
  for (let at = 0; at < text.length; at += 7) watch.heard(text.slice(at, at + 7));
  expect(watch.pausesMs).toBeCloseTo(1.25 + 5.5 + 1.5, 10);
});

it('hears nothing in other lines', () => {
  const watch = new GarbageWatch();
  watch.heard('12.5 MB, 3.0 / 0.0 ms\n');
  expect(watch.pausesMs).toBe(0);
});

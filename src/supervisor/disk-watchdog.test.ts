// A disk that hangs is told from one that is slow, and from a process that was stopped.

import { expect, it } from 'vitest';
import { DiskWatchdog } from './disk-watchdog.ts';

it('bites once, when the same call is seen for more than five seconds of looks', () => {
  let call = 0;
  let hung = 0;
  const watchdog = new DiskWatchdog(
    () => call,
    () => hung++,
  );
  const look = (times: number): void => {
    for (let i = 0; i < times; i++) watchdog.look();
  };
  look(100); // nothing under way
  for (call = 1; call <= 50; call++) look(20); // each call is slow
  expect(hung).toBe(0);
  look(1);
  call = 0;
  look(1);
  call = 51; // the process was stopped meanwhile: as long by the clock, not by looks
  look(20);
  expect(hung).toBe(0);
  look(1);
  expect(hung).toBe(1);
  look(100);
  expect(hung).toBe(1);
});

// The secret of an engine's hash tables, drawn anew at each start: outside the domain, which draws nothing. Any thread.

import { randomBytes } from 'node:crypto';

/** 64 random bits as two int32. */
export function randomHashSecret(): readonly [number, number] {
  const bytes = randomBytes(8);
  return [bytes.readInt32LE(0), bytes.readInt32LE(4)];
}

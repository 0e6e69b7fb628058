// A time as text of a message. Gateway thread; allocates, for what is rare.

import { ISO_TIME_BYTES, IsoTimeWriter } from '../../wire/iso-time.ts';

const writer = new IsoTimeWriter();
const bytes = Buffer.alloc(ISO_TIME_BYTES);

/** `timeUs`, microseconds since the epoch. */
export function isoTime(timeUs: number): string {
  writer.write(bytes, 0, Math.floor(timeUs));
  return bytes.toString('latin1');
}

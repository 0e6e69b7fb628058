// How journal tools write times, counts and damage. Pure.

import type { JournalDamage } from '../../journal/errors.ts';
import { ISO_TIME_BYTES, IsoTimeWriter } from '../../wire/iso-time.ts';

const times = new IsoTimeWriter();
const timeText = Buffer.alloc(ISO_TIME_BYTES);

/** ISO 8601 with microseconds. */
export function isoTime(timeUs: number): string {
  times.write(timeText, 0, timeUs);
  return timeText.toString('latin1');
}

/** `1 frame`, `1,234 frames`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** One line: where, and why. */
export function describeDamage({ file, offsetBytes, frame, sequence, evidence }: JournalDamage): string {
  return `${file} at offset ${offsetBytes}, frame ${frame}, sequence ${sequence}: ${evidence}`;
}

// How journal tools write counts and damage. Pure.

import type { JournalDamage } from '../../journal/errors.ts';

/** `1 frame`, `1,234 frames`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** One line: where, and why. */
export function describeDamage({ file, offsetBytes, frame, sequence, evidence }: JournalDamage): string {
  return `${file} at offset ${offsetBytes}, frame ${frame}, sequence ${sequence}: ${evidence}`;
}

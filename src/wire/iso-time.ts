// Times as clients read them: ISO 8601, UTC, microseconds. Any thread; owns the text of the last second it wrote.
// Digits are computed, no Date is made. The writer allocates nothing.

import { writePadded } from './digits.ts';

/** `2026-05-02T02:36:11.123456Z` */
export const ISO_TIME_BYTES = 27;
const SECOND_BYTES = 20;
const SECOND_US = 1_000_000;
const DAY_S = 86_400;
const decoder = new TextDecoder();

export class IsoTimeWriter {
  /** From the year up to the point; valid for `#second`. */
  readonly #text = new Uint8Array(SECOND_BYTES);
  #second = -1;

  /** Writes `timeUs`, microseconds since the epoch (a safe integer >= 0). Returns the offset behind it. */
  write(bytes: Uint8Array, offset: number, timeUs: number): number {
    const second = Math.floor(timeUs / SECOND_US);
    if (second !== this.#second) this.#compose(second);
    const text = this.#text;
    for (let i = 0; i < SECOND_BYTES; i++) bytes[offset + i] = text[i];
    const at = writePadded(bytes, offset + SECOND_BYTES, timeUs - second * SECOND_US, 6);
    bytes[at] = 0x5a;
    return at + 1;
  }

  #compose(second: number): void {
    this.#second = second;
    const text = this.#text;
    const day = Math.floor(second / DAY_S);
    const inDay = (second - day * DAY_S) | 0;
    writeDate(text, day);
    text[10] = 0x54;
    writePadded(text, 11, (inDay / 3_600) | 0, 2);
    text[13] = 0x3a;
    writePadded(text, 14, ((inDay / 60) | 0) % 60, 2);
    text[16] = 0x3a;
    writePadded(text, 17, inDay % 60, 2);
    text[19] = 0x2e;
  }
}

/** `timeUs`, microseconds since the epoch, as text; a fraction is cut off. Allocates: for what is rare. */
export function isoTime(timeUs: number): string {
  const bytes = new Uint8Array(ISO_TIME_BYTES);
  new IsoTimeWriter().write(bytes, 0, Math.floor(timeUs));
  return decoder.decode(bytes);
}

/** Writes `yyyy-mm-dd`. Years begin in March here, so that a leap day is their last; 400 of them have 146,097 days. */
function writeDate(text: Uint8Array, dayOfEpoch: number): void {
  const day = dayOfEpoch + 719_468;
  const era = (day / 146_097) | 0;
  const dayOfEra = day - era * 146_097;
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1_460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const marchMonth = ((5 * dayOfYear + 2) / 153) | 0;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  writePadded(text, 0, yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4);
  text[4] = 0x2d;
  writePadded(text, 5, month, 2);
  text[7] = 0x2d;
  writePadded(text, 8, dayOfYear - (((153 * marchMonth + 2) / 5) | 0) + 1, 2);
}

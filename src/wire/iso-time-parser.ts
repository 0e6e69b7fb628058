// Times as clients write them: ISO 8601 with a zone, to microseconds. Gateway threads. Allocates: nothing. Never a Date:
// what is no calendar day or has a finer fraction is refused, not rounded.

const DAY_S = 86_400;
const SECOND_US = 1_000_000;
const FRACTION_DIGITS = 6;
const ZERO = 0x30;
const DASH = 0x2d;
const PLUS = 0x2b;
const COLON = 0x3a;
const POINT = 0x2e;
const T = 0x54;
const Z = 0x5a;
/** Days of each month of a year without a leap day. */
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** `2026-05-02T02:36:11` */
const SECOND_BYTES = 19;

/**
 * Microseconds since the epoch of the time in `bytes[from..to)`, a safe integer above 0 (that is until the year 2255);
 * -1 when it is none. Form: `yyyy-mm-ddThh:mm:ss`, a fraction or none, then `Z` or an offset `+hh:mm`.
 */
export function parseIsoTime(bytes: Uint8Array, from: number, to: number): number {
  if (to - from <= SECOND_BYTES) return -1;
  const second = parseSecond(bytes, from);
  let at = from + SECOND_BYTES;
  let fraction = 0;
  if (bytes[at] === POINT) {
    const start = ++at;
    while (at < to && isDigit(bytes[at])) at++;
    fraction = parseFraction(bytes, start, at);
  }
  const offset = parseZone(bytes, at, to);
  if (Number.isNaN(second) || Number.isNaN(fraction) || Number.isNaN(offset)) return -1;
  const timeUs = (second - offset) * SECOND_US + fraction;
  return timeUs > 0 && timeUs <= Number.MAX_SAFE_INTEGER ? timeUs : -1;
}

/** Seconds since the epoch, zone apart; NaN when malformed. */
function parseSecond(bytes: Uint8Array, from: number): number {
  if (bytes[from + 4] !== DASH || bytes[from + 7] !== DASH || bytes[from + 10] !== T) return Number.NaN;
  if (bytes[from + 13] !== COLON || bytes[from + 16] !== COLON) return Number.NaN;
  const year = two(bytes, from) * 100 + two(bytes, from + 2);
  const month = two(bytes, from + 5);
  const day = two(bytes, from + 8);
  const hour = two(bytes, from + 11);
  const minute = two(bytes, from + 14);
  const second = two(bytes, from + 17);
  // A comparison with NaN is false.
  const valid = year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
  if (!valid || !(hour <= 23) || !(minute <= 59) || !(second <= 59)) return Number.NaN;
  return dayOfEpoch(year, month, day) * DAY_S + hour * 3_600 + minute * 60 + second;
}

function daysOf(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return MONTH_DAYS[month - 1] + (leap && month === 2 ? 1 : 0);
}

/** Years begin in March here, so that a leap day is their last; 400 of them have 146,097 days. */
function dayOfEpoch(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Microseconds of the digits in `bytes[from..to)`; NaN when there are none or they are finer. */
function parseFraction(bytes: Uint8Array, from: number, to: number): number {
  if (from === to) return Number.NaN;
  let fraction = 0;
  for (let i = 0; i < FRACTION_DIGITS; i++) fraction = fraction * 10 + (from + i < to ? bytes[from + i] - ZERO : 0);
  for (let at = from + FRACTION_DIGITS; at < to; at++) if (bytes[at] !== ZERO) return Number.NaN;
  return fraction;
}

/** Seconds east of UTC; NaN when the zone is malformed or missing. */
function parseZone(bytes: Uint8Array, at: number, to: number): number {
  if (to - at === 1 && bytes[at] === Z) return 0;
  if (to - at !== 6 || bytes[at + 3] !== COLON || (bytes[at] !== PLUS && bytes[at] !== DASH)) return Number.NaN;
  const hour = two(bytes, at + 1);
  const minute = two(bytes, at + 4);
  if (!(hour <= 23) || !(minute <= 59)) return Number.NaN;
  return (hour * 3_600 + minute * 60) * (bytes[at] === DASH ? -1 : 1);
}

/** The number of two digits, NaN when they are none. */
function two(bytes: Uint8Array, at: number): number {
  return isDigit(bytes[at]) && isDigit(bytes[at + 1]) ? (bytes[at] - ZERO) * 10 + bytes[at + 1] - ZERO : Number.NaN;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

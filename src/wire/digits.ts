// Decimal digits of whole numbers as ASCII bytes. Any thread; owns one constant table. Allocates: nothing.
// Never divides what it cannot divide exactly: a safe integer is split into parts below 10^8, which fit int32 arithmetic.

const ZERO = 0x30;
const PART = 100_000_000;

/** Both digits of 0..99, one pair after the other. */
const PAIRS = new Uint8Array(200);
for (let i = 0; i < 100; i++) {
  PAIRS[2 * i] = ZERO + Math.floor(i / 10);
  PAIRS[2 * i + 1] = ZERO + (i % 10);
}

/** Writes the int32 `value` >= 0 with exactly `width` digits (its last ones); returns the offset behind them. */
export function writePadded(bytes: Uint8Array, offset: number, value: number, width: number): number {
  let rest = value | 0;
  let at = offset + width;
  while (at - offset >= 2) {
    const quotient = (rest / 100) | 0;
    const pair = (rest - quotient * 100) << 1;
    bytes[at - 1] = PAIRS[pair + 1];
    bytes[at - 2] = PAIRS[pair];
    at -= 2;
    rest = quotient;
  }
  if (at > offset) bytes[offset] = ZERO + (rest % 10);
  return offset + width;
}

/** How many digits `value` in 0..10^8 - 1 has. */
function digitCount(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1_000 ? 3 : 4;
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  return value < 10_000_000 ? 7 : 8;
}

/** Writes the safe integer `value` >= 0; returns the offset behind it. */
export function writeInteger(bytes: Uint8Array, offset: number, value: number): number {
  if (value < PART) return writePadded(bytes, offset, value, digitCount(value));
  // Exact: floor(a / b) of safe integers is right in float64, and so is the remainder computed from it.
  const high = Math.floor(value / PART);
  const low = value - high * PART;
  if (high < PART) return writePadded(bytes, writePadded(bytes, offset, high, digitCount(high)), low, 8);
  const top = Math.floor(high / PART);
  const middle = writePadded(bytes, writePadded(bytes, offset, top, digitCount(top)), high - top * PART, 8);
  return writePadded(bytes, middle, low, 8);
}

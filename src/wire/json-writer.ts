// The least that writing JSON straight into bytes needs. Any thread. Allocates: nothing.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DIGITS = new TextEncoder().encode('0123456789abcdef');

/** Below this a loop beats the call. */
const LOOP_BYTES_MAX = 24;

/** Copies all of `source` to `at`; returns the offset behind it. */
export function putBytes(out: Uint8Array, at: number, source: Uint8Array): number {
  const length = source.length;
  if (length > LOOP_BYTES_MAX) out.set(source, at);
  else for (let i = 0; i < length; i++) out[at + i] = source[i];
  return at + length;
}

/** Writes the well-formed UTF-8 text `bytes[from..to)`, escaped for the inside of a JSON string. At most six bytes for one. */
export function putEscaped(out: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): number {
  let end = at;
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (byte === QUOTE || byte === BACKSLASH) {
      out[end++] = BACKSLASH;
      out[end++] = byte;
    } else if (byte < 0x20) {
      out[end] = BACKSLASH;
      out[end + 1] = 0x75;
      out[end + 2] = out[end + 3] = 0x30;
      out[end + 4] = DIGITS[byte >> 4];
      out[end + 5] = DIGITS[byte & 0xf];
      end += 6;
    } else out[end++] = byte;
  }
  return end;
}

// The words of JSON (strings, numbers, literals) over raw UTF-8 bytes. Gateway threads; one lexer for one scanner.
// Owns its scratch buffer, borrows the body until the next start. Allocates: nothing, but for a body longer than any
// before. Never throws on input: a method answers -1 and `problem` says what and `problemAt` where.

import { utf8SequenceLength, writeUtf8 } from './utf8.ts';

export const JsonProblem = {
  NONE: 0,
  ENDS_EARLY: 1,
  UNEXPECTED_BYTE: 2,
  BAD_NUMBER: 3,
  BAD_ESCAPE: 4,
  LONE_SURROGATE: 5,
  CONTROL_CHARACTER: 6,
  BAD_UTF8: 7,
  BYTE_ORDER_MARK: 8,
  NOT_AN_OBJECT: 9,
  TRAILING_BYTES: 10,
  DUPLICATE_KEY: 11,
  TOO_DEEP: 12,
  TOO_MANY_MEMBERS: 13,
} as const;
export type JsonProblem = (typeof JsonProblem)[keyof typeof JsonProblem];

/** One phrase for each problem, to stand before "at byte n". */
export const JSON_PROBLEM_TEXTS: readonly string[] = [
  '',
  'it ends too early',
  'unexpected character',
  'malformed number',
  'malformed escape',
  'half of a surrogate pair',
  'unescaped control character',
  'not valid UTF-8',
  'a byte order mark is not allowed',
  'one object is expected',
  'something follows the object',
  'the same name twice',
  'nested too deeply',
  'too many members',
];

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;

/** 1 for bytes that end the quick walk through a string: quote, backslash, control characters, beyond ASCII. */
const SPECIAL = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  SPECIAL[byte] = byte < 0x20 || byte > 0x7f || byte === QUOTE || byte === BACKSLASH ? 1 : 0;
}

/** What stands for the character behind a backslash; 0 for none, `u` apart. */
const ESCAPES = new Uint8Array(256);
for (const [name, byte] of Object.entries({ '"': 0x22, '\\': 0x5c, '/': 0x2f, b: 8, f: 12, n: 10, r: 13, t: 9 })) {
  ESCAPES[name.charCodeAt(0)] = byte;
}

/** The value of a hexadecimal digit, 255 for any other byte. */
const HEX = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

const LITERALS: readonly Uint8Array[] = ['true', 'false', 'null'].map((text) => new TextEncoder().encode(text));
const SCRATCH_BYTES = 4_096;

export class JsonLexer {
  problem: JsonProblem = JsonProblem.NONE;
  /** Where, counted from the beginning of the buffer. */
  problemAt = 0;
  /** The last string's text without quotes, escapes undone: in the body, or in the scratch buffer. */
  text: Uint8Array;
  textFrom = 0;
  textTo = 0;

  bytes: Uint8Array;
  end = 0;
  #scratch: Uint8Array = new Uint8Array(SCRATCH_BYTES);
  #scratchAt = 0;

  constructor() {
    this.bytes = this.#scratch;
    this.text = this.#scratch;
  }

  /** Takes up `bytes[from..to)`; texts of the previous body end here. */
  start(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes;
    this.end = to;
    this.problem = JsonProblem.NONE;
    this.#scratchAt = 0;
    // Undoing escapes never lengthens a text, so the body's length is always room enough.
    if (to - from > this.#scratch.length) this.#scratch = new Uint8Array(to - from);
  }

  fail(problem: JsonProblem, at: number): -1 {
    this.problem = problem;
    this.problemAt = at;
    return -1;
  }

  /** Offset of the first byte at or behind `at` that is not white space; may be the end. */
  space(at: number): number {
    const { bytes, end } = this;
    let i = at;
    while (i < end) {
      const byte = bytes[i];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      i++;
    }
    return i;
  }

  /** Reads the string whose first byte behind the quote is at `from`; returns the offset behind its closing quote. */
  string(from: number): number {
    const { bytes, end } = this;
    for (let at = from; at < end; at++) {
      const byte = bytes[at];
      if (SPECIAL[byte] === 0) continue;
      if (byte === QUOTE) {
        this.text = bytes;
        this.textFrom = from;
        this.textTo = at;
        return at + 1;
      }
      if (byte === BACKSLASH) return this.#decode(from, at);
      if (byte < 0x20) return this.fail(JsonProblem.CONTROL_CHARACTER, at);
      const length = utf8SequenceLength(bytes, at, end);
      if (length === 0) return this.fail(JsonProblem.BAD_UTF8, at);
      at += length - 1;
    }
    return this.fail(JsonProblem.ENDS_EARLY, end);
  }

  /** Goes on where `string` met its first backslash, with a copy in the scratch buffer. */
  #decode(from: number, escapeAt: number): number {
    const { bytes, end } = this;
    const scratch = this.#scratch;
    this.textFrom = this.#scratchAt;
    let to = this.#scratchAt;
    for (let i = from; i < escapeAt; i++) scratch[to++] = bytes[i];
    let at = escapeAt;
    while (at < end) {
      const byte = bytes[at];
      if (SPECIAL[byte] === 0) {
        scratch[to++] = byte;
        at++;
      } else if (byte === QUOTE) {
        this.text = scratch;
        this.textTo = to;
        this.#scratchAt = to;
        return at + 1;
      } else if (byte === BACKSLASH) {
        const codePoint = this.#escape(at);
        if (codePoint < 0) return -1;
        at += codePoint > 0xffff ? 12 : bytes[at + 1] === 0x75 ? 6 : 2;
        to = writeUtf8(scratch, to, codePoint);
      } else if (byte < 0x20) return this.fail(JsonProblem.CONTROL_CHARACTER, at);
      else {
        const length = utf8SequenceLength(bytes, at, end);
        if (length === 0) return this.fail(JsonProblem.BAD_UTF8, at);
        for (let i = 0; i < length; i++) scratch[to++] = bytes[at++];
      }
    }
    return this.fail(JsonProblem.ENDS_EARLY, end);
  }

  /** The code point that the escape at `at` (a backslash) stands for; a surrogate pair is one code point. */
  #escape(at: number): number {
    const { bytes, end } = this;
    if (at + 1 >= end) return this.fail(JsonProblem.ENDS_EARLY, end);
    if (bytes[at + 1] !== 0x75) {
      const byte = ESCAPES[bytes[at + 1]];
      return byte === 0 ? this.fail(JsonProblem.BAD_ESCAPE, at) : byte;
    }
    const unit = this.#fourHex(at + 2);
    if (unit < 0) return this.fail(JsonProblem.BAD_ESCAPE, at);
    if (unit < 0xd800 || unit > 0xdfff) return unit;
    if (unit > 0xdbff || at + 8 > end || bytes[at + 6] !== BACKSLASH || bytes[at + 7] !== 0x75) {
      return this.fail(JsonProblem.LONE_SURROGATE, at);
    }
    const low = this.#fourHex(at + 8);
    if (low < 0) return this.fail(JsonProblem.BAD_ESCAPE, at + 6);
    if (low < 0xdc00 || low > 0xdfff) return this.fail(JsonProblem.LONE_SURROGATE, at);
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
  }

  #fourHex(at: number): number {
    const { bytes, end } = this;
    if (at + 4 > end) return -1;
    const a = HEX[bytes[at]];
    const b = HEX[bytes[at + 1]];
    const c = HEX[bytes[at + 2]];
    const d = HEX[bytes[at + 3]];
    return (a | b | c | d) > 15 ? -1 : (a << 12) | (b << 8) | (c << 4) | d;
  }

  /** Reads the number at `at`; returns the offset behind it. */
  number(at: number): number {
    const { bytes, end } = this;
    let i = at;
    if (bytes[i] === MINUS) i++;
    const whole = i;
    while (i < end && bytes[i] >= ZERO && bytes[i] <= NINE) i++;
    if (i === whole || (bytes[whole] === ZERO && i > whole + 1)) return this.fail(JsonProblem.BAD_NUMBER, at);
    if (i < end && bytes[i] === 0x2e) {
      const fraction = ++i;
      while (i < end && bytes[i] >= ZERO && bytes[i] <= NINE) i++;
      if (i === fraction) return this.fail(JsonProblem.BAD_NUMBER, at);
    }
    if (i < end && (bytes[i] | 0x20) === 0x65) {
      i++;
      if (i < end && (bytes[i] === 0x2b || bytes[i] === MINUS)) i++;
      const exponent = i;
      while (i < end && bytes[i] >= ZERO && bytes[i] <= NINE) i++;
      if (i === exponent) return this.fail(JsonProblem.BAD_NUMBER, at);
    }
    return i;
  }

  /** Reads the literal 0 true, 1 false or 2 null at `at`; returns the offset behind it. */
  literal(at: number, which: 0 | 1 | 2): number {
    const { bytes, end } = this;
    const word = LITERALS[which];
    for (let i = 0; i < word.length; i++) {
      if (at + i >= end) return this.fail(JsonProblem.ENDS_EARLY, end);
      if (bytes[at + i] !== word[i]) return this.fail(JsonProblem.UNEXPECTED_BYTE, at + i);
    }
    return at + word.length;
  }
}

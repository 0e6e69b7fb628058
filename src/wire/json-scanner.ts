// A strict scanner for one JSON object over raw UTF-8 bytes: member by member, without building anything. Gateway
// threads; one scanner for one parser. Borrows the body until the next start. Never recurses, never throws on input.
// Stricter than JSON.parse in these alone: one object at the top, no name twice, no half surrogate pairs, at most
// MEMBERS_MAX members, values nested at most DEPTH_MAX deep. (Names inside nested values may repeat.)

import { JSON_PROBLEM_TEXTS, JsonLexer, JsonProblem } from './json-lexer.ts';

export { JsonProblem } from './json-lexer.ts';

export const JsonKind = { STRING: 1, NUMBER: 2, TRUE: 3, FALSE: 4, NULL: 5, OBJECT: 6, ARRAY: 7 } as const;
export type JsonKind = (typeof JsonKind)[keyof typeof JsonKind];

export const MEMBERS_MAX = 64;
/** A member's value may hold this many objects and arrays inside each other; one bit each in an int32. */
export const DEPTH_MAX = 31;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const NO_BYTES = new Uint8Array(0);

/** What may stand next inside a nested value. */
const Expect = { VALUE: 0, VALUE_OR_END: 1, NAME: 2, NAME_OR_END: 3, COMMA_OR_END: 4 } as const;

export class JsonScanner {
  /** The member's name, escapes undone. */
  key: Uint8Array = NO_BYTES;
  keyFrom = 0;
  keyTo = 0;
  kind: JsonKind = JsonKind.NULL;
  /** A string's text without quotes, escapes undone; the raw text of any other value. */
  value: Uint8Array = NO_BYTES;
  valueFrom = 0;
  valueTo = 0;
  /** While true, `key` names the member that a problem lies in. */
  inMember = false;

  readonly #lexer = new JsonLexer();
  #at = 0;
  #members = 0;
  #done = false;
  readonly #keys: Uint8Array[] = new Array(MEMBERS_MAX).fill(NO_BYTES);
  readonly #keyFrom = new Int32Array(MEMBERS_MAX);
  readonly #keyTo = new Int32Array(MEMBERS_MAX);
  /** Length, first and last byte of each name: what is compared before the names themselves are. */
  readonly #keyMark = new Int32Array(MEMBERS_MAX);

  get problem(): JsonProblem {
    return this.#lexer.problem;
  }

  get problemAt(): number {
    return this.#lexer.problemAt;
  }

  /** For people: what is wrong and at which byte, counted from `from`. */
  problemText(from: number): string {
    return `${JSON_PROBLEM_TEXTS[this.problem]}, at byte ${this.problemAt - from}`;
  }

  /** Begins with the object in `bytes[from..to)`. False: a problem. */
  start(bytes: Uint8Array, from: number, to: number): boolean {
    const lexer = this.#lexer;
    lexer.start(bytes, from, to);
    this.#members = 0;
    this.#done = false;
    this.inMember = false;
    const at = lexer.space(from);
    if (at >= to) return this.#fail(JsonProblem.ENDS_EARLY, to);
    if (bytes[at] === OPEN_OBJECT) {
      this.#at = at + 1;
      return true;
    }
    const mark = at === from && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf;
    return this.#fail(mark ? JsonProblem.BYTE_ORDER_MARK : JsonProblem.NOT_AN_OBJECT, at);
  }

  /** Steps to the next member. False: the object has ended well, or `problem` says why not. */
  next(): boolean {
    const lexer = this.#lexer;
    if (this.#done || lexer.problem !== JsonProblem.NONE) return false;
    const { bytes, end } = lexer;
    let at = lexer.space(this.#at);
    if (at < end && bytes[at] === CLOSE_OBJECT) return this.#finish(at + 1);
    if (this.#members > 0 && at < end) {
      if (bytes[at] !== COMMA) return this.#fail(JsonProblem.UNEXPECTED_BYTE, at);
      at = lexer.space(at + 1);
    }
    at = this.#name(at);
    if (at < 0) return false;
    this.inMember = true;
    at = this.#value(lexer.space(at));
    if (at < 0) return false;
    this.inMember = false;
    this.#at = at;
    return true;
  }

  #fail(problem: JsonProblem, at: number): false {
    this.#lexer.fail(problem, at);
    return false;
  }

  #finish(at: number): false {
    const lexer = this.#lexer;
    this.#done = true;
    const rest = lexer.space(at);
    if (rest < lexer.end) lexer.fail(JsonProblem.TRAILING_BYTES, rest);
    return false;
  }

  /** Reads a name and its colon; returns the offset behind the colon or -1. */
  #name(at: number): number {
    const lexer = this.#lexer;
    if (at >= lexer.end) return lexer.fail(JsonProblem.ENDS_EARLY, lexer.end);
    if (lexer.bytes[at] !== QUOTE) return lexer.fail(JsonProblem.UNEXPECTED_BYTE, at);
    const behind = lexer.string(at + 1);
    if (behind < 0) return -1;
    this.key = lexer.text;
    this.keyFrom = lexer.textFrom;
    this.keyTo = lexer.textTo;
    if (!this.#remember()) return lexer.fail(JsonProblem.DUPLICATE_KEY, at);
    if (this.#members > MEMBERS_MAX) return lexer.fail(JsonProblem.TOO_MANY_MEMBERS, at);
    return this.#colon(behind);
  }

  #colon(at: number): number {
    const lexer = this.#lexer;
    const colon = lexer.space(at);
    if (colon >= lexer.end) return lexer.fail(JsonProblem.ENDS_EARLY, lexer.end);
    if (lexer.bytes[colon] !== COLON) return lexer.fail(JsonProblem.UNEXPECTED_BYTE, colon);
    return colon + 1;
  }

  /** Keeps the name for comparison with later ones; false when it is there already. */
  #remember(): boolean {
    const { key, keyFrom, keyTo } = this;
    const members = this.#members++;
    if (members >= MEMBERS_MAX) return true;
    const mark = ((keyTo - keyFrom) << 16) | (keyTo > keyFrom ? (key[keyFrom] << 8) | key[keyTo - 1] : 0);
    for (let i = 0; i < members; i++) {
      if (this.#keyMark[i] === mark && this.#isKey(i)) return false;
    }
    this.#keyMark[members] = mark;
    this.#keys[members] = key;
    this.#keyFrom[members] = keyFrom;
    this.#keyTo[members] = keyTo;
    return true;
  }

  #isKey(index: number): boolean {
    const { key, keyFrom, keyTo } = this;
    const other = this.#keys[index];
    const otherFrom = this.#keyFrom[index];
    const length = keyTo - keyFrom;
    if (this.#keyTo[index] - otherFrom !== length) return false;
    for (let i = 0; i < length; i++) if (key[keyFrom + i] !== other[otherFrom + i]) return false;
    return true;
  }

  /** Reads the member's value; returns the offset behind it or -1. */
  #value(at: number): number {
    const lexer = this.#lexer;
    if (at < lexer.end && lexer.bytes[at] === QUOTE) {
      const behind = lexer.string(at + 1);
      this.kind = JsonKind.STRING;
      this.value = lexer.text;
      this.valueFrom = lexer.textFrom;
      this.valueTo = lexer.textTo;
      return behind;
    }
    const behind = this.#scalarOrNested(at);
    this.value = lexer.bytes;
    this.valueFrom = at;
    this.valueTo = behind;
    return behind;
  }

  /** Any value but a string. */
  #scalarOrNested(at: number): number {
    const lexer = this.#lexer;
    if (at >= lexer.end) return lexer.fail(JsonProblem.ENDS_EARLY, lexer.end);
    const byte = lexer.bytes[at];
    if (byte === MINUS || (byte >= 0x30 && byte <= 0x39)) {
      this.kind = JsonKind.NUMBER;
      return lexer.number(at);
    }
    switch (byte) {
      case 0x74:
        this.kind = JsonKind.TRUE;
        return lexer.literal(at, 0);
      case 0x66:
        this.kind = JsonKind.FALSE;
        return lexer.literal(at, 1);
      case 0x6e:
        this.kind = JsonKind.NULL;
        return lexer.literal(at, 2);
      case OPEN_OBJECT:
      case OPEN_ARRAY: {
        const behind = this.#skipNested(at);
        this.kind = byte === OPEN_OBJECT ? JsonKind.OBJECT : JsonKind.ARRAY;
        return behind;
      }
      default:
        return lexer.fail(JsonProblem.UNEXPECTED_BYTE, at);
    }
  }

  /** Checks the object or array at `from`; returns the offset behind it or -1. `objects` has one bit for each level. */
  #skipNested(from: number): number {
    const lexer = this.#lexer;
    const { bytes, end } = lexer;
    let depth = 0;
    let objects = 0;
    let expect: number = Expect.VALUE;
    let at = from;
    for (;;) {
      at = lexer.space(at);
      if (at >= end) return lexer.fail(JsonProblem.ENDS_EARLY, end);
      const byte = bytes[at];
      const inObject = (objects & 1) === 1;
      if (byte === (inObject ? CLOSE_OBJECT : CLOSE_ARRAY) && mayEnd(expect)) {
        at++;
        if (--depth === 0) return at;
        objects >>>= 1;
        expect = Expect.COMMA_OR_END;
      } else if (expect === Expect.COMMA_OR_END) {
        if (byte !== COMMA) return lexer.fail(JsonProblem.UNEXPECTED_BYTE, at);
        at++;
        expect = inObject ? Expect.NAME : Expect.VALUE;
      } else if (expect === Expect.NAME || expect === Expect.NAME_OR_END) {
        if (byte !== QUOTE) return lexer.fail(JsonProblem.UNEXPECTED_BYTE, at);
        at = lexer.string(at + 1);
        if (at >= 0) at = this.#colon(at);
        expect = Expect.VALUE;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (++depth > DEPTH_MAX) return lexer.fail(JsonProblem.TOO_DEEP, at);
        objects = (objects << 1) | (byte === OPEN_OBJECT ? 1 : 0);
        expect = byte === OPEN_OBJECT ? Expect.NAME_OR_END : Expect.VALUE_OR_END;
        at++;
      } else {
        at = byte === QUOTE ? lexer.string(at + 1) : this.#scalarOrNested(at);
        expect = Expect.COMMA_OR_END;
      }
      if (at < 0) return -1;
    }
  }
}

function mayEnd(expect: number): boolean {
  return expect === Expect.VALUE_OR_END || expect === Expect.NAME_OR_END || expect === Expect.COMMA_OR_END;
}

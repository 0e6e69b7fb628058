// The scanner against JSON.parse: on generated, mutated and random bytes they take the same and read the same.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEPTH_MAX, JsonKind, JsonProblem, JsonScanner, MEMBERS_MAX } from './json-scanner.ts';

interface Member {
  name: string;
  kind: JsonKind;
  text: string;
}

const scanner = new JsonScanner();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function scan(body: Uint8Array): Member[] | undefined {
  // The body lies inside a larger buffer of quotes and braces, which must not be read.
  const bytes = new Uint8Array(body.length + 20).fill(0x7d);
  bytes.set(body, 7);
  const members: Member[] = [];
  if (!scanner.start(bytes, 7, 7 + body.length)) return undefined;
  while (scanner.next()) {
    members.push({
      name: decoder.decode(scanner.key.subarray(scanner.keyFrom, scanner.keyTo)),
      kind: scanner.kind,
      text: decoder.decode(scanner.value.subarray(scanner.valueFrom, scanner.valueTo)),
    });
  }
  const again = scanner.next();
  expect(again).toBe(false);
  if (scanner.problem === JsonProblem.DUPLICATE_KEY) {
    const name = decoder.decode(scanner.key.subarray(scanner.keyFrom, scanner.keyTo));
    expect(members.map((member) => member.name)).toContain(name);
  }
  return scanner.problem === JsonProblem.NONE ? members : undefined;
}

const scanText = (text: string) => scan(new TextEncoder().encode(text));

function problemOf(text: string): JsonProblem {
  expect(scanText(text)).toBeUndefined();
  return scanner.problem;
}

/** What JSON.parse makes of it: the object, or undefined when it is not valid or not an object. */
function reference(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(body));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value));
  } catch {
    return undefined;
  }
}

const KIND_OF: Record<string, JsonKind> = {
  string: JsonKind.STRING,
  number: JsonKind.NUMBER,
  true: JsonKind.TRUE,
  false: JsonKind.FALSE,
  null: JsonKind.NULL,
};

function kindOf(value: unknown): JsonKind | undefined {
  if (Array.isArray(value)) return JsonKind.ARRAY;
  // Not made a text first: an object may have a member called toString.
  if (typeof value === 'object' && value !== null) return JsonKind.OBJECT;
  return KIND_OF[typeof value] ?? KIND_OF[String(value)];
}

const STRICTER: readonly JsonProblem[] = [
  JsonProblem.DUPLICATE_KEY,
  JsonProblem.LONE_SURROGATE,
  JsonProblem.TOO_DEEP,
  JsonProblem.TOO_MANY_MEMBERS,
];

function compare(body: Uint8Array): void {
  const expected = reference(body);
  const members = scan(body);
  if (members === undefined) {
    if (expected !== undefined) expect(STRICTER).toContain(scanner.problem);
    if (scanner.problem === JsonProblem.LONE_SURROGATE)
      expect(Buffer.from(body).toString('latin1')).toMatch(/\\u[dD][89a-fA-F]/);
    return;
  }
  expect(expected).toBeDefined();
  expect(members.map((member) => member.name).sort()).toEqual(Object.keys(expected ?? {}).sort());
  for (const { name, kind, text } of members) {
    const value = expected?.[name];
    expect(kind).toBe(kindOf(value));
    if (kind === JsonKind.STRING) expect(text).toBe(value);
    else expect(JSON.parse(text)).toEqual(value);
  }
}

const spaces = fc.constantFrom('', '', ' ', '\n\t', ' \r\n ');
const strings = fc
  .string({
    unit: fc.oneof(fc.constantFrom(...'abc"\\/\b\f\n\r\t\u0000\u007fé€😀\u2028{}[],:'), fc.string({ unit: 'binary' })),
    maxLength: 8,
  })
  .map((text) => text.toWellFormed());
const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
/** A string as JSON text, characters escaped at random; both halves of a pair alike. */
const stringTexts = fc.tuple(strings, fc.infiniteStream(fc.nat(2))).map(([text, choices]) => {
  const characters = [...text].map((character) =>
    choices.next().value === 0 ? character.split('').map(escapeUnit).join('') : JSON.stringify(character).slice(1, -1),
  );
  return `"${characters.join('')}"`;
});
const numbers = fc.oneof(
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((n) => JSON.stringify(n)),
  fc.constantFrom(
    '0',
    '-0',
    '1e400',
    '-1E-400',
    '1.50',
    '9007199254740993',
    '0.1e+1',
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '-',
  ),
);
const values = fc.oneof(
  { weight: 4, arbitrary: stringTexts },
  { weight: 4, arbitrary: numbers },
  fc.constantFrom('true', 'false', 'null', 'NaN', 'nul', 'truefalse', ''),
  fc.json({ maxDepth: 4 }),
);
const objectTexts = fc
  .array(fc.tuple(spaces, stringTexts, spaces, spaces, values, spaces), { maxLength: 8 })
  .chain((members) =>
    fc
      .tuple(spaces, spaces)
      .map(
        ([before, behind]) =>
          `${before}{${members.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`).join(',')}}${behind}`,
      ),
  );
const mutations = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(3)), { maxLength: 3 });

function mutate(body: Uint8Array, changes: [number, number, number][]): Uint8Array {
  const bytes = [...body];
  for (const [where, byte, how] of changes) {
    const at = where % (bytes.length + 1);
    if (how === 0) bytes.splice(at, 1);
    else if (how === 1) bytes.splice(at, 0, byte);
    else if (how === 2) bytes[at % Math.max(1, bytes.length)] = byte;
    else bytes.length = at;
  }
  return Uint8Array.from(bytes);
}

describe('JsonScanner', () => {
  it('agrees with JSON.parse on generated objects', () => {
    fc.assert(
      fc.property(objectTexts, (text) => compare(new TextEncoder().encode(text))),
      { numRuns: 3_000 },
    );
  });

  it('agrees with JSON.parse on mutated bytes', () => {
    fc.assert(
      fc.property(objectTexts, mutations, (text, changes) => compare(mutate(new TextEncoder().encode(text), changes))),
      { numRuns: 6_000 },
    );
  });

  it('agrees with JSON.parse on any small soup of JSON characters', () => {
    const soup = fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0d8e1-.tfn '), maxLength: 10 });
    fc.assert(
      fc.property(soup, (text) => compare(new TextEncoder().encode(`{"a":${text}`))),
      { numRuns: 5_000 },
    );
  });

  const refused: [string, JsonProblem][] = [
    ['', JsonProblem.ENDS_EARLY],
    ['  ', JsonProblem.ENDS_EARLY],
    ['[]', JsonProblem.NOT_AN_OBJECT],
    ['null', JsonProblem.NOT_AN_OBJECT],
    ['\ufeff{}', JsonProblem.BYTE_ORDER_MARK],
    ['{} {}', JsonProblem.TRAILING_BYTES],
    ['{}\u0000', JsonProblem.TRAILING_BYTES],
    ['{"a":1', JsonProblem.ENDS_EARLY],
    ['{"a"', JsonProblem.ENDS_EARLY],
    ['{"a', JsonProblem.ENDS_EARLY],
    ['{"a":', JsonProblem.ENDS_EARLY],
    ['{"a":1,}', JsonProblem.UNEXPECTED_BYTE],
    ['{,}', JsonProblem.UNEXPECTED_BYTE],
    ['{"a":1 "b":2}', JsonProblem.UNEXPECTED_BYTE],
    ["{'a':1}", JsonProblem.UNEXPECTED_BYTE],
    ['{"a":NaN}', JsonProblem.UNEXPECTED_BYTE],
    ['{"a":Infinity}', JsonProblem.UNEXPECTED_BYTE],
    ['{"a":-Infinity}', JsonProblem.BAD_NUMBER],
    ['{"a":01}', JsonProblem.BAD_NUMBER],
    ['{"a":"\n"}', JsonProblem.CONTROL_CHARACTER],
    ['{"a":"\\x"}', JsonProblem.BAD_ESCAPE],
    ['{"a":"\\u12g4"}', JsonProblem.BAD_ESCAPE],
    ['{"a":"\\ud83d"}', JsonProblem.LONE_SURROGATE],
    ['{"a":"\\ude00"}', JsonProblem.LONE_SURROGATE],
    ['{"a":"\\ud83d\\u0041"}', JsonProblem.LONE_SURROGATE],
    ['{"a":1,"a":1}', JsonProblem.DUPLICATE_KEY],
    ['{"a":1,"\\u0061":1}', JsonProblem.DUPLICATE_KEY],
    ['{"":1,"":1}', JsonProblem.DUPLICATE_KEY],
    [`{"a":${'['.repeat(DEPTH_MAX + 1)}${']'.repeat(DEPTH_MAX + 1)}}`, JsonProblem.TOO_DEEP],
    [`{"a":${'['.repeat(1_000_000)}`, JsonProblem.TOO_DEEP],
    ['{"a":[1,{"b":}]}', JsonProblem.UNEXPECTED_BYTE],
    ['{"a":[}]}', JsonProblem.UNEXPECTED_BYTE],
  ];
  it.each(refused.map(([text, problem]) => ({ start: text.slice(0, 40), text, problem })))(
    'refuses $start',
    ({ text, problem }) => {
      expect(problemOf(text)).toBe(problem);
    },
  );

  it.each([
    ['overlong slash', [0xc0, 0xaf]],
    ['overlong three', [0xe0, 0x80, 0xaf]],
    ['surrogate', [0xed, 0xa0, 0x80]],
    ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['lone continuation', [0x80]],
    ['cut short', [0xe2, 0x82]],
    ['0xff', [0xff]],
  ])('refuses UTF-8: %s', (_, bytes) => {
    const body = Uint8Array.from([...new TextEncoder().encode('{"a":"'), ...bytes, 0x22, 0x7d]);
    expect(scan(body)).toBeUndefined();
    expect(scanner.problem).toBe(JsonProblem.BAD_UTF8);
  });

  it('agrees with JSON.parse on every byte, in a name, a string, behind a backslash and outside', () => {
    for (let byte = 0; byte < 256; byte++) {
      for (const place of ['{"a?":1}', '{"a":"?"}', '{"a":"\\n?"}', '{"a":"\\?"}', '{"a":1?}', '?{}', '{"a":[?]}']) {
        const body = Buffer.from(place);
        body[body.indexOf('?')] = byte;
        compare(body);
        if (byte !== 0x75) expect(STRICTER).not.toContain(scanner.problem);
      }
    }
  });

  it('keeps the limits it states', () => {
    const object = (count: number) => `{${Array.from({ length: count }, (_, i) => `"k${i}":${i}`).join(',')}}`;
    expect(scanText(object(MEMBERS_MAX))?.length).toBe(MEMBERS_MAX);
    expect(problemOf(object(MEMBERS_MAX + 1))).toBe(JsonProblem.TOO_MANY_MEMBERS);
    expect(scanText(`{"a":${'['.repeat(DEPTH_MAX)}${']'.repeat(DEPTH_MAX)}}`)).toHaveLength(1);
    expect(scanText('{"a":{"b":1,"b":2}}')).toHaveLength(1);
  });

  it('undoes escapes in a body longer than its scratch buffer', () => {
    const text = '"\\'.repeat(20_000);
    expect(scanText(JSON.stringify({ text, more: '\n' }))?.map((member) => member.text)).toEqual([text, '\n']);
  });

  it('says where', () => {
    expect(problemOf('{"a":01}')).toBe(JsonProblem.BAD_NUMBER);
    expect(scanner.problemText(7)).toBe('malformed number, at byte 5');
    expect(scanner.inMember).toBe(true);
  });
});

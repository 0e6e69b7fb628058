// What the schemas of requests and of replies are made of. Constants and small builders; not on any hot path.

import Type from 'typebox';

export const CLOSED = { additionalProperties: false };
/** No control characters, no line separators. */
const PRINTABLE = '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$';
/** JSON's grammar for numbers, zero or more, and above zero. */
const NUMBER = '(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$';
const POSITIVE_DECIMAL = `^(?=[0-9.]*[1-9])${NUMBER}`;

/** The union's static type is that of the texts, which Union could not know of a list. */
export function oneOf<const T extends string>(texts: readonly T[]) {
  const literals = texts.filter((text) => text !== '').map((text) => Type.Literal(text));
  return Type.Unsafe<Exclude<T, ''>>(Type.Union(literals));
}

export function text(bytesMax: number, description: string) {
  return Type.String({
    minLength: 1,
    maxLength: bytesMax,
    pattern: PRINTABLE,
    description: `${description} At most ${bytesMax} bytes of UTF-8, without control characters.`,
  });
}

const EXACT = 'A number or a decimal string; either is read exactly as written.';

/** Above zero. */
export function amount(description: string) {
  return Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.String({ pattern: POSITIVE_DECIMAL })], {
    description: `${description} ${EXACT}`,
  });
}

/** Zero or more. */
export function amountOrZero(description: string) {
  return Type.Union(
    [Type.Number({ minimum: 0 }), Type.String({ pattern: `^-?0+(\\.0+)?([eE][+-]?[0-9]+)?$|^${NUMBER}` })],
    {
      description: `${description} ${EXACT}`,
    },
  );
}

export const nullOr = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

// Members of replies and messages.
export const uuid = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
  description: 'A UUID of version 8.',
});
export const decimal = Type.String({
  pattern: '^(0|[1-9][0-9]*)(\\.[0-9]+)?$',
  description: "At the instrument's scale.",
});
export const SIGNED = '^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$';
export const signedDecimal = Type.String({ pattern: SIGNED });
export const sequence = Type.Integer({ minimum: 1, description: 'Place in the one order of all commands.' });
export const count = Type.Integer({ minimum: 0 });
export const time = Type.String({
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$',
  description: 'UTC, microseconds.',
});

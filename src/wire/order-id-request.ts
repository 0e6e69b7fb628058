// The order that a body names by its `order_id`: where there is no path to name it in. Gateway threads; one for each parser
// that needs it. Borrows the body until it returns. Allocates: nothing for a good body. Never throws on input.

import { JsonKind, JsonScanner } from './json-scanner.ts';
import type { RequestProblem } from './problem.ts';
import { IdKind, type PublicIds } from './public-id.ts';
import { RequestFields } from './request-fields.ts';

const NAME = 'order_id';
const NAME_BYTES = new TextEncoder().encode(NAME);
const ORDER_ID = 0;

/** The field's name for the list of a body that has it; its parser knows it then, and leaves it alone. */
export function orderIdIf(isNamed: boolean): readonly string[] {
  return isNamed ? [NAME] : [];
}

export class OrderIdParser {
  readonly #fields = new RequestFields([NAME]);
  readonly #scanner = new JsonScanner();

  /** What was wrong, after a method answered -1. */
  get problem(): Readonly<RequestProblem> {
    return this.#fields.problem;
  }

  /** The number of the order that the object in `bytes[from..to)` names among other members, which are not looked at. */
  find(bytes: Uint8Array, from: number, to: number, ids: PublicIds): number {
    const scanner = this.#scanner;
    scanner.start(bytes, from, to);
    while (scanner.next()) {
      if (isName(scanner.key, scanner.keyFrom, scanner.keyTo)) {
        return this.#decode(scanner.kind, scanner.value, scanner.valueFrom, scanner.valueTo, ids);
      }
    }
    return this.#refuseMissing(bytes, from, to);
  }

  /** The same of an object that may have no other member. */
  only(bytes: Uint8Array, from: number, to: number, ids: PublicIds): number {
    const fields = this.#fields;
    if (!fields.collect(bytes, from, to)) return -1;
    if (!fields.has(ORDER_ID)) return this.#refuseMissing(bytes, from, to);
    const { kinds, texts } = fields;
    return this.#decode(kinds[ORDER_ID], texts[ORDER_ID], fields.from[ORDER_ID], fields.to[ORDER_ID], ids);
  }

  #decode(kind: number, text: Uint8Array, from: number, to: number, ids: PublicIds): number {
    const fields = this.#fields;
    if (kind !== JsonKind.STRING) {
      fields.wrongType(ORDER_ID, 'a string');
      return -1;
    }
    const number = ids.decode(IdKind.ORDER, text, from, to);
    if (number < 0) fields.refuseNamed('order_unknown', '', 'This is not the id of an order.');
    return number;
  }

  /** It is not there, unless the body is not what a body must be in the first place. */
  #refuseMissing(bytes: Uint8Array, from: number, to: number): -1 {
    const fields = this.#fields;
    if (fields.collect(bytes, from, to) || fields.problem.code === 'unknown_field') fields.missing(ORDER_ID);
    return -1;
  }
}

function isName(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== NAME_BYTES.length) return false;
  for (let i = 0; i < NAME_BYTES.length; i++) if (bytes[from + i] !== NAME_BYTES[i]) return false;
  return true;
}

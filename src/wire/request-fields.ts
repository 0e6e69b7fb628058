// The members of one request body, sorted into the fields a request knows. Gateway threads; one for each parser.
// Borrows the body until the next collect. Names what is wrong in `problem`; allocates only then. Never throws on input.

import { JsonKind, JsonProblem, JsonScanner } from './json-scanner.ts';
import { PROBLEMS, type ProblemCode, type RequestProblem } from './problem.ts';
import { WordTable } from './word-table.ts';

/** Kind of a field that the body does not have. */
const ABSENT = 0;

const NAME_CHARACTERS_MAX = 48;
/** Printable ASCII but for the quote and the backslash. */
const SHOWN = /^[ !#-[\]-~]$/;
const NO_BYTES = new Uint8Array(0);
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class RequestFields {
  readonly problem: RequestProblem = { status: 400, code: 'malformed_json', field: '', detail: '' };
  /** JsonKind of each field, or ABSENT. */
  readonly kinds: Uint8Array;
  /** Where the value of each present field lies: a string's text, any other value's raw text. */
  readonly texts: Uint8Array[];
  readonly from: Int32Array;
  readonly to: Int32Array;

  readonly #names: WordTable;
  readonly #scanner = new JsonScanner();
  readonly #whole: string;

  /** Fields are numbered as they stand in `names`. `whole` is what their object is called to who sent it. */
  constructor(names: readonly string[], whole: 'body' | 'message' = 'body') {
    this.#names = new WordTable(names);
    this.#whole = whole;
    this.kinds = new Uint8Array(names.length);
    this.texts = names.map(() => NO_BYTES);
    this.from = new Int32Array(names.length);
    this.to = new Int32Array(names.length);
  }

  /** Reads the object in `bytes[from..to)`. False: malformed, or with a name unknown here; malformed wins. */
  collect(bytes: Uint8Array, from: number, to: number): boolean {
    const scanner = this.#scanner;
    const { kinds } = this;
    this.clear();
    let known = true;
    scanner.start(bytes, from, to);
    while (scanner.next()) {
      const field = this.#names.find(scanner.key, scanner.keyFrom, scanner.keyTo);
      if (field >= 0) {
        kinds[field] = scanner.kind;
        this.texts[field] = scanner.value;
        this.from[field] = scanner.valueFrom;
        this.to[field] = scanner.valueTo;
      } else if (known) {
        known = false;
        this.#refuseName();
      }
    }
    return scanner.problem === JsonProblem.NONE ? known : this.#refuseJson(from);
  }

  /** As if the body had no member at all. */
  clear(): void {
    this.kinds.fill(ABSENT);
  }

  name(field: number): string {
    return this.#names.words[field];
  }

  has(field: number): boolean {
    return this.kinds[field] !== ABSENT;
  }

  /** Fills `problem`; always false, so that a check can end with it. */
  refuse(code: ProblemCode, field: number, detail: string): false {
    return this.refuseNamed(code, this.name(field), detail);
  }

  missing(field: number): false {
    return this.refuse('missing_field', field, `${this.name(field)} is required.`);
  }

  wrongType(field: number, expected: string): false {
    return this.refuse('wrong_type', field, `${this.name(field)} must be ${expected}.`);
  }

  /** The same about what is no field of the body. */
  refuseNamed(code: ProblemCode, field: string, detail: string): false {
    this.problem.status = PROBLEMS[code].status;
    this.problem.code = code;
    this.problem.field = field;
    this.problem.detail = detail;
    return false;
  }

  #refuseName(): void {
    const { key, keyFrom, keyTo } = this.#scanner;
    const name = printableName(key, keyFrom, keyTo);
    this.refuseNamed('unknown_field', name, `There is no field "${name}" here.`);
  }

  #refuseJson(from: number): false {
    const scanner = this.#scanner;
    const field = scanner.inMember ? printableName(scanner.key, scanner.keyFrom, scanner.keyTo) : '';
    if (scanner.problem === JsonProblem.DUPLICATE_KEY) {
      const name = printableName(scanner.key, scanner.keyFrom, scanner.keyTo);
      return this.refuseNamed('duplicate_field', name, `The field "${name}" is there twice.`);
    }
    const detail = `The ${this.#whole} is not valid JSON: ${scanner.problemText(from)}.`;
    return this.refuseNamed('malformed_json', field, detail);
  }
}

/** A client's own text made fit to be shown: printable ASCII, of limited length. */
function printableName(bytes: Uint8Array, from: number, to: number): string {
  const enough = Math.min(to, from + 4 * (NAME_CHARACTERS_MAX + 1));
  const characters = [...decoder.decode(bytes.subarray(from, enough))];
  const shown = characters.slice(0, NAME_CHARACTERS_MAX).map((character) => (SHOWN.test(character) ? character : '?'));
  return shown.join('') + (characters.length > NAME_CHARACTERS_MAX ? '...' : '');
}

/** True when the field holds a JSON string; the problem is filled otherwise. */
export function isString(fields: RequestFields, field: number): boolean {
  return fields.kinds[field] === JsonKind.STRING || fields.wrongType(field, 'a string');
}

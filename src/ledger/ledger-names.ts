// The texts that stand in the ledger's columns for the domain's codes, both ways: the same that clients see.
// Pure constants; any thread.

import { assert } from '../assert.ts';
import { REASONS } from '../domain/reasons.ts';
import {
  ORDER_STATUS_TEXTS,
  ORDER_TYPE_TEXTS,
  SELF_TRADE_TEXTS,
  SIDE_TEXTS,
  TIME_IN_FORCE_TEXTS,
} from '../wire/enum-texts.ts';

/** One code table: encoded once, because the projector writes it once per row. */
class CodeNames {
  readonly #bytes: readonly Uint8Array[];
  readonly #codes = new Map<string, number>();

  /** `names` by code; '' where there is no code. */
  constructor(names: readonly string[]) {
    this.#bytes = names.map((name) => new TextEncoder().encode(name));
    names.forEach((name, code) => {
      assert(!this.#codes.has(name) || name === '', `ledger names: ${name} means one code`);
      if (name !== '') this.#codes.set(name, code);
    });
  }

  /** UTF-8 of the code's name; borrowed. Faults on an unknown code: it must never reach the ledger as something else. */
  bytesOf(code: number): Uint8Array {
    const bytes = this.#bytes[code];
    assert(bytes !== undefined && bytes.length > 0, `ledger names: no name for code ${code}`);
    return bytes;
  }

  codeOf(name: string): number {
    const code = this.#codes.get(name);
    assert(code !== undefined, `ledger names: no code is called ${name}`);
    return code;
  }
}

export const SIDE_NAMES = new CodeNames(SIDE_TEXTS);
export const TYPE_NAMES = new CodeNames(ORDER_TYPE_TEXTS);
export const TIME_IN_FORCE_NAMES = new CodeNames(TIME_IN_FORCE_TEXTS);
export const SELF_TRADE_NAMES = new CodeNames(SELF_TRADE_TEXTS);
export const STATUS_NAMES = new CodeNames(ORDER_STATUS_TEXTS);

/** An order carries only reasons 1-99; those above refuse a command and leave no row. */
const ORDER_REASONS_BELOW = 100;

export const REASON_NAMES = new CodeNames(
  Array.from({ length: ORDER_REASONS_BELOW }, (_, code) => REASONS.get(code)?.name ?? ''),
);

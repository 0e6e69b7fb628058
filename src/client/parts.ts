// A message that came in parts, all but the last with `more`: its lists go on, the rest is as the last part says.

import type { JsonRecord } from './reader.ts';

export class Parts {
  #first: JsonRecord | undefined;

  /** The part that a further one must belong to; undefined between messages. */
  get begun(): JsonRecord | undefined {
    return this.#first;
  }

  clear(): void {
    this.#first = undefined;
  }

  /** The whole message when `part` completes it. */
  add(part: JsonRecord): JsonRecord | undefined {
    const whole = this.#first === undefined ? part : joined(this.#first, part);
    this.#first = part.more === true ? whole : undefined;
    return this.#first === undefined ? whole : undefined;
  }
}

/** The lists of `before`, each with that of `part` behind it, and the rest of `part`. The lists of `before` are ours. */
function joined(before: JsonRecord, part: JsonRecord): JsonRecord {
  const whole: Record<string, unknown> = { ...part };
  for (const [name, list] of Object.entries(before)) {
    const next = part[name];
    if (!Array.isArray(list)) continue;
    if (Array.isArray(next)) for (const entry of next) list.push(entry);
    whole[name] = list;
  }
  return whole;
}

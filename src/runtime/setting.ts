// Kinds of settings: each reads the text of one, or says what is wrong with it. Any thread; pure. By hand, without a library of
// schemas: loading one took a third of a start.

/** Reads the text of a setting, which is never empty. Throws WrongSetting. */
export type Setting<T> = (text: string) => T;

/** The message says what the setting must be, for people. */
export class WrongSetting extends Error {
  override readonly name = 'WrongSetting';
  /** As it was understood. */
  readonly value: unknown;

  constructor(value: unknown, must: string) {
    super(must);
    this.value = value;
  }
}

/** A whole number, at most 15 digits, `minimum` to `maximum`. */
export function integer(minimum: number, maximum: number, multipleOf = 1): Setting<number> {
  return (text) => {
    if (!/^\d{1,15}$/.test(text)) throw new WrongSetting(text, 'must be integer');
    const value = Number(text);
    if (value < minimum) throw new WrongSetting(value, `must be >= ${minimum}`);
    if (value > maximum) throw new WrongSetting(value, `must be <= ${maximum}`);
    if (value % multipleOf !== 0) throw new WrongSetting(value, `must be multiple of ${multipleOf}`);
    return value;
  };
}

export function string(charactersMin = 1): Setting<string> {
  return (text) => {
    if (text.length >= charactersMin) return text;
    throw new WrongSetting(text, `must not have fewer than ${charactersMin} characters`);
  };
}

export function boolean(): Setting<boolean> {
  return (text) => {
    if (text === 'true' || text === 'false') return text === 'true';
    throw new WrongSetting(text, 'must be boolean');
  };
}

export function oneOf<const T extends string>(choices: readonly T[]): Setting<T> {
  return (text) => {
    const choice = choices.find((one) => one === text);
    if (choice === undefined) throw new WrongSetting(text, `must be one of ${choices.join(', ')}`);
    return choice;
  };
}

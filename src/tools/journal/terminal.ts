// What a journal tool says and asks. Standard output and input of the tool's process, or a test's stand-in.

import { createInterface } from 'node:readline/promises';

export interface Terminal {
  readonly line: (text: string) => void;
  /** True for yes; undefined when nobody is there to be asked. */
  readonly ask: (question: string) => Promise<boolean | undefined>;
}

const FLUSH_CHARACTERS = 1 << 16;

/** Standard output, gathered into large writes; `flush` before the end. */
export class StandardTerminal implements Terminal {
  #text = '';

  readonly line = (text: string): void => {
    this.#text += `${text}\n`;
    if (this.#text.length >= FLUSH_CHARACTERS) this.flush();
  };

  readonly ask = async (question: string): Promise<boolean | undefined> => {
    this.flush();
    if (!process.stdin.isTTY) return undefined;
    const reader = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return /^y(es)?$/i.test((await reader.question(`${question} [y/N] `)).trim());
    } finally {
      reader.close();
    }
  };

  flush(): void {
    if (this.#text !== '') process.stdout.write(this.#text);
    this.#text = '';
  }
}

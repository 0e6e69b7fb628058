// Clients that send what others have sent, under the same key: while the original is in flight, and long after. Each 202 is one
// more acknowledgement of the original, and must be the same to the byte. A tool's process.

import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '../../e2e/testing/http.ts';
import { between } from '../../e2e/testing/random.ts';
import { type Exchange, sendAgain, type Trader } from '../../e2e/testing/traffic.ts';

const PAUSE_MS = 2;

export class Echoes {
  readonly #traders: readonly Trader[];
  readonly #random: () => number;
  #heard: { readonly exchange: Exchange; readonly text: string }[] = [];

  constructor(traders: readonly Trader[], random: () => number) {
    this.#traders = traders;
    this.#random = random;
  }

  /** Sends until told to stop, or until the connection breaks. */
  async repeat(url: string, go: () => boolean): Promise<void> {
    const connection = new Connection(url);
    try {
      while (go()) {
        const exchange = this.#choose();
        if (exchange === undefined) await sleep(PAUSE_MS);
        else if (!(await this.#send(connection, exchange))) return;
      }
    } finally {
      connection.close();
    }
  }

  /** Before outcomes are settled: who was turned away may have been executed through an echo. */
  reopenDeclined(): void {
    for (const { exchange } of this.#heard) if (exchange.outcome === 'declined') exchange.outcome = 'unknown';
  }

  /** When all outcomes are settled: echoes that were told something else. Forgets them; returns how many there were, too. */
  settle(): { count: number; problems: string[] } {
    const heard = this.#heard;
    this.#heard = [];
    const problems = heard
      .filter(({ exchange, text }) => exchange.outcome !== 'accepted' || exchange.answer?.text !== text)
      .map(({ exchange, text }) => {
        const key = String(exchange.request.body.idempotency_key);
        return `an echo of ${key} was accepted with ${text}, itself it was ${exchange.outcome}: ${exchange.answer?.text}`;
      });
    return { count: heard.length, problems };
  }

  /** Half of the time the newest of a client's requests, which is in flight most likely. */
  #choose(): Exchange | undefined {
    const { log } = this.#traders[between(this.#random, 0, this.#traders.length - 1)];
    const last = log.length - 1;
    return log[this.#random() < 0.5 ? last : between(this.#random, 0, last)];
  }

  async #send(connection: Connection, exchange: Exchange): Promise<boolean> {
    const answer = await sendAgain(connection, exchange).catch(() => undefined);
    if (answer?.status === 202) this.#heard.push({ exchange, text: answer.text });
    return answer !== undefined;
  }
}

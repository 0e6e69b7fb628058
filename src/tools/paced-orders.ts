// Orders over one WebSocket at a fixed rate, whatever the answers take. A tool's process. Owns its connection.

import { JSON_DIALECT } from './order-dialects.ts';
import { WsConnection } from './ws-connection.ts';

const EVERY_MS = 10;

export class PacedOrders {
  readonly #perSecond: number;
  readonly #source = Date.now().toString(36);
  #connection: WsConnection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #startMs = 0;
  #sent = 0;
  #acknowledged = 0;
  #refused = 0;

  static async open(url: URL, perSecond: number): Promise<PacedOrders> {
    const orders = new PacedOrders(perSecond);
    const answered = (_n: number, status: number) => {
      if (status === 202) orders.#acknowledged++;
      else orders.#refused++;
    };
    orders.#connection = await WsConnection.open(url, '/ws', (bytes, from, to) =>
      JSON_DIALECT.replies(bytes, from, to, answered),
    );
    return orders;
  }

  private constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  begin(): void {
    this.#startMs = performance.now();
    // Keeps no process that has failed: stop() may never be called.
    this.#timer = setInterval(() => this.#sendDue(), EVERY_MS).unref();
  }

  /** Resolves when all is answered, or no answer has come for a second. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (let before = -1; before !== this.#answered && this.#answered < this.#sent; ) {
      before = this.#answered;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    this.#connection?.destroy();
  }

  describe(): string {
    const number = (value: number) => value.toLocaleString('en');
    return `orders    ${number(this.#sent)} sent, ${number(this.#acknowledged)} acknowledged, ${this.#refused} refused\n`;
  }

  get #answered(): number {
    return this.#acknowledged + this.#refused;
  }

  #sendDue(): void {
    const due = Math.floor(((performance.now() - this.#startMs) * this.#perSecond) / 1000);
    const frames = [];
    for (; this.#sent < due; this.#sent++) frames.push(JSON_DIALECT.frame(this.#source, this.#sent));
    if (frames.length > 0) this.#connection?.write(Buffer.concat(frames));
  }
}

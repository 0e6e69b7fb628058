// Orders pipelined over one socket of `/ws`: at most so many under way, each reply matched with its request by id. Pure: time and
// texts come in, texts go out.

import type { CommandKind, OrderStream } from './order-stream.ts';
import { isGoodAnswer, jsonOf, orderIdIn, valueIn, wsRequestOf } from './requests.ts';

export interface Reply {
  readonly kind: CommandKind;
  readonly tookMs: number;
  readonly isGood: boolean;
}

interface Sent {
  readonly kind: CommandKind;
  /** Of the order that it places. */
  readonly number: number | undefined;
  readonly atMs: number;
}

export class Pipeline {
  readonly #stream: OrderStream;
  readonly #window: number;
  readonly #underWay = new Map<string, Sent>();
  #nextId = 1;

  constructor(stream: OrderStream, window: number) {
    this.#stream = stream;
    this.#window = window;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /** All that can be sent now. */
  take(nowMs: number): string[] {
    const texts: string[] = [];
    while (this.#underWay.size < this.#window) {
      const command = this.#stream.next();
      if (command === undefined) break;
      const id = this.#nextId++;
      const number = command.kind === 'place' ? command.number : undefined;
      this.#underWay.set(String(id), { kind: command.kind, number, atMs: nowMs });
      texts.push(wsRequestOf(command, id));
    }
    return texts;
  }

  /** Undefined for what answers nothing that is under way: a reply given twice, or to nobody's request. */
  receive(text: unknown, nowMs: number): Reply | undefined {
    const reply = jsonOf(text);
    const id = valueIn(reply, 'id');
    const sent = typeof id === 'string' ? this.#underWay.get(id) : undefined;
    if (typeof id !== 'string' || sent === undefined) return undefined;
    this.#underWay.delete(id);
    const { kind, number, atMs } = sent;
    const status = Number(valueIn(reply, 'status'));
    const body = valueIn(reply, 'result') ?? valueIn(reply, 'error');
    if (number !== undefined) this.#stream.answered(number, status === 202 ? orderIdIn(body) : undefined);
    return { kind, tookMs: nowMs - atMs, isGood: isGoodAnswer(kind, status, body) };
  }
}

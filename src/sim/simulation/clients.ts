// The simulated clients at their gateways: send what the workload invents, say some things twice, hear the answers, and ask again
// for what a machine that stopped has left without one. Owns what was asked and told.

import { Command } from '../../domain/command.ts';
import { ORDER_CLIENT, ORDER_CLIENT_LENGTH, ORDER_NUMBER } from '../../wire/order-codec.ts';
import { REPLY_ORDER, REPLY_ORDER_BYTES, REPLY_REQUEST_ID, REPLY_SEQUENCE } from '../../wire/reply-codec.ts';
import type { InProcessExchange, Reply } from '../in-process-exchange.ts';
import type { Random } from '../testing/random.ts';
import type { HistoryShape } from './history-shape.ts';
import { commandOfRecord, type Request, recordOf } from './requests.ts';
import { require } from './violation.ts';
import { Workload } from './workload.ts';

const ASKED_KEPT = 64;

export class Clients {
  /** By id, what the journal has not confirmed yet. */
  readonly requests = new Map<number, Request>();
  /** Commands that a gateway has taken. */
  submitted = 0;
  readonly #random: Random;
  readonly #gateways: number;
  readonly #batch: number;
  readonly #workload: Workload;
  readonly #command = new Command();
  /** The newest records sent, to be sent again. */
  readonly #asked: Buffer[] = [];

  constructor(random: Random, { gateways, batch, keyEvery }: HistoryShape) {
    this.#random = random;
    this.#gateways = gateways;
    this.#batch = batch;
    this.#workload = new Workload(random, keyEvery);
  }

  /** Some commands, one of them or twice the batch. */
  submitSome(exchange: InProcessExchange): void {
    const random = this.#random;
    for (let k = random.below(2 * this.#batch); k >= 0; k--) {
      const isRepeated = this.#asked.length > 0 && random.below(40) === 0;
      const record = isRepeated ? random.pick(this.#asked) : Buffer.from(recordOf(this.#workload.next(exchange.nowUs)));
      if (!this.#send(exchange, record)) return;
    }
  }

  /** Takes all replies that have come. None may be of a command above `durableSequence`. */
  readReplies(exchange: InProcessExchange, durableSequence: number): void {
    for (let gateway = 0; gateway < this.#gateways; gateway++) {
      for (const reply of exchange.replies(gateway)) this.#hear(reply, durableSequence);
    }
  }

  /** After a start that has confirmed what is in the journal: nobody has an answer to something else. */
  requireNoneLost(): void {
    for (const { id, reply } of this.requests.values()) {
      require(reply === undefined, () => {
        return `request ${id} was answered as sequence ${reply?.readDoubleLE(REPLY_SEQUENCE)}, and is gone`;
      });
    }
  }

  /** Clients without an answer: what is not in the journal now must never come; most of them ask once more. */
  askAgain(exchange: InProcessExchange): void {
    const unanswered = [...this.requests.values()];
    this.requests.clear();
    for (const { record } of unanswered) if (this.#random.below(4) > 0) this.#send(exchange, record);
  }

  #send(exchange: InProcessExchange, record: Buffer): boolean {
    commandOfRecord(record, this.#command);
    if (!exchange.submit(this.#command, this.#random.below(this.#gateways))) return false;
    const id = exchange.lastRequestId;
    this.requests.set(id, { id, record, reply: undefined });
    this.#asked[this.submitted % ASKED_KEPT] = record;
    this.submitted++;
    return true;
  }

  #hear(reply: Reply, durableSequence: number): void {
    const id = reply.readUInt32LE(REPLY_REQUEST_ID);
    const sequence = reply.readDoubleLE(REPLY_SEQUENCE);
    require(sequence <= durableSequence, () => {
      return `request ${id} is answered as sequence ${sequence}, ${durableSequence} is durable`;
    });
    const request = this.requests.get(id);
    require(request !== undefined && request.reply === undefined, () => `request ${id} is answered and does not wait`);
    if (request !== undefined) request.reply = reply;
    if (reply.readUInt16LE(REPLY_ORDER_BYTES) === 0) return;
    const name = REPLY_ORDER + ORDER_CLIENT;
    const client = reply.toString('latin1', name, name + reply[REPLY_ORDER + ORDER_CLIENT_LENGTH]);
    this.#workload.learn(reply.readDoubleLE(REPLY_ORDER + ORDER_NUMBER), client);
  }
}

// What a socket is told when something it asked for is wrong: an `error` message with the problem document that HTTP has.
// Gateway thread. Owns the numbers of requests refused. A client that is told so again and again, with nothing good between,
// has lost its way and is closed.

import type { CounterBlock } from '../../shared-memory/counters.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import { type ProblemCode, problemJson } from '../../wire/problem.ts';
import type { WsSocket } from './ws-socket.ts';

export interface Refusal {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly field?: string;
}

export class Refusals {
  readonly #prefix: string;
  readonly #counters: CounterBlock;
  #count = 0;

  constructor(gateway: number, startedUs: number, counters: CounterBlock) {
    this.#prefix = `ws-${gateway.toString(36)}-${Math.floor(startedUs / 1000).toString(36)}-`;
    this.#counters = counters;
  }

  /** `reqId` is JSON text, '' when the request had none. */
  answer(socket: WsSocket, { code, detail, field = '' }: Refusal, reqId: string): void {
    const requestId = this.#prefix + (++this.#count).toString(36);
    const reply = reqId === '' ? '' : `"req_id":${reqId},`;
    this.#counters.add(GatewayCounter.WS_BAD_REQUESTS, 1);
    socket.sendText(`{"type":"error",${reply}"error":${problemJson({ code, detail, field, requestId })}}`);
    socket.frameRefused();
  }
}

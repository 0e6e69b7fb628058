// WS /ws: the sockets themselves, from the upgrade to the close, with their limits. Each frame is offered to the handlers in turn.
// Gateway thread. Owns the sockets. Must never let one grow without bound, nor let uWebSockets drop a message silently.

import type { HttpRequest, HttpResponse, us_socket_context_t, WebSocket, WebSocketBehavior } from 'uWebSockets.js';
import type { Clock } from '../../runtime/clock.ts';
import type { CounterBlock } from '../../shared-memory/counters.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import type { ProblemCode } from '../../wire/problem.ts';
import type { Asker } from '../asker.ts';
import type { Askers } from '../http-askers.ts';
import type { Responder } from '../responses.ts';
import { CloseCode } from '../stream.ts';
import type { HeldMessages } from './held-messages.ts';
import type { WsLimits } from './limits.ts';
import { isAllowedOrigin } from './origin.ts';
import type { Refusal, Refusals } from './refusals.ts';
import type { FrameHandler } from './session.ts';
import { TokenBucket } from './token-bucket.ts';
import { TotalBacklog } from './total-backlog.ts';
import { WsSocket, type WsSocketData, type WsSocketShared } from './ws-socket.ts';

const FRAME_BYTES_MAX = 64 * 1024;
/** Of a message too long the client is told so, up to here; uWebSockets cuts it off without a word. */
const FRAME_BYTES_CUT = 128 * 1024;
const MESSAGE_TOO_LONG = 1009;
/** Beyond our own bounds by more than all snapshots a socket may ask for at once, and below 2^32. */
const UWS_BACKPRESSURE_BYTES = 1024 ** 3;

export interface WsSocketsParts {
  /** They see each frame in this order. */
  readonly handlers: readonly FrameHandler[];
  readonly refusals: Refusals;
  readonly limits: WsLimits;
  readonly together: HeldMessages;
  readonly counters: CounterBlock;
  readonly clock: Clock;
  readonly askers: Askers;
  readonly responder: Responder;
  /** False: the asker is answered. */
  readonly admit: (asker: Asker) => boolean;
  readonly opened: (socket: WsSocket) => void;
  readonly drained: (socket: WsSocket) => void;
  /** A connection that was upgraded is no more. */
  readonly connectionEnded: () => void;
}

export class WsSockets {
  readonly #parts: WsSocketsParts;
  readonly #upgrades: TokenBucket;
  readonly #total: TotalBacklog;
  readonly #shared: WsSocketShared;
  readonly #sockets = new Set<WsSocket>();
  #lastId = 0;
  #closing = false;

  constructor(parts: WsSocketsParts) {
    this.#parts = parts;
    const { limits, clock, counters, together } = parts;
    this.#upgrades = new TokenBucket(limits.upgradesPerSecond, clock.monotonicUs());
    this.#total = new TotalBacklog(limits.totalBytesMax, limits.idleTimeoutS * 1e6, clock);
    const { backpressureBytesMax } = limits;
    this.#shared = { clock, counters, backpressureBytesMax, together, total: this.#total };
  }

  /** What uWebSockets is told about /ws. */
  behavior(): WebSocketBehavior<WsSocketData> {
    return {
      maxPayloadLength: FRAME_BYTES_CUT,
      maxBackpressure: UWS_BACKPRESSURE_BYTES,
      closeOnBackpressureLimit: true,
      idleTimeout: this.#parts.limits.idleTimeoutS,
      sendPingsAutomatically: true,
      upgrade: (res, req, context) => this.#upgrade(res, req, context),
      open: (socket) => this.#opened(socket),
      message: (socket, message, isBinary) => this.#message(socket.getUserData().session, message, isBinary),
      drain: (socket) => {
        const { session } = socket.getUserData();
        if (session !== undefined) this.#parts.drained(session);
      },
      close: (socket) => this.#closed(socket.getUserData()),
    };
  }

  /** So many bytes were sent since the last call: cuts the slowest while too much waits for all sockets together. */
  sent(bytes: number): void {
    this.#total.grown(bytes, this.#sockets);
  }

  /** Closes every socket; no new one is let in. */
  close(code: number, reason: string): void {
    this.#closing = true;
    for (const socket of [...this.#sockets]) socket.end(code, reason);
  }

  #upgrade(res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void {
    const key = req.getHeader('sec-websocket-key');
    const protocol = req.getHeader('sec-websocket-protocol');
    const extensions = req.getHeader('sec-websocket-extensions');
    const { askers, responder, counters, clock, limits, admit } = this.#parts;
    const origin = isAllowedOrigin(req.getHeader('origin'), req.getHeader('host'), limits);
    const asker = askers.begin(res);
    const refuse = (counter: number, code: ProblemCode, detail: string): void => {
      counters.add(counter, 1);
      responder.problem(asker, code, detail);
    };
    if (!origin) {
      refuse(GatewayCounter.WS_REFUSED_ORIGIN, 'forbidden', 'Pages of this origin may not connect here.');
    } else if (!this.#upgrades.take(clock.monotonicUs())) {
      refuse(GatewayCounter.WS_REFUSED_UPGRADES, 'too_many_connections', 'Too many connect at once; wait a moment.');
    } else if (admit(asker)) {
      res.upgrade<WsSocketData>({ session: undefined }, key, protocol, extensions, context);
    }
  }

  #opened(socket: WebSocket<WsSocketData>): void {
    const { limits, counters, clock, opened } = this.#parts;
    const frames = new TokenBucket(limits.framesPerSecond, clock.monotonicUs());
    const session = new WsSocket(++this.#lastId, socket, frames, this.#shared);
    socket.getUserData().session = session;
    this.#sockets.add(session);
    counters.set(GatewayCounter.WS_CONNECTIONS, this.#sockets.size);
    opened(session);
    if (this.#closing) session.end(CloseCode.SHUTDOWN, 'shutdown');
    else if (limits.connectionsMax > 0 && this.#sockets.size > limits.connectionsMax) {
      counters.add(GatewayCounter.WS_REFUSED_CONNECTIONS, 1);
      session.end(CloseCode.TRY_LATER, 'too many connections');
    }
  }

  #message(session: WsSocket | undefined, message: ArrayBuffer, isBinary: boolean): void {
    if (session === undefined) return;
    if (message.byteLength > FRAME_BYTES_MAX) {
      session.end(MESSAGE_TOO_LONG, 'message too long');
    } else if (session.messageTaken()) {
      const { refusals } = this.#parts;
      const refused = session.refusals;
      if (!this.#offer(session, new Uint8Array(message), isBinary)) refusals.answer(session, UNKNOWN_FRAME, '');
      else if (session.refusals === refused) session.refusals = 0;
    }
  }

  /** False: no handler takes it. */
  #offer(session: WsSocket, bytes: Uint8Array, isBinary: boolean): boolean {
    for (const handler of this.#parts.handlers) {
      if (isBinary ? handler.binary(session, bytes) : handler.text(session, bytes)) return true;
    }
    return false;
  }

  #closed({ session }: WsSocketData): void {
    const { handlers, counters, connectionEnded } = this.#parts;
    connectionEnded();
    if (session === undefined) return;
    session.closed();
    this.#sockets.delete(session);
    counters.set(GatewayCounter.WS_CONNECTIONS, this.#sockets.size);
    for (const handler of handlers) handler.ended(session);
  }
}

const UNKNOWN_FRAME: Refusal = { code: 'malformed_json', detail: 'Nothing here takes such a frame.' };

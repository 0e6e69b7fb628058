// The way of a command into the engine: into this gateway's command ring, its asker into the table of those who wait.
// Gateway thread; one for each gateway. Must never claim a slot of the ring without room for the reply: that room is what
// the in-flight limit keeps. Allocates: nothing.

import type { Command } from '../domain/command.ts';
import { type CommandOrigin, encodeCommand } from '../wire/command-codec.ts';
import { GatewayCounter } from '../wire/counters.ts';
import type { RequestProblem } from '../wire/problem.ts';
import { admitCancel, admitCommand } from './admission.ts';
import { Asker } from './asker.ts';
import { BatchedBell } from './batched-bell.ts';
import type { GatewayContext } from './context.ts';
import type { PendingTable } from './pending.ts';
import type { Responder } from './responses.ts';

export class CommandSender {
  readonly #context: GatewayContext;
  readonly #responder: Responder;
  readonly #pending: PendingTable<Asker>;
  readonly #origin: CommandOrigin;
  readonly #matchingBell: BatchedBell;

  /** `pending`: who waits for a reply from the matching thread. */
  constructor(context: GatewayContext, responder: Responder, pending: PendingTable<Asker>) {
    this.#context = context;
    this.#responder = responder;
    this.#pending = pending;
    this.#origin = { gateway: context.index, requestId: 0, receivedUs: 0 };
    this.#matchingBell = new BatchedBell(context.matchingDoorbell);
  }

  /** Whether commands are taken now. False: the asker is answered. */
  admit(asker: Asker): boolean {
    return admitCommand(this.#context.state, asker, this.#responder);
  }

  /** Whether cancels are: also while disk space runs short. False: the asker is answered. */
  admitCancel(asker: Asker): boolean {
    return admitCancel(this.#context.state, asker, this.#responder);
  }

  /** Hands the command over. From the commit on it will be executed, whatever becomes of the asker. */
  send(asker: Asker, command: Command): void {
    if (!this.trySend(asker, command)) this.#sayFull(asker);
  }

  /** The same, but where there is no room nobody is told: false. */
  trySend(asker: Asker, command: Command): boolean {
    const { commandRing: ring, clock, counters, limits } = this.#context;
    const pending = this.#pending;
    const slot = pending.full ? -1 : ring.claim();
    if (slot < 0) return false;
    const origin = this.#origin;
    asker.commandType = command.type;
    origin.requestId = pending.open(asker, asker.startUs + limits.replyTimeoutMs * 1000);
    origin.receivedUs = clock.monotonicUs();
    asker.timings?.sent(origin.receivedUs);
    encodeCommand(ring.bytes, ring.view, slot, command, origin);
    ring.commit();
    this.#matchingBell.ring();
    counters.set(GatewayCounter.IN_FLIGHT, pending.size);
    return true;
  }

  /** Two commands one right after the other, or neither. The asker gets the second one's answer, the first one's nobody. */
  sendBoth(asker: Asker, first: Command, second: Command): void {
    // The ring has a slot for each command in flight: where two more fit the table, they fit the ring.
    if (this.#pending.size + 2 > this.#context.limits.inFlightMax) {
      this.#sayFull(asker);
      return;
    }
    this.send(new Asker(undefined, asker.startUs), first);
    this.send(asker, second);
  }

  #sayFull(asker: Asker): void {
    this.#context.counters.add(GatewayCounter.RING_FULL, 1);
    this.#responder.problem(asker, 'ring_full', 'Too many commands are waiting; this one was not taken. Try again.');
  }

  /** Sends what a parser made, or says what was wrong with the request. */
  sendParsed(asker: Asker, isGood: boolean, command: Command, problem: Readonly<RequestProblem>): void {
    if (isGood) this.send(asker, command);
    else this.refuse(asker, problem);
  }

  refuse(asker: Asker, { status, code, field, detail }: Readonly<RequestProblem>): void {
    this.#responder.problem(asker, code, detail, { status, field });
  }
}

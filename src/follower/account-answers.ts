// Answers about accounts, as JSON texts or records, and about what an order would do, from the follower's engine. On the
// follower's thread. Owns the command and the report of dry runs, used again and again. Changes nothing.

import { Command } from '../domain/command.ts';
import type { Engine } from '../domain/engine.ts';
import { DryRun } from '../domain/rules/dry-run.ts';
import { balancesJson, positionsJson } from '../wire/account-json.ts';
import { encodeClientOrders, type OrdersPart } from '../wire/client-orders.ts';
import { decodeCommand } from '../wire/command-codec.ts';
import { dryRunJson } from '../wire/dry-run-json.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class AccountAnswers {
  readonly #engine: Engine;
  readonly #command = new Command();
  readonly #report = new DryRun();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  positions(clientId: Uint8Array): string {
    return positionsJson(this.#engine, this.#clientNumber(clientId), decoder.decode(clientId));
  }

  balances(clientId: Uint8Array): string {
    return balancesJson(this.#engine, this.#clientNumber(clientId), decoder.decode(clientId));
  }

  /** The client's live orders as records, into `bytes`: how many, and where they end. */
  orders(clientId: Uint8Array, part: OrdersPart, bytes: Uint8Array, view: DataView): { count: number; end: number } {
    return encodeClientOrders(this.#engine, this.#clientNumber(clientId), part, bytes, view);
  }

  /**
   * `record` is a command record of a new order; `nowUs` is the time it would arrive at. Undefined when the order would meet
   * more orders than a dry run looks at.
   */
  dryRun(record: Uint8Array, nowUs: number): string | undefined {
    const engine = this.#engine;
    const command = this.#command;
    decodeCommand(record, new DataView(record.buffer, record.byteOffset, record.length), 0, command);
    engine.dryRun(Math.max(nowUs, engine.timeUs), command, this.#report);
    if (this.#report.isTooLarge) return undefined;
    const { instruments } = engine;
    const instrument = command.instrument < instruments.count ? instruments.get(command.instrument) : undefined;
    return dryRunJson(this.#report, instrument, engine.sequence);
  }

  /** -1 for a client that never did anything. */
  #clientNumber(clientId: Uint8Array): number {
    return this.#engine.clients.find(clientId, 0, clientId.length);
  }
}

// Mass cancels that nobody asks for at the moment: of clients whose socket has ended or whose time has run out. Gateway thread;
// one for each gateway. Owns those that are due; the times are shared by all gateways, so that the last request counts
// wherever it came. Must never lose one silently: while there is no room it is tried again each turn.

import { ALL_INSTRUMENTS, BOTH_SIDES, CommandType } from '../../domain/codes.ts';
import { Command } from '../../domain/command.ts';
import { ProcessState, StorageState } from '../../runtime/process-state.ts';
import type { DeadlineTable } from '../../shared-memory/deadline-table.ts';
import { GatewayCounter } from '../../wire/counters.ts';
import { beginCommand } from '../../wire/plain-command.ts';
import { Asker } from '../asker.ts';
import type { CommandSender } from '../command-sender.ts';
import type { GatewayContext } from '../context.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class SafetyCancels {
  readonly #context: GatewayContext;
  readonly #sender: CommandSender;
  readonly #deadlines: DeadlineTable;
  /** Clients whose orders are to be cancelled; one mass cancel is enough for each. */
  readonly #due = new Set<string>();
  readonly #command = new Command();
  readonly #keyPrefix: string;
  #keys = 0;

  constructor(context: GatewayContext, sender: CommandSender) {
    this.#context = context;
    this.#sender = sender;
    this.#deadlines = context.cancelDeadlines;
    this.#keyPrefix = `ringbook-safety-${context.index}-${Math.floor(context.clock.nowUs()).toString(36)}-`;
  }

  /** Whether there is something to be woken for before long. */
  get waiting(): boolean {
    return this.#due.size > 0 || this.#deadlines.size > 0;
  }

  /** The orders of `client`, a well-formed client id, are to be cancelled now. */
  now(client: string): void {
    this.#due.add(client);
    this.doWork();
  }

  /** They are to be cancelled at that time of the stopwatch, and at no other. False: too many clients have such a time. */
  at(client: Uint8Array, deadlineUs: number): boolean {
    return this.#deadlines.set(client, deadlineUs);
  }

  /** They are not, unless for another reason. */
  never(client: Uint8Array): void {
    this.#deadlines.remove(client);
  }

  /** Those whose time has come, on whichever gateway it was set. */
  sweep(nowUs: number): void {
    for (const client of this.#deadlines.takeDue(nowUs)) this.#due.add(decoder.decode(client));
    this.doWork();
  }

  /** Sends what there is room for. Returns how many. */
  doWork(): number {
    if (this.#due.size === 0) return 0;
    const { state } = this.#context;
    if (state.get() > ProcessState.OPEN) return this.#lose();
    if (state.storage === StorageState.FULL) return 0;
    let sent = 0;
    for (const client of this.#due) {
      if (!this.#send(client)) break;
      this.#due.delete(client);
      sent++;
    }
    return sent;
  }

  /** False: there is no room now. */
  #send(client: string): boolean {
    const { clock, counters } = this.#context;
    const command = this.#command;
    beginCommand(command, CommandType.MASS_CANCEL);
    command.instrument = ALL_INSTRUMENTS;
    command.side = BOTH_SIDES;
    command.bytes = encoder.encode(client + this.#keyPrefix + this.#keys.toString(36));
    command.clientLength = Buffer.byteLength(client);
    command.clientOffset = 0;
    command.keyOffset = command.clientLength;
    command.keyLength = command.bytes.length - command.clientLength;
    if (!this.#sender.trySend(new Asker(undefined, clock.monotonicUs()), command)) return false;
    this.#keys++;
    counters.add(GatewayCounter.SAFETY_CANCELS, 1);
    return true;
  }

  /** The process takes no more commands: what is in the book stays there over its end. */
  #lose(): number {
    this.#context.counters.add(GatewayCounter.SAFETY_CANCELS_LOST, this.#due.size);
    this.#due.clear();
    return 0;
  }
}

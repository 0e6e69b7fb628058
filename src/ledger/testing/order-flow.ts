// For tests: random commands through the real engine into a spool, and beside it what the ledger must then hold.

import { CommandType } from '../../domain/codes.ts';
import type { Command } from '../../domain/command.ts';
import { Engine } from '../../domain/engine.ts';
import type { EngineListener } from '../../domain/listener.ts';
import { createRandom } from '../../sim/testing/random.ts';
import { EventEncoder, type EventSink } from '../../wire/event-encoder.ts';
import { CommandMix, FLOW_INSTRUMENTS } from './command-mix.ts';
import { ExpectedLedger } from './expected-ledger.ts';

const START_US = 1_780_000_000_123_456;

/** Now and then nothing happens for a while: so rows are of several minutes and days. */
function pauseBefore(sequence: number): number {
  if (sequence % 1_900 === 0) return 10 * 3_600 * 1_000_000;
  return sequence % 250 === 0 ? 25_000_000 : 0;
}

/** A spool's writing end. */
export interface FlowSink extends EventSink {
  /** All events of commands up to `sequence` were written. */
  show(sequence: number): void;
}

export class OrderFlow<Sink extends FlowSink = FlowSink> {
  readonly spool: Sink;
  readonly expected: ExpectedLedger;
  readonly #random: () => number;
  readonly #engine: Engine;
  readonly #mix: CommandMix;
  readonly #encoder: EventEncoder;
  #applying: CommandType = CommandType.NEW_ORDER;
  #timeUs = START_US;

  constructor(spool: Sink, seed: number, random: () => number = createRandom(seed)) {
    this.spool = spool;
    this.#random = random;
    const listener: EngineListener = {
      onTrade: (number, maker, taker, price, quantity) => {
        this.expected.trade(number, maker, taker, price, quantity);
        encoder.trade(number, maker, taker, price, quantity);
      },
      onOrder: (change, order, delta) => {
        this.expected.order(order);
        encoder.order(change, order, delta);
      },
      onRefused: () => {},
      onReplayed: () => {},
      onApplied: (value) => {
        this.expected.applied(this.#applying, value);
        encoder.applied(this.#applying, value);
      },
      onObligation: (cycle, account) => encoder.obligation(cycle, account),
    };
    this.#engine = new Engine(FLOW_INSTRUMENTS, listener);
    this.expected = new ExpectedLedger(this.#engine);
    const encoder = new EventEncoder(this.#engine, spool);
    this.#encoder = encoder;
    this.#mix = new CommandMix(random, this.expected.orders);
  }

  get sequence(): number {
    return this.#engine.sequence;
  }

  /** Applies `commands` commands, with the expiries that come due among them; their events are in the spool on return. */
  run(commands: number): void {
    const { command } = this.#mix;
    for (let i = 0; i < commands; i++) {
      this.#timeUs += 1 + Math.floor(this.#random() * 900) + pauseBefore(this.#engine.sequence + 1);
      const { nextExpiryUs } = this.#engine;
      if (nextExpiryUs !== 0 && nextExpiryUs <= this.#timeUs) command.type = CommandType.EXPIRE_ORDERS;
      else this.#mix.choose(this.#engine.sequence, this.#timeUs);
      this.#apply(command);
    }
  }

  /** Writes what a spool opens with that begins behind the last command. */
  open(): void {
    const { lastTradeNumber, instruments, sequence } = this.#engine;
    this.#encoder.opening(lastTradeNumber);
    for (let index = 0; index < instruments.count; index++) this.#encoder.instrument(index);
    this.spool.show(sequence);
  }

  #apply(command: Command): void {
    this.#applying = command.type;
    this.#engine.apply(this.#engine.sequence + 1, this.#timeUs, command);
    this.spool.show(this.#engine.sequence);
  }
}

// The engine and the slow reference, fed with the frames of a journal and compared after every command. Any process; owns both.

import { CommandType } from '../domain/codes.ts';
import { Command } from '../domain/command.ts';
import { Engine } from '../domain/engine.ts';
import { DEFAULT_INSTRUMENTS } from '../domain/instrument.ts';
import { ReferenceEngine } from '../domain/reference/reference-engine.ts';
import { NO_COMMAND, type ReferenceCommand } from '../domain/reference/reference-types.ts';
import type { FrameView } from '../journal/journal-reader.ts';
import { decodeCommand } from '../wire/command-codec.ts';
import { firstDifference, StateComparison } from './domain-fuzz/compare-state.ts';
import { Narrator } from './domain-fuzz/narrator.ts';
import { ReferenceTracer } from './domain-fuzz/reference-tracer.ts';
import { areSame, describe, Trace } from './domain-fuzz/trace.ts';

const DECODER = new TextDecoder();
/** Commands that `referenceCommandOf` carries over whole. */
const CARRIED: ReadonlySet<CommandType> = new Set([
  CommandType.NEW_ORDER,
  CommandType.CANCEL_ORDER,
  CommandType.AMEND_ORDER,
  CommandType.MASS_CANCEL,
  CommandType.EXPIRE_ORDERS,
]);

export class ReferencePair {
  readonly #reference = new ReferenceEngine(DEFAULT_INSTRUMENTS);
  readonly #tracer = new ReferenceTracer(this.#reference);
  readonly #comparison = new StateComparison(this.#reference, this.#tracer);
  readonly #narrator = new Narrator();
  readonly #engine = new Engine(DEFAULT_INSTRUMENTS, this.#narrator);
  readonly #expected = new Trace();
  readonly #command = new Command();

  constructor() {
    this.#narrator.engine = this.#engine;
  }

  /** Applies a frame's commands to both. Returns how they differ, '' when they do not. */
  apply(frame: FrameView): string {
    const end = frame.payloadStart + frame.payloadLength;
    for (let offset = frame.payloadStart; offset < end; ) {
      offset += decodeCommand(frame.bytes, frame.view, offset, this.#command);
      const difference = this.#applyOne(frame.timeUs);
      if (difference !== '') return difference;
    }
    return '';
  }

  /** Everything, at the end. */
  finish(): string {
    return this.#comparison.full(this.#engine, this.#narrator);
  }

  #applyOne(timeUs: number): string {
    const [engine, expected, { trace }] = [this.#engine, this.#expected, this.#narrator];
    const sequence = engine.sequence + 1;
    expected.clear();
    trace.clear();
    this.#tracer.write(expected, this.#reference.apply(timeUs, referenceCommandOf(this.#command)));
    engine.apply(sequence, timeUs, this.#command);
    if (!areSame(expected, trace)) {
      return firstDifference(`command ${sequence}, event`, describe(expected), describe(trace));
    }
    const state = this.#comparison.quick(engine, this.#command.instrument);
    return state === '' ? '' : `after command ${sequence}, ${state}`;
  }
}

/** A command as the reference reads it: texts instead of bytes. */
function referenceCommandOf(command: Command): ReferenceCommand {
  const { type } = command;
  if (!CARRIED.has(type)) throw new Error(`the reference pair carries no commands of type ${type}`);
  const text = (offset: number, length: number) => DECODER.decode(command.bytes.subarray(offset, offset + length));
  return {
    ...NO_COMMAND,
    type,
    client: text(command.clientOffset, command.clientLength),
    key: text(command.keyOffset, command.keyLength),
    instrument: command.instrument,
    side: command.side,
    orderType: command.orderType,
    timeInForce: command.timeInForce,
    selfTrade: command.selfTrade,
    flags: command.flags,
    price: command.priceTicks,
    quantity: command.quantityLots,
    target: command.targetOrder,
    stopPrice: command.stopPriceTicks,
    display: command.displayLots,
    expiresUs: command.expiresUs,
  };
}

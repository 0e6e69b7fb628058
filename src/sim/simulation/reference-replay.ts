// Replays a journal with the slow reference engine beside the fast one: what a simulated history came to is then what the rules
// say, not only what the engine says twice. For short histories; reads the files only, owns both engines.

import { Command } from '../../domain/command.ts';
import { Engine } from '../../domain/engine.ts';
import { DEFAULT_INSTRUMENTS } from '../../domain/instrument.ts';
import { ReferenceEngine } from '../../domain/reference/reference-engine.ts';
import { NO_COMMAND, type ReferenceCommand } from '../../domain/reference/reference-types.ts';
import { JournalReader } from '../../journal/journal-reader.ts';
import { decodeCommand } from '../../wire/command-codec.ts';
import { firstDifference, StateComparison } from '../domain-fuzz/compare-state.ts';
import { Narrator } from '../domain-fuzz/narrator.ts';
import { ReferenceTracer } from '../domain-fuzz/reference-tracer.ts';
import { areSame, describe, Trace } from '../domain-fuzz/trace.ts';

/** How the two engines differ over the journal through this frame; '' when they do not. */
export function differenceFromReference(directory: string, throughFrame: number): string {
  const reference = new ReferenceEngine(DEFAULT_INSTRUMENTS);
  const tracer = new ReferenceTracer(reference);
  const narrator = new Narrator();
  const engine = new Engine(DEFAULT_INSTRUMENTS, narrator);
  narrator.engine = engine;
  const expected = new Trace();
  const command = new Command();
  const reader = new JournalReader(directory);
  for (let frame = reader.next(throughFrame); frame !== undefined; frame = reader.next(throughFrame)) {
    const end = frame.payloadStart + frame.payloadLength;
    for (let offset = frame.payloadStart; offset < end; ) {
      offset += decodeCommand(frame.bytes, frame.view, offset, command);
      expected.clear();
      narrator.trace.clear();
      tracer.write(expected, reference.apply(frame.timeUs, referenceCommand(command)));
      engine.apply(engine.sequence + 1, frame.timeUs, command);
      if (areSame(expected, narrator.trace)) continue;
      return firstDifference(`sequence ${engine.sequence}`, describe(expected), describe(narrator.trace));
    }
  }
  reader.close();
  return new StateComparison(reference, tracer).full(engine, narrator);
}

/** Only what the simulated clients send, and the matching thread itself. */
function referenceCommand(command: Command): ReferenceCommand {
  return {
    ...NO_COMMAND,
    type: command.type,
    client: text(command.bytes, command.clientOffset, command.clientLength),
    key: text(command.bytes, command.keyOffset, command.keyLength),
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

function text(bytes: Uint8Array, offset: number, length: number): string {
  return Buffer.from(bytes.subarray(offset, offset + length)).toString();
}

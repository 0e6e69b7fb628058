// Fills the engine's one Command from a step. Pure; owns the command and its bytes.

import { highLimb, lowLimb } from '../../domain/clearing/exact.ts';
import { InstrumentStatus } from '../../domain/codes.ts';
import { Command } from '../../domain/command.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { ReferenceCommand } from '../../domain/reference/reference-types.ts';

/** What a DEFINE_INSTRUMENT without a definition carries: nothing that could be one. */
const NO_INSTRUMENT: Instrument = {
  ...{ name: '', base: '', quote: '', priceScale: 0, quantityScale: 0, minPriceTicks: 0, maxPriceTicks: 0 },
  ...{ minQuantityLots: 0, maxQuantityLots: 0, priceIncrementTicks: 0, quantityIncrementLots: 0, priceBandBps: 0 },
  ...{ referencePriceTicks: 0, makerFeeMillionths: 0, takerFeeMillionths: 0, status: InstrumentStatus.OPEN },
};

export class CommandFiller {
  readonly command = new Command();
  private readonly encoder = new TextEncoder();
  /** Bytes of texts met before: there are few. */
  private readonly known = new Map<string, Uint8Array>();

  constructor() {
    this.command.bytes = new Uint8Array(256);
  }

  /** `shift` moves the texts within the bytes, where nothing may depend on it. */
  fill(step: ReferenceCommand, shift = 0): Command {
    const { command } = this;
    command.type = step.type;
    command.instrument = step.instrument;
    command.side = step.side;
    command.orderType = step.orderType;
    command.timeInForce = step.timeInForce;
    command.selfTrade = step.selfTrade;
    command.flags = step.flags;
    command.priceTicks = step.price;
    command.quantityLots = step.quantity;
    command.targetOrder = step.target;
    command.stopPriceTicks = step.stopPrice;
    command.displayLots = step.display;
    command.expiresUs = step.expiresUs;
    command.amountHigh = step.amount === 0n ? 0 : highLimb(step.amount);
    command.amountLow = step.amount === 0n ? 0 : lowLimb(step.amount);
    command.value = step.value;
    command.currency = step.currency;
    command.maxOpenOrders = step.maxOpenOrders;
    command.maxOrderLots = step.maxOrderQuantity;
    command.maxOrderNotionalHigh = highLimb(step.maxOrderNotional);
    command.maxOrderNotionalLow = lowLimb(step.maxOrderNotional);
    command.maxPositionLots = step.maxPosition;
    command.definition.set(step.definition ?? NO_INSTRUMENT);
    command.clientOffset = shift;
    command.clientLength = this.write(step.client, command.clientOffset);
    command.keyOffset = command.clientOffset + command.clientLength;
    command.keyLength = this.write(step.key, command.keyOffset);
    return command;
  }

  private write(text: string, offset: number): number {
    if (text === '') return 0;
    let bytes = this.known.get(text);
    if (bytes === undefined) {
      bytes = this.encoder.encode(text);
      this.known.set(text, bytes);
    }
    this.command.bytes.set(bytes, offset);
    return bytes.length;
  }
}

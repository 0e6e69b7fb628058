// Commands for tests and tools of binary frames: most of them good, some with a value that is not. The same for the same random
// numbers. Only what JSON can say as well, so that both can be held against each other.

import { ALL_INSTRUMENTS, CommandType, OrderFlag, OrderType, TimeInForce } from '../../domain/codes.ts';
import { Command } from '../../domain/command.ts';
import { DEFAULT_INSTRUMENTS } from '../../domain/instrument.ts';
import type { Random } from '../../sim/testing/random.ts';
import { InstrumentList } from '../instrument-list.ts';

/** Two: one with everything at its widest, one with a tick and a lot, and narrow bounds. */
export const SAMPLE_INSTRUMENTS = new InstrumentList([
  DEFAULT_INSTRUMENTS[0],
  {
    ...{ ...DEFAULT_INSTRUMENTS[0], name: 'ETH-USD', base: 'ETH', priceScale: 3, quantityScale: 5 },
    ...{ priceIncrementTicks: 25, minPriceTicks: 100, maxPriceTicks: 1_000_000 },
    ...{ quantityIncrementLots: 1_000, minQuantityLots: 2_000, maxQuantityLots: 1_000_000_000 },
  },
]);

const WIDEST = DEFAULT_INSTRUMENTS[0];
const ODD = [Number.NaN, Infinity, -Infinity, -1, -0, -0.5, 0.5, 1e-300, 2 ** 46, 2 ** 53, 2 ** 60, 1e300, 0, 1, 13];
const TEXTS = ['alice', 'b', 'é'.repeat(32), '👍🏽', '\ufeffbom', '"\\/', 'x'.repeat(64), ' ', 'ÿ', '\u00a0'];
const ODD_TEXTS = ['', 'a\u0001', '\u0001operator', '\u007f', '\u0085', '\u2028', 'x\u2029y', '\n'];
/** One value in so many is odd. */
const RARITY = 40;

const { NEW_ORDER, AMEND_ORDER, REPLACE_ORDER, MASS_CANCEL } = CommandType;

export function sampleCommand(random: Random): Command {
  const command = new Command();
  command.type = random.pick([1, 1, 1, 1, 2, 3, 3, 4, 5]);
  const { type } = command;
  command.instrument = random.below(2);
  command.targetOrder = type === NEW_ORDER || type === MASS_CANCEL ? 0 : 1 + random.below(2 ** 46 - 1);
  setTexts(command, random);
  if (type === NEW_ORDER || type === REPLACE_ORDER) setOrder(command, random);
  else if (type === AMEND_ORDER) setAmend(command, random);
  else if (type === MASS_CANCEL) {
    command.instrument = random.pick([0, 1, ALL_INSTRUMENTS, isOdd(random) ? 7 : 0]);
    command.side = random.pick([0, 1, 2]);
  } else command.instrument = 0;
  return command;
}

function isOdd(random: Random): boolean {
  return random.below(RARITY) === 0;
}

function setTexts(command: Command, random: Random): void {
  // Whose orders a mass cancel is about has to be said in a record, and not in a query.
  const isFree = command.type === CommandType.CANCEL_ORDER || command.type === AMEND_ORDER;
  const isKeyless = isFree || command.type === MASS_CANCEL;
  const pick = (mayLack: boolean): string =>
    mayLack && random.below(4) === 0 ? '' : random.pick(isOdd(random) ? ODD_TEXTS : TEXTS);
  const client = Buffer.from(pick(isFree) || (command.type === MASS_CANCEL ? 'alice' : ''));
  const key = Buffer.from(pick(isKeyless));
  command.bytes = Buffer.concat([client, key]);
  command.clientLength = client.length;
  command.keyOffset = client.length;
  command.keyLength = key.length;
}

function setAmend(command: Command, random: Random): void {
  const parts = random.below(4);
  if (parts !== 1) command.priceTicks = price(command, random);
  if (parts !== 2) command.quantityLots = quantity(command, random);
  if (isOdd(random)) {
    command.priceTicks = 0;
    command.quantityLots = 0;
  }
}

function setOrder(command: Command, random: Random): void {
  const odd = (): boolean => isOdd(random);
  const market = random.below(3) === 0;
  Object.assign(command, {
    side: odd() ? (command.type === NEW_ORDER ? 0 : 3) : 1 + random.below(2),
    orderType: odd() ? random.pick([0, 3]) : market ? OrderType.MARKET : OrderType.LIMIT,
    timeInForce: odd() ? 5 : random.pick(market ? [1, 2, 3] : [1, 1, 2, 3, 4]),
    selfTrade: odd() ? 5 : random.pick([0, 0, 1, 2, 3, 4]),
    instrument: odd() ? 2 : command.instrument,
  });
  const stop = random.below(4) === 0;
  if (stop) command.flags |= OrderFlag.STOP;
  if (stop) command.stopPriceTicks = price(command, random);
  if (market && stop && random.below(2) === 0) command.timeInForce = TimeInForce.GTT;
  if (command.timeInForce === TimeInForce.GTT || odd()) command.expiresUs = odd() ? random.pick(ODD) : time(random);
  const rests = !market && (command.timeInForce === TimeInForce.GTC || command.timeInForce === TimeInForce.GTT);
  if (odd() || (rests && !stop && random.below(3) === 0)) command.flags |= OrderFlag.POST_ONLY;
  if (odd() || (market && !stop && random.below(3) === 0)) command.flags |= OrderFlag.SLIPPAGE;
  const byAmount = odd() || (market && !stop && command.timeInForce !== TimeInForce.FOK && random.below(3) === 0);
  if (byAmount) setAmount(command, random);
  if (!byAmount || odd()) command.quantityLots = quantity(command, random);
  if (!market || random.below(2) === 0 || odd()) command.priceTicks = price(command, random);
  if (odd() || (rests && random.below(4) === 0)) {
    command.displayLots = odd() ? random.pick(ODD) : random.pick([command.quantityLots, quantity(command, random)]);
  }
}

function setAmount(command: Command, random: Random): void {
  command.flags |= OrderFlag.QUOTE_AMOUNT;
  command.amountHigh = isOdd(random) ? random.pick([-1, 2 ** 52, 2 ** 53 - 1]) : random.pick([0, 0, 5, 2 ** 52 - 1]);
  command.amountLow = random.pick([0, 1, random.below(2 ** 48)]);
}

function price({ instrument }: Command, random: Random): number {
  const { minPriceTicks, maxPriceTicks, priceIncrementTicks } = SAMPLE_INSTRUMENTS.all[instrument] ?? WIDEST;
  return count(random, minPriceTicks, maxPriceTicks, priceIncrementTicks);
}

function quantity({ instrument }: Command, random: Random): number {
  const { minQuantityLots, maxQuantityLots, quantityIncrementLots } = SAMPLE_INSTRUMENTS.all[instrument] ?? WIDEST;
  return count(random, minQuantityLots, maxQuantityLots, quantityIncrementLots);
}

/** A multiple within the bounds, often one of them; now and then the next one outside, or anything. */
function count(random: Random, min: number, max: number, increment: number): number {
  if (isOdd(random)) return random.pick([...ODD, min - increment, max + increment, min + increment / 2]);
  return random.pick([min, max, min + increment * random.below((max - min) / increment)]);
}

function time(random: Random): number {
  return 1 + random.below(Number.MAX_SAFE_INTEGER);
}

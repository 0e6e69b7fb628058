// Orders drawn at random: side, price and quantity, in the shapes that the flows need. Main thread of the benchmark.
// Allocates nothing: an order is drawn into one that is there.

import { Side } from '#ringbook/domain/codes.js';

export const MIDDLE_TICKS = 7_000_000;
export const LOT = 100_000_000;

/** Numbers 0 <= x < 1. */
export type Random = () => number;

/** An order drawn at random: filled by a `Draw`, read by `Recorder`. */
export interface Drawn {
  side: Side;
  priceTicks: number;
  quantityLots: number;
}

export type Draw = (random: Random, drawn: Drawn) => void;

/** Up to 100 coins: beyond 2^31 lots. */
export function drawQuantity(random: Random): number {
  return (1 + Math.floor(random() * 100)) * LOT;
}

function drawSide(random: Random): Side {
  return random() < 0.5 ? Side.BUY : Side.SELL;
}

/**
 * A power law of depth: P(farther than d ticks) = (1 + d / 10)^-0.6, the exponent that Bouchaud, Mezard and Potters found
 * (2002). Half of the orders rest within 22 ticks of the middle, a tenth farther than 450, a hundredth than 20 thousand.
 */
export function drawNear(random: Random, drawn: Drawn): void {
  drawn.side = drawSide(random);
  const away = Math.min(Math.ceil(10 * ((1 - random()) ** (-1 / 0.6) - 1)) + 1, MIDDLE_TICKS - 1);
  drawn.priceTicks = MIDDLE_TICKS + (drawn.side === Side.BUY ? -away : away);
  drawn.quantityLots = drawQuantity(random);
}

/** Anywhere in 10^7 ticks: nearly every order has a level of its own. */
export function drawSparse(random: Random, drawn: Drawn): void {
  drawn.side = drawSide(random);
  const away = 1 + Math.floor(random() * 5_000_000);
  drawn.priceTicks = MIDDLE_TICKS + (drawn.side === Side.BUY ? -away : away);
  drawn.quantityLots = drawQuantity(random);
}

export function drawOneLevel(random: Random, drawn: Drawn): void {
  drawn.side = Side.SELL;
  drawn.priceTicks = MIDDLE_TICKS;
  drawn.quantityLots = drawQuantity(random);
}

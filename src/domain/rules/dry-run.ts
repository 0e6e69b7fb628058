// What a dry run found, as its asker reads it. Pure; owned by whoever asks. Its lists are as long as the bound at most.

import { Reason } from '../reasons.ts';

/** Orders that one dry run meets at most, each further part of an iceberg counted anew: it holds up its thread. */
export const DRY_RUN_ORDERS_MAX = 10_000;

/** One object is filled again and again. */
export class DryRun {
  /** True when the order would meet more than DRY_RUN_ORDERS_MAX orders: nothing else is said then. */
  isTooLarge = false;
  /** Why the order would be rejected or refused, or why what is left of it would be cancelled; NONE when neither. */
  reason: Reason = Reason.NONE;
  executedLots = 0;
  /** What would rest in the book, or wait for its stop price. */
  remainingLots = 0;
  /** Its trades in order: the makers' prices, the quantities, the makers' order numbers. */
  readonly priceTicks: number[] = [];
  readonly quantityLots: number[] = [];
  readonly makerOrders: number[] = [];

  clear(): void {
    this.isTooLarge = false;
    this.reason = Reason.NONE;
    this.executedLots = 0;
    this.remainingLots = 0;
    this.priceTicks.length = 0;
    this.quantityLots.length = 0;
    this.makerOrders.length = 0;
  }

  /** Forgets what was found so far: there is more than is looked at. */
  giveUp(): void {
    this.clear();
    this.isTooLarge = true;
  }
}

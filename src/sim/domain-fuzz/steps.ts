// One invented command, and how a list of them is shortened, printed and numbered anew. Pure.

import { NO_COMMAND, type ReferenceCommand } from '../../domain/reference/reference-types.ts';

/** A command with its time. `target` is the number of the order as it was when the step was invented. */
export interface FuzzStep extends ReferenceCommand {
  /** The step's sequence when it was invented: a shortened case keeps it, so that its targets still mean the same. */
  readonly id: number;
  readonly timeUs: number;
  /** A new order or replacement is tried first: a dry run must say what then happens, and change nothing. */
  readonly dryRun: boolean;
}

export const FIRST_TIME_US = 1_700_000_000_000_000;
/** A number that no order ever gets. */
export const NEVER_ISSUED = 2 ** 52;

const NO_STEP: FuzzStep = { ...NO_COMMAND, id: 0, timeUs: FIRST_TIME_US, dryRun: false };

/** A step from what it names: how printed cases are pasted into a test. Written out: every step has the same shape. */
export function step(
  fields: Partial<FuzzStep>,
  id = fields.id ?? 0,
  timeUs = fields.timeUs ?? FIRST_TIME_US,
  dryRun = fields.dryRun ?? false,
): FuzzStep {
  return {
    id,
    timeUs,
    dryRun,
    type: fields.type ?? NO_STEP.type,
    client: fields.client ?? '',
    key: fields.key ?? '',
    instrument: fields.instrument ?? 0,
    side: fields.side ?? NO_STEP.side,
    orderType: fields.orderType ?? NO_STEP.orderType,
    timeInForce: fields.timeInForce ?? NO_STEP.timeInForce,
    selfTrade: fields.selfTrade ?? NO_STEP.selfTrade,
    flags: fields.flags ?? 0,
    price: fields.price ?? 0,
    quantity: fields.quantity ?? 0,
    target: fields.target ?? 0,
    stopPrice: fields.stopPrice ?? 0,
    display: fields.display ?? 0,
    expiresUs: fields.expiresUs ?? 0,
    amount: fields.amount ?? 0n,
    value: fields.value ?? NO_STEP.value,
    currency: fields.currency ?? 0,
    maxOpenOrders: fields.maxOpenOrders ?? 0,
    maxOrderQuantity: fields.maxOrderQuantity ?? 0,
    maxOrderNotional: fields.maxOrderNotional ?? 0n,
    maxPosition: fields.maxPosition ?? 0,
    definition: fields.definition,
  };
}

/** The same as TypeScript, without what a step need not name. */
export function printStep(one: FuzzStep): string {
  const named = Object.entries(one).filter(([name, value]) => value !== NO_STEP[name as keyof FuzzStep]);
  return `step({ ${named.map(([name, value]) => `${name}: ${printValue(value)}`).join(', ')} }),`;
}

function printValue(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : JSON.stringify(value);
}

/** Steps with ids 1, 2, 3..., their targets following. A target whose step is gone was never issued. */
export function renumbered(steps: readonly FuzzStep[]): readonly FuzzStep[] {
  const numbers = new Map(steps.map((one, place) => [one.id, place + 1]));
  return steps.map((one, place) => {
    const target = one.target === 0 ? 0 : (numbers.get(one.target) ?? NEVER_ISSUED);
    return { ...one, id: place + 1, target };
  });
}

/** Leaves out ever smaller pieces as long as the case still fails. */
export function shrink(
  steps: readonly FuzzStep[],
  fails: (steps: readonly FuzzStep[]) => boolean,
): readonly FuzzStep[] {
  let best = steps;
  for (let piece = Math.ceil(best.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
    for (let from = 0; from < best.length; ) {
      const fewer = [...best.slice(0, from), ...best.slice(from + piece)];
      if (fewer.length > 0 && fails(fewer)) best = fewer;
      else from += piece;
    }
  }
  return best;
}

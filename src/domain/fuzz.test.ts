// The fast engine against the reference engine, and proof that the comparison would notice a mistake in either.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { FuzzFailure, type FuzzOptions, fuzz, replaySteps } from '../sim/domain-fuzz.ts';
import { CommandType, Reason, Side } from './codes.ts';
import type { Command } from './command.ts';
import { IdempotencyTable } from './idempotency-table.ts';
import { BookSide, OrderBook } from './order-book.ts';
import { type ReferenceCommand, ReferenceEngine, type ReferenceOrder } from './reference-engine.ts';

const SEEDS = [1, 2, 3, 20_260_502];
const COMMANDS_PER_SEED = 25_000;

describe('fast engine and reference engine', () => {
  it.each(SEEDS)('agree on every event and all state, seed %i', (seed) => {
    const report = fuzz({ seed, commands: COMMANDS_PER_SEED });
    expect(report.commands).toBe(COMMANDS_PER_SEED);
    // A fuzzer that never reaches a rule proves nothing about it.
    for (const outcome of EVERY_OUTCOME) expect([outcome, report.outcomes.get(outcome) ?? 0]).not.toEqual([outcome, 0]);
    expect(report.trades).toBeGreaterThan(1_000);
    expect(report.restores).toBeGreaterThan(10);
  });

  it('does the same for the same seed', () => {
    expect(fuzz({ seed: 9, commands: 3_000 }).digest).toBe(fuzz({ seed: 9, commands: 3_000 }).digest);
    expect(fuzz({ seed: 9, commands: 3_000 }).digest).not.toBe(fuzz({ seed: 10, commands: 3_000 }).digest);
  });
});

/** OrderChange/Reason, refusals and replays that a run must have seen. */
const EVERY_OUTCOME = [
  ...['trade', 'replayed', 'order 1/0', 'order 2/0', 'order 2/10', 'order 2/11', 'order 3/1', 'order 3/2', 'order 3/3'],
  ...['order 3/4', 'order 3/5', 'order 4/0', 'order 5/20', 'order 6/0', 'order 7/0'],
  ...['refused 100', 'refused 101', 'refused 102', 'refused 103', 'refused 104', 'refused 105'],
];

describe('negative controls: a broken rule is found, and shrunk to a short case', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  class LastInFirstOut extends ReferenceEngine {
    protected override bestMakerFor(taker: ReferenceOrder): ReferenceOrder | undefined {
      const best = super.bestMakerFor(taker);
      if (best === undefined) return undefined;
      return this.live.findLast(
        (order) => order.price === best.price && order.side === best.side && order.instrument === best.instrument,
      );
    }
  }
  class TakersPrice extends ReferenceEngine {
    protected override tradePrice(maker: ReferenceOrder, taker: ReferenceOrder): bigint {
      return taker.price === 0n ? maker.price : taker.price;
    }
  }
  class DecreaseLosesPriority extends ReferenceEngine {
    protected override keepsPriority(order: ReferenceOrder, price: bigint, quantity: bigint): boolean {
      return price === order.price && quantity === order.quantity;
    }
  }
  class AnyoneMayCancel extends ReferenceEngine {
    protected override mayTouch(_command: ReferenceCommand, _order: ReferenceOrder): boolean {
      return true;
    }
  }
  class TouchingIsNotCrossing extends ReferenceEngine {
    protected override agrees(taker: ReferenceOrder, makerPrice: bigint): boolean {
      return super.agrees(taker, makerPrice) && taker.price !== makerPrice;
    }
  }
  class KeyAlone extends ReferenceEngine {
    protected override isSame(_first: string, _second: string): boolean {
      return true;
    }
  }
  class ForgetsRefusals extends ReferenceEngine {
    protected override isKept(outcome: ReferenceOrder | Reason): boolean {
      return typeof outcome !== 'number';
    }
  }

  it.each([
    ['the last order in is the first out', LastInFirstOut],
    ["trades print at the taker's price", TakersPrice],
    ['a smaller quantity loses priority', DecreaseLosesPriority],
    ['anyone may cancel and amend', AnyoneMayCancel],
    ['touching the opposite price does not cross', TouchingIsNotCrossing],
    ['a key is enough, whatever the command', KeyAlone],
    ['refused commands are forgotten', ForgetsRefusals],
  ])('reference: %s', (_name, Broken) => {
    expectCaught({ makeReference: (instruments, keysMax) => new Broken(instruments, keysMax) });
  });

  // ORDER_CLOSED is missing: a closed order stays closed.
  it.each([Reason.ORDER_UNKNOWN, Reason.NOT_OWNER, Reason.AMEND_INVALID, Reason.AMEND_WOULD_CROSS])(
    'reference: a refusal for reason %i is judged anew, and told only when the judgement differs',
    (anew) => {
      class JudgesAnew extends ReferenceEngine {
        protected override refuseAgain(reason: Reason, command: ReferenceCommand): void {
          if (reason === anew && this.carryOut(command) !== reason) return;
          this.events = [];
          super.refuseAgain(reason, command);
        }
      }
      expectCaught({ makeReference: (instruments, keysMax) => new JudgesAnew(instruments, keysMax) });
    },
  );

  it('engine: a refused command is forgotten', () => {
    const find = IdempotencyTable.prototype.find;
    vi.spyOn(IdempotencyTable.prototype, 'find').mockImplementation(function (this: IdempotencyTable, ...key) {
      const row = find.apply(this, key);
      return row >= 0 && this.isRefusal(row) ? -1 : row;
    });
    expectCaught({});
  });

  it('engine: the owner is not checked', () => {
    const changeCommand = (command: Command): void => {
      if (command.type !== CommandType.NEW_ORDER && command.keyLength === 0) command.clientLength = 0;
    };
    expectCaught({ changeCommand });
  });

  it('engine: a partly filled maker goes to the back of its queue', () => {
    const reduce = BookSide.prototype.reduce;
    vi.spyOn(BookSide.prototype, 'reduce').mockImplementation(function (this: BookSide, level, lots) {
      reduce.call(this, level, lots);
      const first = this.first[level];
      const resting = this.depthAt(this.levels.priceOf(level));
      if (this.orders[level] < 2 || resting < 2) return;
      this.remove(first, 1);
      this.append(first, 1);
    });
    expectCaught({});
  });

  it('engine: a level forgets what was taken from it', () => {
    vi.spyOn(BookSide.prototype, 'reduce').mockImplementation(() => {});
    expectCaught({});
  });

  it('engine: post-only looks at its own side', () => {
    vi.spyOn(OrderBook.prototype, 'crosses').mockImplementation(function (this: OrderBook, side, priceTicks) {
      const best = this.side(side).bestPriceTicks();
      return best !== 0 && (side === Side.BUY ? priceTicks >= best : priceTicks <= best);
    });
    expectCaught({});
  });

  it('engine: an amend with a known key need not be the same amend', () => {
    const isSameCommand = IdempotencyTable.prototype.isSameCommand;
    vi.spyOn(IdempotencyTable.prototype, 'isSameCommand').mockImplementation(function (
      this: IdempotencyTable,
      row,
      command,
    ) {
      return command.type === CommandType.AMEND_ORDER || isSameCommand.call(this, row, command);
    });
    expectCaught({});
  });

  function expectCaught(broken: Partial<FuzzOptions>): void {
    const failure = caught(broken);
    expect(failure.message).toContain('seed 5');
    expect(failure.steps.length).toBeLessThanOrEqual(12);
    expect(replaySteps(failure.steps, broken)).not.toBe('');
  }

  function caught(broken: Partial<FuzzOptions>): FuzzFailure {
    try {
      fuzz({ seed: 5, commands: 20_000, ...broken });
    } catch (error) {
      if (error instanceof FuzzFailure) return error;
      throw error;
    }
    throw new Error('the fuzzer noticed nothing');
  }
});

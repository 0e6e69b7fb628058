// Both engines of an episode, fed with the same steps. Owns them; each step is compared as it is applied. Pure.

import type { Capacity } from '../../domain/capacity.ts';
import { CommandType } from '../../domain/codes.ts';
import type { Command } from '../../domain/command.ts';
import { Engine } from '../../domain/engine.ts';
import { EngineState } from '../../domain/engine-state.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { ReferenceEngine } from '../../domain/reference/reference-engine.ts';
import { REFERENCE_LIMITS } from '../../domain/reference/reference-state.ts';
import type { ReferenceLimits } from '../../domain/reference/reference-types.ts';
import { DryRun } from '../../domain/rules/dry-run.ts';
import { CommandFiller } from './command-filler.ts';
import { firstDifference, StateComparison } from './compare-state.ts';
import { FUZZ_INSTRUMENTS } from './instruments.ts';
import { Narrator } from './narrator.ts';
import { ReferenceTracer } from './reference-tracer.ts';
import type { FuzzStep } from './steps.ts';
import { areSame, describe, type OutcomeCounts, Trace } from './trace.ts';

/** How the engines of an episode are made: tests put broken ones here. */
export interface PairOptions {
  readonly makeReference?: (instruments: readonly Instrument[], limits: ReferenceLimits) => ReferenceEngine;
  readonly changeCommand?: (command: Command) => void;
  /** What both have room for: that of the rules unless given. */
  readonly capacity?: Capacity | undefined;
}

/** More than a table starts with, fewer than an episode uses: it grows, and then forgets. */
const KEYS_MAX = 128;
/** Restored engines hash with another secret, which must not show. */
const OTHER_SECRET = [0x01234567, 0x76543210] as const;
/** Few enough for orders to be pushed to the far tier of the map, until the first restore. */
const FRONT_SLOTS = 4;
/** What no command would name. */
const NO_NUMBERS = [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_VALUE];
const FULL_CHECK_EVERY = 200;
const RESTORE_EVERY = 1_200;
const DIGEST_EVERY = 8;

export class EnginePair {
  readonly reference: ReferenceEngine;
  restores = 0;
  dryRuns = 0;
  private fast: Engine;
  private narrator = new Narrator();
  /** What `fast` was before its first restore: goes on alongside, to prove that restoring changed nothing. */
  private unbroken: Engine | undefined;
  private readonly unbrokenNarrator = this.narrator;
  private readonly filler = new CommandFiller();
  private readonly tracer: ReferenceTracer;
  private readonly comparison: StateComparison;
  private readonly expected = new Trace();
  private readonly report = new DryRun();
  private readonly changeCommand: ((command: Command) => void) | undefined;
  private readonly outcomes: OutcomeCounts;
  private sequence = 0;

  constructor(options: PairOptions, outcomes: OutcomeCounts) {
    const make = options.makeReference ?? ((instruments, limits) => new ReferenceEngine(instruments, limits));
    const { capacity } = options;
    const state = new EngineState(FUZZ_INSTRUMENTS, {
      ...capacity,
      idempotencyKeysMax: KEYS_MAX,
      frontSlots: FRONT_SLOTS,
    });
    this.reference = make(FUZZ_INSTRUMENTS, { ...REFERENCE_LIMITS, ...capacity, keysMax: KEYS_MAX });
    this.tracer = new ReferenceTracer(this.reference);
    this.comparison = new StateComparison(this.reference, this.tracer);
    this.fast = new Engine(FUZZ_INSTRUMENTS, this.narrator, state);
    this.narrator.engine = this.fast;
    this.changeCommand = options.changeCommand;
    this.outcomes = outcomes;
  }

  /** Applies a step to both; returns how they differ, '' when they do not. Its id must be the next sequence. */
  run(step: FuzzStep): string {
    const command = this.filler.fill(step, step.id % 3);
    this.changeCommand?.(command);
    try {
      return this.compareStep(step, command);
    } catch (error) {
      const text = error instanceof Error ? error.stack : String(error);
      return `step ${step.id}: an engine stopped: ${text}`;
    }
  }

  private compareStep(step: FuzzStep, command: Command): string {
    if (step.dryRun) {
      const difference = this.tryFirst(step, command);
      if (difference !== '') return difference;
    }
    this.sequence++;
    this.expected.clear();
    this.tracer.write(this.expected, this.reference.apply(step.timeUs, step));
    const difference = this.applyTo(this.fast, this.narrator, step, command);
    if (difference !== '') return difference;
    this.outcomes.count(this.expected);
    if (this.unbroken !== undefined) {
      const late = this.applyTo(this.unbroken, this.unbrokenNarrator, step, command);
      if (late !== '') return `never restored: ${late}`;
    }
    const isDue = this.sequence % FULL_CHECK_EVERY === 0;
    const state = isDue
      ? this.comparison.full(this.fast, this.narrator)
      : this.comparison.quick(this.fast, step.instrument);
    if (state !== '') return `after step ${step.id}, ${state}`;
    return this.sequence % RESTORE_EVERY === RESTORE_EVERY / 2 ? this.restore() : '';
  }

  private applyTo(engine: Engine, narrator: Narrator, step: FuzzStep, command: Command): string {
    narrator.trace.clear();
    this.foretell(engine, command);
    engine.apply(this.sequence, step.timeUs, command);
    if (areSame(this.expected, narrator.trace)) return '';
    return firstDifference(`step ${step.id}, event`, describe(this.expected), describe(narrator.trace));
  }

  /** Says of what comes now what is right, and of what comes then what may be wrong: nothing may depend on either. */
  private foretell(engine: Engine, command: Command): void {
    const { targets } = engine.outlook;
    targets[0] = command.type === CommandType.NEW_ORDER ? 0 : command.targetOrder;
    for (let i = 1; i < targets.length; i++) targets[i] = (this.sequence * 7 + i * i) % (this.sequence + 9);
    targets.set(NO_NUMBERS, this.sequence % (targets.length - NO_NUMBERS.length));
    engine.outlook.look(1 + (this.sequence % targets.length));
  }

  /** A dry run says what the step will do, and changes nothing. */
  private tryFirst(step: FuzzStep, command: Command): string {
    this.dryRuns++;
    const looksClosely = this.dryRuns % DIGEST_EVERY === 0;
    const before = looksClosely ? this.fast.digest() : '';
    const expected = this.reference.dryRun(step.timeUs, step);
    const { report } = this;
    this.fast.dryRun(step.timeUs, command, report);
    const lines = [`reason ${expected.reason}, executed ${expected.executed}, remaining ${expected.remaining}`];
    const found = [`reason ${report.reason}, executed ${report.executedLots}, remaining ${report.remainingLots}`];
    for (const { price, quantity, maker } of expected.fills) lines.push(`${quantity} at ${price} of #${maker}`);
    report.priceTicks.forEach((price, i) => {
      found.push(`${report.quantityLots[i]} at ${price} of #${report.makerOrders[i]}`);
    });
    const difference = firstDifference(`dry run of step ${step.id}`, lines, found);
    if (difference !== '' || !looksClosely) return difference;
    return this.fast.digest() === before ? '' : `dry run of step ${step.id} changed the state`;
  }

  /** The last comparison of an episode. */
  finish(): string {
    const state = this.comparison.full(this.fast, this.narrator);
    if (state !== '' || this.unbroken === undefined) return state;
    const digests = [this.fast.digest(), this.unbroken.digest()];
    return digests[0] === digests[1] ? '' : `digest after restoring is ${digests[0]}, without it ${digests[1]}`;
  }

  digest(): string {
    return this.fast.digest();
  }

  /** Goes on with an engine made from the other's snapshot, and a listener of its own. */
  private restore(): string {
    const bytes = this.fast.writeSnapshot();
    this.unbroken ??= this.fast;
    this.narrator = new Narrator();
    this.fast = Engine.fromSnapshot(bytes, this.narrator, OTHER_SECRET);
    this.narrator.engine = this.fast;
    this.restores++;
    const again = this.fast.writeSnapshot();
    const isSame = bytes.length === again.length && bytes.every((byte, i) => byte === again[i]);
    if (!isSame) return 'a snapshot, restored and written again, has other bytes';
    const state = this.comparison.full(this.fast, this.narrator);
    return state === '' ? '' : `after restoring, ${state}`;
  }
}

// Drives the fast engine and the reference engine with the same seeded commands and compares what they say after every
// one. Pure of clocks and I/O: the test calls it briefly, `npm run fuzz` for hours. A difference is shrunk and thrown.

import { Random } from '../testing/random.ts';
import { EnginePair, type PairOptions } from './engine-pair.ts';
import { StepInventor } from './inventor.ts';
import { PROFILES } from './profiles.ts';
import { type FuzzStep, printStep, renumbered, shrink } from './steps.ts';
import { OutcomeCounts } from './trace.ts';

export { type FuzzStep, step } from './steps.ts';

export interface FuzzOptions extends PairOptions {
  readonly seed: number;
  readonly commands: number;
  /** Commands per episode: each starts with empty engines, so that a failing case is short to begin with. */
  readonly episodeCommands?: number;
  /** The first episode; others follow. */
  readonly episode?: number;
  /** Called after every episode with how many commands are done. */
  readonly onProgress?: (commands: number) => void;
}

export interface FuzzReport {
  readonly seed: number;
  readonly commands: number;
  readonly trades: number;
  readonly restores: number;
  readonly dryRuns: number;
  /** How often each kind of outcome was seen: `order 1/0` is OrderChange/Reason, `refused 101`, `replayed`. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Digest of the last episode's final state: the same seed gives the same digest. */
  readonly digest: string;
}

/** The two engines disagree. The message holds seed, episode, difference and the shrunk steps. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
  readonly steps: readonly FuzzStep[];
  /** How to replay them. */
  readonly options: PairOptions;

  constructor(message: string, steps: readonly FuzzStep[], options: PairOptions) {
    super(message);
    this.steps = steps;
    this.options = options;
  }
}

const EPISODE_COMMANDS = 2_000;
/** Seeds of episodes of neighbouring seeds must not be the same. */
const SEED_STRIDE = 1_000_003;

/** Runs until `commands` have been compared. Throws FuzzFailure at the first difference. */
export function fuzz(options: FuzzOptions): FuzzReport {
  const episodeCommands = options.episodeCommands ?? EPISODE_COMMANDS;
  const counts = new OutcomeCounts();
  let commands = 0;
  let trades = 0;
  let restores = 0;
  let dryRuns = 0;
  let digest = '';
  for (let episode = options.episode ?? 0; commands < options.commands; episode++) {
    const count = Math.min(episodeCommands, options.commands - commands);
    const pair = runEpisode(options, episode, count, counts);
    commands += count;
    trades += pair.reference.lastTrade;
    restores += pair.restores;
    dryRuns += pair.dryRuns;
    digest = pair.digest();
    options.onProgress?.(commands);
  }
  return { seed: options.seed, commands, trades, restores, dryRuns, outcomes: counts.byName(), digest };
}

function runEpisode(all: FuzzOptions, episode: number, count: number, counts: OutcomeCounts): EnginePair {
  const profile = PROFILES[episode % PROFILES.length];
  const options = { ...all, capacity: profile.capacity };
  const random = new Random(options.seed * SEED_STRIDE + episode);
  const pair = new EnginePair(options, counts);
  const inventor = new StepInventor(random, pair.reference, profile);
  const steps: FuzzStep[] = [];
  let difference = '';
  for (let id = 1; id <= count && difference === ''; id++) {
    const step = inventor.next(id);
    steps.push(step);
    difference = pair.run(step);
  }
  if (difference === '') difference = pair.finish();
  if (difference !== '') throw failure(options, episode, steps, difference);
  return pair;
}

/** The difference that steps lead to, '' when there is none: for shrinking, and for keeping found cases as tests. */
export function replaySteps(steps: readonly FuzzStep[], options: PairOptions = {}): string {
  const pair = new EnginePair(options, new OutcomeCounts());
  for (const step of renumbered(steps)) {
    const difference = pair.run(step);
    if (difference !== '') return difference;
  }
  return pair.finish();
}

function failure(options: FuzzOptions, episode: number, steps: readonly FuzzStep[], difference: string): FuzzFailure {
  const shrunk = renumbered(shrink(steps, (fewer) => replaySteps(fewer, options) !== ''));
  const { name } = PROFILES[episode % PROFILES.length];
  return new FuzzFailure(
    `seed ${options.seed}, episode ${episode} (${name}): the engines differ after ${steps.length} commands; ` +
      `shrunk to ${shrunk.length}:\n  ${shrunk.map(printStep).join('\n  ')}\n` +
      `${replaySteps(shrunk, options) || difference}`,
    shrunk,
    options,
  );
}

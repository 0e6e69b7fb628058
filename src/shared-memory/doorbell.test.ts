// The doorbell: every interleaving of a thread that rings and a thread that goes to sleep, and what may come of each.
import { describe, expect, it } from 'vitest';
import { CommandRing } from './command-ring.ts';
import { DOORBELL_STRIDE_INTS, Doorbell } from './doorbell.ts';
import { DOORBELL_ASLEEP } from './layout.ts';

type Step = () => void;

/** Every order in which two lists of steps can mix. */
function* interleavings(a: readonly Step[], b: readonly Step[]): Generator<readonly Step[]> {
  if (a.length === 0) yield b;
  else if (b.length === 0) yield a;
  else {
    const [firstA, ...restA] = a;
    const [firstB, ...restB] = b;
    if (firstA !== undefined) for (const rest of interleavings(restA, b)) yield [firstA, ...rest];
    if (firstB !== undefined) for (const rest of interleavings(a, restB)) yield [firstB, ...rest];
  }
}

/** Outcomes over all interleavings. `lost`: the owner sleeps, the producer is done, and a message lies in the ring. */
function explore(options: { readonly recheck: boolean; readonly ringBeforeCommit?: boolean }): {
  lost: number;
  orders: number;
} {
  let lost = 0;
  let orders = 0;
  const total = [...interleavings(ownerSteps(), producerSteps())].length;
  for (let k = 0; k < total; k++) {
    const words = new Int32Array(new SharedArrayBuffer(DOORBELL_STRIDE_INTS * 4));
    const bell = new Doorbell(words, 0);
    const ring = CommandRing.create(new SharedArrayBuffer(CommandRing.bytesNeeded(4, 8)), 4, 8);
    const state = { found: false, waiting: false };
    const order = [
      ...interleavings(
        ownerSteps(ring, bell, state, options.recheck),
        producerSteps(ring, bell, options.ringBeforeCommit),
      ),
    ][k];
    for (const step of order ?? []) step();
    orders++;
    const asleep = state.waiting && words[0] === DOORBELL_ASLEEP;
    if (asleep && ring.available(1) === 1) lost++;
    if (!asleep && !state.found) expect(ring.available(1)).toBe(1); // awake: the next turn finds it
  }
  return { lost, orders };
}

function ownerSteps(
  ring?: CommandRing,
  bell?: Doorbell,
  state = { found: false, waiting: false },
  recheck = true,
): Step[] {
  const look: Step = () => {
    if (ring !== undefined && !state.found && ring.available(1) > 0) {
      state.found = true;
      bell?.disarm();
    }
  };
  return [
    look,
    () => {
      if (!state.found) bell?.arm();
    },
    recheck ? look : () => {},
    () => {
      state.waiting = !state.found;
    },
  ];
}

function producerSteps(ring?: CommandRing, bell?: Doorbell, ringBeforeCommit = false): Step[] {
  const commit: Step = () => {
    ring?.claim();
    ring?.commit();
  };
  const ringIt: Step = () => bell?.ring();
  return ringBeforeCommit ? [ringIt, commit] : [commit, ringIt];
}

describe('doorbell', () => {
  it('loses no wake-up in any order of steps', () => {
    expect(explore({ recheck: true })).toEqual({ lost: 0, orders: 15 });
  });

  it('negative control: an owner that does not look again after arming, and a producer that rings too early, lose some', () => {
    expect(explore({ recheck: false }).lost).toBeGreaterThan(0);
    expect(explore({ recheck: true, ringBeforeCommit: true }).lost).toBeGreaterThan(0);
  });

  it('returns at once when it was rung before the wait', async () => {
    const words = new Int32Array(new SharedArrayBuffer(DOORBELL_STRIDE_INTS * 8));
    const bell = new Doorbell(words, DOORBELL_STRIDE_INTS);
    bell.arm();
    bell.ring();
    bell.waitBlocking(Number.POSITIVE_INFINITY);
    expect(bell.waitAsync(Number.POSITIVE_INFINITY)).toBeUndefined();
    bell.arm();
    const wait = bell.waitAsync(Number.POSITIVE_INFINITY);
    expect(wait).toBeInstanceOf(Promise);
    const keepAlive = setInterval(() => {}, 1e6);
    new Doorbell(words, DOORBELL_STRIDE_INTS).ring();
    expect(await wait).toBe('ok');
    clearInterval(keepAlive);
    expect(words[0]).toBe(0); // the neighbour's line
  });

  it('is awake again after a wait that ran out', () => {
    const words = new Int32Array(new SharedArrayBuffer(DOORBELL_STRIDE_INTS * 4));
    const bell = new Doorbell(words, 0);
    bell.arm();
    bell.waitBlocking(0);
    expect(words[0]).toBe(0);
  });

  it('refuses words that are not shared, and an index between two lines', () => {
    const shared = new Int32Array(new SharedArrayBuffer(DOORBELL_STRIDE_INTS * 8));
    expect(() => new Doorbell(new Int32Array(16), 0)).toThrow('SharedArrayBuffer');
    expect(() => new Doorbell(shared, 1)).toThrow('not a multiple');
    expect(() => new Doorbell(shared, 2 * DOORBELL_STRIDE_INTS)).toThrow('not a multiple');
  });
});

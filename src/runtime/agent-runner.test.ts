// The agent runner: order of starting, turns and closing; sleeping only after a second look; faults that reach the caller.
import { describe, expect, it } from 'vitest';
import { DOORBELL_STRIDE_INTS, Doorbell } from '../shared-memory/doorbell.ts';
import type { Agent } from './agent.ts';
import { runBlocking, runOnEventLoop } from './agent-runner.ts';
import { defaultWaitStrategy, idleTurnsBeforeSleep, WAIT_STRATEGIES, type WaitStrategy } from './idle-strategy.ts';

/** Writes down what its owner does, and lets a test act at each step; never really sleeps unless told. */
class WatchedDoorbell extends Doorbell {
  readonly #events: string[];
  readonly #sleep: boolean;

  constructor(events: string[], sleep = false) {
    super(new Int32Array(new SharedArrayBuffer(DOORBELL_STRIDE_INTS * 4)), 0);
    this.#events = events;
    this.#sleep = sleep;
  }
  override arm(): void {
    this.#events.push('arm');
    super.arm();
  }
  override waitBlocking(timeoutMs: number): void {
    this.#events.push(`wait ${timeoutMs}`);
    super.waitBlocking(this.#sleep ? timeoutMs : 0);
  }
  override waitAsync(timeoutMs: number): Promise<unknown> | undefined {
    this.#events.push(`wait ${timeoutMs}`);
    return super.waitAsync(this.#sleep ? timeoutMs : 0);
  }
}

/** Does `work` in turn, then nothing. */
function agentOf(name: string, events: string[], work: readonly number[], maxIdleMs?: number): Agent {
  let turn = 0;
  return {
    name,
    onStart: () => {
      events.push(`${name} starts`);
    },
    doWork: () => {
      events.push(name);
      return work[turn++] ?? 0;
    },
    ...(maxIdleMs === undefined ? {} : { maxIdleMs: () => maxIdleMs }),
    onClose: () => {
      events.push(`${name} closes`);
    },
  };
}

type Run = (agents: readonly Agent[], bell: Doorbell, wait: WaitStrategy, running: () => boolean) => Promise<void>;

const RUNNERS: ReadonlyArray<readonly [string, Run]> = [
  ['runBlocking', async (...given) => runBlocking(...given)],
  ['runOnEventLoop', runOnEventLoop],
];

function times(count: number): () => boolean {
  let left = count;
  return () => left-- > 0;
}

for (const [name, run] of RUNNERS) {
  describe(name, () => {
    it('starts in order, looks once more after arming, sleeps as short as the most impatient asks, closes in reverse', async () => {
      const events: string[] = [];
      const agents = [agentOf('a', events, [1, 0, 0], 30), agentOf('b', events, [])];
      await run(agents, new WatchedDoorbell(events), 'block', times(name === 'runBlocking' ? 3 : 2));
      const onceMore = name === 'runBlocking' ? ['a', 'b'] : []; // an event loop arms right after work
      const turns = ['a', 'b', ...onceMore, 'arm', 'a', 'b', 'wait 30'];
      expect(events).toEqual(['a starts', 'b starts', ...turns, 'b closes', 'a closes']);
    });

    it('does not sleep when the second look finds work', async () => {
      const events: string[] = [];
      await run([agentOf('a', events, [0, 1, 0])], new WatchedDoorbell(events), 'block', times(2));
      expect(events.slice(1, -1)).toEqual(['a', 'arm', 'a', 'a', 'arm', 'a']);
    });

    it('does not sleep when it was told to stop while it armed', async () => {
      const events: string[] = [];
      let on = true;
      const agent: Agent = {
        name: 'a',
        doWork: () => {
          if (events.includes('arm')) on = false;
          return 0;
        },
      };
      await run([agent], new WatchedDoorbell(events, true), 'block', () => on);
      expect(events).toEqual(['arm']);
    });

    it('does not sleep through a ring that comes after the second look', async () => {
      const events: string[] = [];
      const bell = new WatchedDoorbell(events, true);
      const agent: Agent = {
        name: 'a',
        doWork: () => 0,
        maxIdleMs: () => {
          bell.ring(); // between the second look and the wait
          return Number.POSITIVE_INFINITY;
        },
      };
      await run([agent], bell, 'block', times(6));
      expect(events.filter((event) => event === 'wait Infinity').length).toBeGreaterThan(1);
    });

    it('polls before it sleeps when it yields, and never arms when it spins', async () => {
      const yielding: string[] = [];
      await run([agentOf('a', yielding, [])], new WatchedDoorbell(yielding), 'yield', times(1500));
      expect(yielding.indexOf('arm')).toBeGreaterThan(20);
      const spinning: string[] = [];
      await run([agentOf('a', spinning, [])], new WatchedDoorbell(spinning), 'spin', times(1500));
      expect(spinning).not.toContain('arm');
      expect(spinning.filter((event) => event === 'a')).toHaveLength(1500);
    });

    it('hands a fault to the caller, closes what had started, and reports the first fault only', async () => {
      const events: string[] = [];
      const failing: Agent = {
        name: 'f',
        doWork: () => {
          throw new Error('first');
        },
        onClose: () => {
          events.push('f closes');
          throw new Error('second');
        },
      };
      const agents = [agentOf('a', events, []), failing];
      await expect(run(agents, new WatchedDoorbell(events), 'block', () => true)).rejects.toThrow('first');
      expect(events).toEqual(['a starts', 'a', 'f closes', 'a closes']);
    });

    it('does not close an agent whose start failed, and reports a failure to close', async () => {
      const events: string[] = [];
      const unstarted: Agent = {
        ...agentOf('u', events, []),
        onStart: () => {
          throw new Error('no start');
        },
      };
      const agents = [agentOf('a', events, []), unstarted];
      await expect(run(agents, new WatchedDoorbell(events), 'block', () => true)).rejects.toThrow('no start');
      expect(events).toEqual(['a starts', 'a closes']);
      const unclosed: Agent = {
        ...agentOf('c', events, []),
        onClose: () => {
          throw new Error('no close');
        },
      };
      await expect(run([unclosed], new WatchedDoorbell(events), 'block', () => false)).rejects.toThrow('no close');
    });
  });
}

describe('the two runners differ', () => {
  it('a blocking thread refuses agents that start asynchronously', () => {
    const agent: Agent = { name: 'slow', onStart: async () => {}, doWork: () => 0 };
    expect(() => runBlocking([agent], new WatchedDoorbell([]), 'block', () => false)).toThrow(
      'agent slow: starts or closes async',
    );
  });

  it('an event loop serves others however much work there is, and while it sleeps', async () => {
    const events: string[] = [];
    const bell = new WatchedDoorbell([], true);
    let turn = 0;
    const agent: Agent = {
      name: 'a',
      doWork: () => {
        const now = ++turn;
        if (now <= 4) setImmediate(() => events.push(`served ${now} before ${turn + 1}`));
        if (now >= 6) setTimeout(() => bell.ring(), 1); // by now it has slept once; only this wakes it again
        return now <= 4 ? 1 : 0;
      },
      maxIdleMs: () => (turn < 6 ? 0 : Number.POSITIVE_INFINITY),
    };
    await runOnEventLoop([agent], bell, 'block', () => turn < 9);
    expect(events).toEqual(['served 1 before 3', 'served 2 before 3', 'served 3 before 5', 'served 4 before 5']);
  });

  it('an event loop waits for asynchronous starts and closes, in order', async () => {
    const events: string[] = [];
    const later = async (event: string): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      events.push(event);
    };
    const agents = ['a', 'b'].map(
      (name): Agent => ({
        name,
        onStart: () => later(`${name} starts`),
        doWork: () => 1,
        onClose: () => later(`${name} closes`),
      }),
    );
    await runOnEventLoop(agents, new WatchedDoorbell([]), 'block', times(2));
    expect(events).toEqual(['a starts', 'b starts', 'b closes', 'a closes']);
  });
});

describe('idle strategies', () => {
  it('sleep after none, some or no end of idle turns', () => {
    expect(WAIT_STRATEGIES.map((wait) => idleTurnsBeforeSleep(wait, 7))).toEqual([Number.POSITIVE_INFINITY, 7, 0]);
    expect(defaultWaitStrategy(2)).toBe('block');
    expect(defaultWaitStrategy(64)).toBe('yield');
  });
});

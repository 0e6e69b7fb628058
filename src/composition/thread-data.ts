// What main hands a thread when it starts it: plain data and shared memory. Any thread; read only.

import type { Config } from '../config.ts';
import type { PostgresConnection } from '../ledger/embedded-postgres.ts';
import { SharedProcessState } from '../runtime/process-state.ts';
import { CounterBlock } from '../shared-memory/counters.ts';
import { LatestValue } from '../shared-memory/latest-value.ts';
import type { ThreadMessage } from '../supervisor/messages.ts';
import { doorbellOf, type SharedMemory, type ThreadPlan } from '../topology.ts';
import { InstrumentDirectory } from '../wire/instrument-directory.ts';

export interface ThreadData {
  readonly config: Config;
  /** The concrete port, also when the configured one is 0. */
  readonly port: number;
  readonly threads: readonly ThreadPlan[];
  readonly index: number;
  readonly memory: SharedMemory;
  readonly directories: {
    readonly journal: string;
    readonly snapshots: string;
    readonly spool: string;
    /** A file. */
    readonly control: string;
  };
  /** Only for the threads of the projections. */
  readonly postgres: PostgresConnection | { readonly url: string } | undefined;
}

/** What every composition needs, opened on the thread itself. */
export class Wiring {
  readonly data: ThreadData;
  readonly state: SharedProcessState;
  /** What can be traded, as the matching thread has published it last. */
  readonly instruments: InstrumentDirectory;
  /** Tells main something. */
  readonly tell: (message: ThreadMessage) => void;

  constructor(data: ThreadData, tell: (message: ThreadMessage) => void) {
    this.data = data;
    this.state = new SharedProcessState(data.memory.state);
    this.instruments = new InstrumentDirectory(new LatestValue(data.memory.instruments));
    this.tell = tell;
  }

  get doorbell() {
    return doorbellOf(this.data.memory, this.data.index);
  }

  counters(block: number): CounterBlock {
    return new CounterBlock(this.data.memory.counters, block);
  }
}

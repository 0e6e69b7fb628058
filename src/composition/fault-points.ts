// Faults that a test asks for: a disk and a durable point of the matching thread that end the process where the plan says, an
// engine that faults on a client, a gateway that throws. Each on the thread it is about, and made only when it is asked for:
// otherwise nothing stands between the writer and its file.

import { assert } from '../assert.ts';
import type { Engine } from '../domain/engine.ts';
import { type JournalDisk, SYSTEM_DISK } from '../journal/journal-writer.ts';
import type { Agent } from '../runtime/agent.ts';
import { type FaultPlan, passFaultPoint, throwAtFaultPoint } from '../runtime/fault-point.ts';
import { DurablePointWriter, type JournalEnd } from '../wire/durable-point.ts';

export function faultyDisk(plan: FaultPlan): JournalDisk {
  return {
    write: (fd, bytes, lengthBytes, position) => {
      passFaultPoint(plan, 'before_write');
      const written = SYSTEM_DISK.write(fd, bytes, lengthBytes, position);
      passFaultPoint(plan, 'after_write');
      return written;
    },
    sync: (fd) => SYSTEM_DISK.sync(fd),
  };
}

/** An engine that faults on every command of a client, when it has applied it: its state is not to be used any more then. */
export function poisonEngine(engine: Engine, clientId: string): void {
  const apply = engine.apply.bind(engine);
  engine.apply = (sequence, timeUs, command) => {
    const { bytes, clientOffset, clientLength } = command;
    const client = Buffer.from(bytes.subarray(clientOffset, clientOffset + clientLength)).toString();
    apply(sequence, timeUs, command);
    assert(client !== clientId, `a command of ${clientId} is poison (RINGBOOK_POISON_CLIENT)`);
  };
}

/** An agent that throws after a turn in which it had work, where the plan says. */
export function throwInTurn<A extends Agent>(agent: A, plan: FaultPlan): A {
  const doWork = agent.doWork.bind(agent);
  agent.doWork = () => {
    const work = doWork();
    if (work > 0) throwAtFaultPoint(plan, 'gateway_turn');
    return work;
  };
  return agent;
}

/** Main is told of a frame when it is on the disk and before any reply to its commands is: the point between the two. */
export class FaultyDurablePoint extends DurablePointWriter {
  readonly #plan: FaultPlan;

  constructor(plan: FaultPlan, sink: ConstructorParameters<typeof DurablePointWriter>[0]) {
    super(sink);
    this.#plan = plan;
  }

  override publish(end: JournalEnd, cleanShutdown: boolean): void {
    passFaultPoint(this.#plan, 'after_sync_before_reply');
    super.publish(end, cleanShutdown);
  }
}

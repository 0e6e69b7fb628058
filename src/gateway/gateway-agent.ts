// The gateway agent: HTTP and WebSocket at one port, and the gateway's end of every ring. Runs on a gateway thread with an
// event loop; requests arrive between turns, answers leave in them. Owns the uWebSockets app and everything that waits.
// Must never let its thread end with a socket open: that aborts the whole process.

import { App, type TemplatedApp, type us_listen_socket, us_listen_socket_close } from 'uWebSockets.js';
import { assert } from '../assert.ts';
import type { Agent } from '../runtime/agent.ts';
import { ProcessState } from '../runtime/process-state.ts';
import type { MessageRing } from '../shared-memory/message-ring.ts';
import { recordUnits } from '../shared-memory/record.ts';
import { COMMAND_SLOT_BYTES } from '../wire/command-codec.ts';
import { REPLY_BYTES_MAX } from '../wire/reply-codec.ts';
import { AccountRoutes } from './account-routes.ts';
import { AdminAccess } from './admin-access.ts';
import { AdminRoutes } from './admin-routes.ts';
import { admitRead } from './admission.ts';
import { addRoutes } from './app.ts';
import type { Asker } from './asker.ts';
import { BodyReader } from './body.ts';
import { CommandSender } from './command-sender.ts';
import { ConnectionCap } from './connections.ts';
import type { GatewayContext } from './context.ts';
import { DepthReads } from './depth-reads.ts';
import { OrderEntry } from './entry/order-entry.ts';
import { OrderFrames } from './entry/order-frames.ts';
import { Askers } from './http-askers.ts';
import { identityOf } from './identity.ts';
import { OrderReplies } from './order-replies.ts';
import { OrderRoutes } from './order-routes.ts';
import { PendingTable } from './pending.ts';
import { FollowerQueries } from './queries.ts';
import { ReadRoutes } from './read-routes.ts';
import { Responder } from './responses.ts';
import { readStaticFiles } from './static-files.ts';
import { CloseCode, StreamSockets } from './stream.ts';
import { VenueRoutes } from './venue-routes.ts';
import { WebSockets } from './ws/web-sockets.ts';

/** Time limits are looked at this often. */
const SWEEP_INTERVAL_US = 50_000;
/** Sleeps: while a book is waited for, while anything has a time limit, and otherwise. */
const IDLE_DEPTH_MS = 5;
const IDLE_WAITING_MS = 50;
const IDLE_MS = 1_000;

export class GatewayAgent implements Agent {
  readonly name: string;
  /** Order entry over /ws. */
  readonly orderFrames: OrderFrames;
  readonly #context: GatewayContext;
  readonly #app: TemplatedApp;
  readonly #pending: PendingTable<Asker>;
  readonly #bodies: BodyReader;
  readonly #queries: FollowerQueries;
  readonly #replies: OrderReplies;
  readonly #depthReads: DepthReads;
  readonly #stream: StreamSockets;
  readonly #webSockets: WebSockets;
  #listenSocket: us_listen_socket | undefined;
  #sweepAtUs = 0;
  #opened = false;
  #closed = false;
  readonly #onExit = (): void => this.#close();

  constructor(context: GatewayContext) {
    assertRoom(context);
    this.name = `gateway-${context.index}`;
    this.#context = context;
    const { clock, counters, state, instruments, limits } = context;
    const askers = new Askers(clock, counters);
    const responder = new Responder(context.index, clock.nowUs(), counters);
    const identity = identityOf(state, instruments);
    const pending = new PendingTable<Asker>(limits.inFlightMax);
    const bodies = new BodyReader(limits.bodyBytesMax, limits.bodyTimeoutMs * 1000, responder);
    const queries = new FollowerQueries(context, responder);
    const depthReads = new DepthReads(context, responder);
    const access = new AdminAccess(context.adminToken);
    this.#pending = pending;
    this.#bodies = bodies;
    this.#queries = queries;
    this.#depthReads = depthReads;
    const sender = new CommandSender(context, responder, pending);
    this.#replies = new OrderReplies({ context, responder, queries, identity, pending });
    this.#stream = new StreamSockets(context.stream, counters, clock, limits.streamBackpressureBytesMax);
    const entryParts = { context, responder, queries, identity, sender };
    const entry = new OrderEntry(entryParts, 'path');
    this.orderFrames = new OrderFrames(entryParts);
    const connections = new ConnectionCap(limits.connectionsMax, counters);
    this.#app = App().filter(connections.counted);
    this.#app.ws(
      '/stream',
      this.#stream.behavior((res) => admitRead(state, askers.begin(res), responder), connections.streamEnded),
    );
    this.#webSockets = new WebSockets({
      ...{ context, app: this.#app, askers, responder, queries, identity, handlers: [this.orderFrames] },
      connectionEnded: connections.streamEnded,
    });
    addRoutes(this.#app, {
      orders: new OrderRoutes({ context, askers, responder, bodies, sender, access, entry }),
      reads: new ReadRoutes({ context, askers, responder, queries, depthReads, identity }),
      accounts: new AccountRoutes({ context, askers, responder, queries, identity }),
      admin: new AdminRoutes({ context, askers, responder, bodies, access }),
      venue: new VenueRoutes({ context, askers, responder, bodies, sender, access }),
      files: readStaticFiles(),
      askers,
      responder,
    });
  }

  /** Listens, unless the process is about to end. Rejects when the address is taken or not ours. */
  onStart(): Promise<void> {
    const { host, port, state } = this.#context;
    process.on('exit', this.#onExit);
    // Said before the state is read, as main reads it after it has set the state: one of the two sees the other, so
    // that the process never ends on a socket it does not know of.
    state.gatewayOpened();
    this.#opened = true;
    if (state.get() >= ProcessState.CLOSING) {
      this.#close();
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#app.listen(host, port, (socket) => {
        if (socket === false) {
          this.#close();
          reject(new Error(`cannot listen on ${host} port ${port}: the address is in use or not this machine's`));
          return;
        }
        this.#listenSocket = socket;
        resolve();
      });
    });
  }

  doWork(): number {
    if (this.#closed) return 0;
    this.#webSockets.hold();
    let work = this.#replies.doWork() + this.#queries.doWork();
    this.#webSockets.release();
    work += this.#depthReads.doWork() + this.#stream.doWork();
    work += this.orderFrames.doWork() + this.#webSockets.doWork() + this.#followState();
    const nowUs = this.#context.clock.monotonicUs();
    if (nowUs >= this.#sweepAtUs) {
      this.#sweepAtUs = nowUs + SWEEP_INTERVAL_US;
      this.#replies.sweep(nowUs);
      this.#queries.sweep(nowUs);
      this.#bodies.sweep(nowUs);
      this.orderFrames.sweep(nowUs);
    }
    return work;
  }

  maxIdleMs(): number {
    if (this.#depthReads.size > 0) return IDLE_DEPTH_MS;
    const waiting = this.#pending.size + this.#queries.size + this.#bodies.size;
    const idleMs = waiting > 0 || this.orderFrames.waiting ? IDLE_WAITING_MS : IDLE_MS;
    return Math.min(idleMs, this.#webSockets.maxIdleMs());
  }

  onClose(): void {
    this.#close();
  }

  /** After the journal failed: passes on what was replied before, and tells the others that nothing more will come. */
  #followState(): number {
    const state = this.#context.state.get();
    if (state < ProcessState.POISONED) return 0;
    let work = 0;
    for (let drained = this.#replies.doWork(); drained > 0; drained = this.#replies.doWork()) work += drained;
    this.#replies.giveUp();
    if (state >= ProcessState.CLOSING) this.#close();
    return work;
  }

  /** Every socket, at once; a thread that ends with one open takes the process down. */
  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    process.off('exit', this.#onExit);
    this.#replies.giveUp();
    this.#stream.close(CloseCode.SHUTDOWN, 'shutdown');
    this.#webSockets.close(CloseCode.SHUTDOWN, 'shutdown');
    const listening = this.#listenSocket;
    this.#listenSocket = undefined;
    if (listening !== undefined) us_listen_socket_close(listening);
    this.#app.close();
    if (this.#opened) this.#context.state.gatewayClosed();
  }
}

/** The matching thread never waits: each command in flight has room for the largest reply, and each slot for any command. */
function assertRoom({ replyRing, commandRing, limits }: GatewayContext): void {
  const roomBytes = (limits.inFlightMax + 1) * recordUnits(REPLY_BYTES_MAX) * 8;
  assert(
    capacityBytes(replyRing) >= roomBytes,
    `a reply ring of ${roomBytes} bytes for ${limits.inFlightMax} in flight`,
  );
  assert(commandRing.slotBytes >= COMMAND_SLOT_BYTES, 'a slot holds the longest command');
}

function capacityBytes(ring: MessageRing): number {
  return 2 * (ring.maxMessageBytes + 8);
}

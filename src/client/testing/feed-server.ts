// A server of /ws that tells a drawn market, by WEBSOCKET.md: subscriptions, snapshots, resumes, parts. It goes on while
// nobody listens, and is cut off after whichever message a test says.

import { mergedChanges, type Step } from './drawn-market.ts';
import { ScriptedServer, type ScriptedSocket } from './scripted-server.ts';
import type { VirtualTime } from './virtual-time.ts';

type Message = Record<string, unknown>;

export interface FeedServerOptions {
  readonly time: VirtualTime;
  readonly steps: readonly Step[];
  /** How many of the newest messages can be resumed from. */
  readonly kept: number;
  /** Counts of all messages sent, over all sockets, behind each of which the socket is cut. */
  readonly cuts: ReadonlySet<number>;
  /** Steps at which the server is another one, with another journal. */
  readonly moves?: ReadonlySet<number>;
  /** Steps that are not told; not the last one, which nothing would show. */
  readonly losses?: ReadonlySet<number>;
}

const INSTRUMENT = 'BTC-USD';
const STEP_MS = 20;

export class FeedServer {
  readonly clients = new ScriptedServer();
  /** Messages sent so far. */
  sent = 0;
  readonly #options: FeedServerOptions;
  /** The newest step that is public. */
  #at = 0;
  #journal = 1;
  /** The socket and the channels on it. */
  #socket: ScriptedSocket | undefined;
  readonly #live = new Set<string>();

  constructor(options: FeedServerOptions) {
    this.#options = options;
    this.clients.onConnect = (socket) => this.#accept(socket);
  }

  /** Publishes all steps; then whatever time the client needs to catch up. */
  run(): void {
    const { time, steps, moves, losses } = this.#options;
    time.pass(STEP_MS);
    while (this.#at < steps.length - 1) {
      this.#at++;
      if (moves?.has(this.#at) === true) {
        this.#journal++;
        this.#cut();
      }
      const told = this.#at === steps.length - 1 || losses?.has(this.#at) !== true;
      if (told) for (const channel of this.#live) this.#sayStep(channel, this.#at, this.#step(this.#at - 1).sequence);
      time.pass(STEP_MS);
    }
    time.pass(60_000);
  }

  #step(index: number): Step {
    return this.#options.steps[index];
  }

  #accept(socket: ScriptedSocket): void {
    const { time } = this.#options;
    this.#live.clear();
    this.#socket = socket;
    socket.onMessage = (message) => {
      time.after(1, () => {
        if (!socket.ended && this.#socket === socket) this.#answer(message);
      });
    };
    time.after(1, () => {
      if (!socket.ended) socket.open();
    });
  }

  #answer({ type, req_id, channels, from_sequence, journal }: Message): void {
    if (type === 'ping') this.#say({ type: 'pong', req_id, time: '' });
    if (type !== 'subscribe' || !Array.isArray(channels)) return;
    const channel = String(channels[0]);
    this.#live.delete(channel);
    this.#say({ type: 'subscriptions', req_id, channels: [] });
    const reason = this.#whySnapshot(from_sequence, journal);
    if (typeof from_sequence !== 'number' || reason !== undefined) this.#saySnapshot(channel, reason ?? 'subscribed');
    else this.#resume(channel, from_sequence);
    this.#live.add(channel);
  }

  #whySnapshot(from: unknown, journal: unknown): string | undefined {
    if (typeof from !== 'number') return undefined;
    if (journal !== String(this.#journal)) return 'other_journal';
    if (from > this.#now()) return 'ahead';
    return from < this.#step(Math.max(0, this.#at - this.#options.kept)).sequence ? 'too_old' : undefined;
  }

  /** The engine's own sequence: commands of other instruments may follow the newest step. */
  #now(): number {
    const next = this.#options.steps[this.#at + 1];
    return next === undefined ? this.#step(this.#at).sequence : next.sequence - 1;
  }

  #saySnapshot(channel: string, reason: string): void {
    const { bids, asks, orders, checksum } = this.#step(this.#at);
    const head = { type: 'snapshot', ...about(channel, this.#now()), reason, journal: String(this.#journal) };
    if (channel === 'matches') this.#say(head);
    else if (channel === 'full') this.#sayParts({ ...head, checksum }, 'orders', orders);
    else this.#say({ ...head, bids, asks, checksum });
  }

  #resume(channel: string, from: number): void {
    const { steps } = this.#options;
    const missed = steps.slice(0, this.#at + 1).filter(({ sequence }) => sequence > from);
    const known = steps.filter(({ sequence }) => sequence <= from).at(-1)?.sequence ?? 0;
    const sequence = missed.at(-1)?.sequence ?? known;
    this.#say({ type: 'resumed', channel, instrument: INSTRUMENT, from_sequence: from, sequence });
    if (missed.length === 0) return;
    if (channel === 'level2') {
      const { checksum } = this.#step(this.#at);
      const head = { type: 'l2update', ...about(channel, sequence), prev_sequence: from, checksum };
      this.#sayParts(head, 'changes', mergedChanges(missed));
      return;
    }
    let previous = from;
    for (let at = this.#at - missed.length + 1; at <= this.#at; at++) {
      this.#sayStep(channel, at, previous, true);
      previous = this.#step(at).sequence;
    }
  }

  #sayStep(channel: string, at: number, prev_sequence: number, missed = false): void {
    const { sequence, changes, events, trades, checksum } = this.#step(at);
    // Of messages of `full` that were missed only the newest has one.
    const summed = missed && at < this.#at ? {} : { checksum };
    const head = { ...about(channel, sequence), prev_sequence };
    if (channel === 'level2') this.#sayParts({ type: 'l2update', ...head, checksum }, 'changes', changes);
    else if (channel === 'full') this.#sayParts({ type: 'full', ...head, ...summed }, 'events', events);
    else this.#sayParts({ type: 'match', ...head }, 'trades', trades);
  }

  /** In parts of two entries. Only the last has the checksum. */
  #sayParts(head: Message, name: string, list: readonly unknown[]): void {
    const { checksum: _, ...part } = head;
    for (let from = 0; from === 0 || from < list.length; from += 2) {
      const last = from + 2 >= list.length;
      this.#say({ ...(last ? head : { ...part, more: true }), [name]: list.slice(from, from + 2) });
    }
  }

  #say(message: Message): void {
    if (this.#socket === undefined) return;
    this.#socket.say(message);
    if (this.#options.cuts.has(++this.sent)) this.#cut();
  }

  #cut(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#live.clear();
    socket?.end(1006);
  }
}

function about(channel: string, sequence: number): Message {
  return { channel, instrument: INSTRUMENT, sequence, time: '2026-11-23T00:00:00.000000Z' };
}

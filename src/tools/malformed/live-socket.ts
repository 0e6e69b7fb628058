// One socket of /ws that malformed frames are sent over, and what comes back held against what must: refusals in the order of their
// frames, good orders whenever they are done. Owns its connection. Stops at the first difference: nothing behind it can be matched.

import { decodeServerFrame } from '../../wire/binary-server-frame.ts';
import { PROBLEMS } from '../../wire/problem.ts';
import { asObject, parseObject } from '../replay-requests.ts';
import { WsConnection } from '../ws-connection.ts';
import type { BrokenFrame } from './broken-frames.ts';
import type { GoodOrder } from './declared-orders.ts';
import type { LiveFrame, Refusal } from './live-frames.ts';
import type { LiveTally } from './live-tally.ts';

const PATIENCE_MS = 10_000;
const ACCEPTED = 202;
const OPEN_OBJECT = 0x7b;

/** A message of the server, JSON or binary, as far as it matters here. */
interface Answer {
  readonly id: unknown;
  readonly status: unknown;
  /** The problem document; undefined: it is none. */
  readonly problem: Readonly<Record<string, unknown>> | undefined;
}

interface Awaited extends Refusal {
  readonly name: string;
}

export class LiveSocket {
  readonly #tally: LiveTally;
  #connection: WsConnection | undefined;
  #refusals: Awaited[] = [];
  /** How many of these have come. */
  #refused = 0;
  readonly #orders = new Set<unknown>();
  #lastName = '';
  #isBroken = false;
  #changed: () => void = () => {};

  /** Rejects with ConnectionLost. */
  static async open(url: URL, tally: LiveTally): Promise<LiveSocket> {
    const socket = new LiveSocket(tally);
    const connection = await WsConnection.open(url, '/ws', (bytes, from, to) => socket.#take(bytes.subarray(from, to)));
    connection.onClose = () => socket.#changed();
    socket.#connection = connection;
    return socket;
  }

  private constructor(tally: LiveTally) {
    this.#tally = tally;
  }

  /** All at once. True: each is answered as it must be. False: the socket is of no use any more, and the tally says why. */
  async send(frames: readonly (LiveFrame | GoodOrder)[]): Promise<boolean> {
    for (const one of frames) {
      if ('id' in one) this.#orders.add(one.id);
      this.#await(one);
    }
    this.#connection?.write(Buffer.concat(frames.map(({ bytes }) => bytes)));
    await this.#until(() => this.#isQuiet || this.#isBroken || !this.#isOpen);
    if (this.#isQuiet && this.#isOpen && !this.#isBroken) return true;
    if (!this.#isOpen) this.#differ(`closed with ${this.#connection?.closeCode} before ${this.#missing()}`);
    else this.#differ(`no answer to ${this.#missing()}`);
    this.#connection?.destroy();
    return false;
  }

  /** Sends what must end the socket, and `behind` in the same breath. */
  async end(broken: BrokenFrame, behind: Buffer): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#await(broken);
    connection.write(broken.isCutOff ? broken.bytes : Buffer.concat([broken.bytes, behind]));
    if (broken.isCutOff) connection.end();
    await this.#until(() => !this.#isOpen || this.#isBroken);
    if (this.#isOpen) this.#differ(`not closed after ${broken.name}`);
    else if (!this.#isQuiet) this.#differ(`closed before ${this.#missing()}`);
    else if (connection.closeCode !== broken.closeCode)
      this.#differ(`closed with ${connection.closeCode}, not ${broken.closeCode}, after ${broken.name}`);
    else if (!this.#isBroken) this.#tally.closed++;
    connection.destroy();
  }

  close(): void {
    this.#connection?.destroy();
  }

  get #isOpen(): boolean {
    return this.#connection?.open === true;
  }

  get #isQuiet(): boolean {
    return this.#refused === this.#refusals.length && this.#orders.size === 0;
  }

  #await({ name, refusals }: { readonly name: string; readonly refusals: readonly Refusal[] }): void {
    if (this.#refused === this.#refusals.length) {
      this.#refusals = [];
      this.#refused = 0;
    }
    for (const refusal of refusals) this.#refusals.push({ ...refusal, name });
    this.#lastName = name;
    this.#tally.refusals += refusals.length;
  }

  #missing(): string {
    const [order = ''] = this.#orders;
    return this.#refusals[this.#refused]?.name ?? `order ${String(order)}`;
  }

  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, PATIENCE_MS);
      this.#changed = () => {
        if (!holds()) return;
        clearTimeout(late);
        resolve();
      };
      this.#changed();
    });
  }

  #take(message: Buffer): void {
    if (this.#isBroken) return;
    try {
      for (const answer of answersIn(message)) this.#match(answer);
    } catch (error) {
      this.#differ(`unreadable answer: ${String(error)}`);
    }
    this.#changed();
  }

  #match({ id, status, problem }: Answer): void {
    if (problem === undefined) {
      if (status !== ACCEPTED || !this.#orders.delete(id))
        this.#differ(`answered ${status} what was not meant, id ${id}`);
      else this.#tally.acknowledged++;
      return;
    }
    const awaited = this.#refusals[this.#refused++];
    const found = faultOf(awaited, id, problem);
    if (found === '') this.#tally.refused++;
    else this.#differ(`${found}: ${awaited?.name ?? `behind ${this.#lastName}`}`);
  }

  #differ(what: string): void {
    if (!this.#isBroken) this.#tally.differences.push(what);
    this.#isBroken = true;
  }
}

function answersIn(message: Buffer): Answer[] {
  if (message[0] === OPEN_OBJECT) {
    const { id, req_id, status, error } = parseObject(message.toString());
    return [
      {
        id: id === undefined ? req_id : id,
        status,
        problem: error === undefined ? undefined : asObject(error, 'error'),
      },
    ];
  }
  const { messages, fault } = decodeServerFrame(message);
  const answers = messages.map((one): Answer => {
    if (one.type === 'problem') return { id: one.requestId, status: one.status, problem: parseObject(one.text) };
    return one.type === 'reply' ? { id: one.requestId, status: one.status, problem: undefined } : UNREADABLE;
  });
  return fault === '' ? answers : [...answers, UNREADABLE];
}

/** Nothing is answered so. */
const UNREADABLE: Answer = { id: undefined, status: 'with something unreadable', problem: undefined };

/** '' when it is the problem that must come back. */
function faultOf(awaited: Refusal | undefined, id: unknown, problem: Readonly<Record<string, unknown>>): string {
  if (awaited === undefined) return 'a refusal of nothing';
  const { code, field = '', status, executed } = problem;
  const is = (wanted: unknown, found: unknown) => wanted === undefined || wanted === found;
  if (!Object.hasOwn(PROBLEMS, String(code)) || executed !== 'no') return `refused with ${JSON.stringify(problem)}`;
  if (typeof status !== 'number' || status < 400 || status > 499) return `refused with status ${status}`;
  if (is(awaited.code, code) && is(awaited.field, field) && is(awaited.id, id)) return '';
  return `refused with ${code} ${field} id ${id}, not ${awaited.code} ${awaited.field} id ${awaited.id}`;
}

// Reads malformed frames as gateways and clients do, and sees to what every reader owes: it never throws, never reads outside the
// frame, leaves it as it was, and what it takes for good is good. Owns its readers.

import { Command } from '../../domain/command.ts';
import { isWellFormed } from '../../domain/rules/well-formed.ts';
import { CLIENT_MESSAGES, FrameFault, FrameReader, MessageType } from '../../wire/binary-frame.ts';
import { BinaryCommandReader } from '../../wire/binary-orders.ts';
import { decodeServerFrame } from '../../wire/binary-server-frame.ts';
import { COMMAND_SLOT_BYTES, encodeCommand } from '../../wire/command-codec.ts';
import { OrderRequestParser } from '../../wire/order-request.ts';
import { SAMPLE_INSTRUMENTS } from '../../wire/testing/binary-samples.ts';
import { JsonTwin } from '../../wire/testing/json-twin.ts';
import type { MalformedFrame } from './malformed-frames.ts';

const NO_ORIGIN = { gateway: 0, requestId: 0, receivedUs: 0 };
/** Bytes around a frame that nobody may read. */
const MARGIN = 5;
const FAULTS = Object.keys(FrameFault).map((name) => name.toLowerCase());

export class DecoderCheck {
  /** How often each outcome came about. */
  readonly outcomes = new Map<string, number>();
  /** What no reader may do, with the frame in hexadecimal digits. */
  readonly violations: string[] = [];
  readonly #frame = new FrameReader(CLIENT_MESSAGES);
  readonly #requests: BinaryCommandReader;
  readonly #orders = new OrderRequestParser(SAMPLE_INSTRUMENTS);
  readonly #twin = new JsonTwin(SAMPLE_INSTRUMENTS);
  readonly #command = new Command();

  /** `requests`: the reader that is put to the test. */
  constructor(requests: BinaryCommandReader = new BinaryCommandReader(SAMPLE_INSTRUMENTS)) {
    this.#requests = requests;
  }

  read({ kind, bytes }: MalformedFrame): void {
    const room = new Uint8Array(bytes.length + 2 * MARGIN).fill(0x31);
    room.set(bytes, MARGIN);
    const frame = room.subarray(MARGIN, MARGIN + bytes.length);
    try {
      if (kind === 'request') this.#readRequests(frame);
      else if (kind === 'answer') this.#readAnswers(frame);
      else this.#readBody(frame);
    } catch (error) {
      this.#violate(`thrown: ${String(error)}`, bytes);
    }
    if (Buffer.compare(frame, bytes) !== 0) this.#violate('the frame was changed', bytes);
  }

  #readRequests(bytes: Uint8Array): void {
    const frame = this.#frame;
    const reader = this.#requests;
    frame.start(bytes);
    while (frame.next()) {
      const isCommand = frame.type === MessageType.COMMAND;
      const isGood = isCommand
        ? reader.readCommand(frame.bytes, frame.view, frame.body, frame.end, this.#command)
        : reader.readStatus(frame.view, frame.body);
      if (isGood && isCommand) this.#checkCommand(bytes);
      const name = isCommand ? 'command' : 'status';
      this.#count(isGood ? `${name} good` : `${name} ${reader.problem.code} ${reader.problem.field}`);
    }
    if (frame.fault !== FrameFault.NONE) this.#count(`frame ${FAULTS[frame.fault]}`);
  }

  #readAnswers(bytes: Uint8Array): void {
    const { messages, fault } = decodeServerFrame(bytes);
    for (const { type } of messages) this.#count(`answer ${type}`);
    if (fault !== '') this.#count(`answer: ${fault}`);
  }

  #readBody(bytes: Uint8Array): void {
    const parser = this.#orders;
    const isGood = parser.parse(bytes, 0, bytes.length, this.#command);
    if (isGood && !isWellFormed(this.#command)) this.#violate('a body became a command that is none', bytes);
    this.#count(isGood ? 'json good' : `json ${parser.problem.code}`);
  }

  /** What was taken for a command is one, and one that JSON could have said: the same bytes go into the ring. */
  #checkCommand(bytes: Uint8Array): void {
    const command = this.#command;
    if (!isWellFormed(command)) this.#violate('a record became a command that is none', bytes);
    else if (!this.#twin.parse(command)) this.#violate(`JSON says ${this.#twin.problem.detail}`, bytes);
    else if (!ringBytes(command).equals(ringBytes(this.#twin.command)))
      this.#violate('JSON says something else', bytes);
  }

  #count(outcome: string): void {
    const name = outcome.trimEnd();
    this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1);
  }

  #violate(what: string, bytes: Uint8Array): void {
    this.violations.push(`${what}; frame ${Buffer.from(bytes).toString('hex')}`);
  }
}

function ringBytes(command: Command): Buffer {
  const bytes = Buffer.alloc(COMMAND_SLOT_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return bytes.subarray(0, encodeCommand(bytes, view, 0, command, NO_ORIGIN));
}

// Commands and questions of binary frames into domain Commands: what a client's record may say is what JSON could have said,
// and it is refused with the same codes and fields. Layout: WIRE.md, "Binary frames of /ws". Gateway threads; one reader
// for each. The command borrows the frame until the next read. Never throws on input. Allocates: nothing for a good record.

import { ALL_INSTRUMENTS, CommandType, Side } from '../domain/codes.ts';
import type { Command } from '../domain/command.ts';
import { checkOrder, checkQuantity, isPrice } from './binary-order-checks.ts';
import { PRICE, refuse } from './binary-refusals.ts';
import { checkRecordText } from './binary-texts.ts';
import * as C from './command-codec.ts';
import type { InstrumentSource } from './instrument-list.ts';
import type { RequestProblem } from './problem.ts';
import { ID_NUMBER_LIMIT } from './public-id.ts';

// From the start of a message's body.
const REQUEST_ID = 0;
const RESERVED = 4;
const RECORD = 8;

/** Length of an order's extension, in words of 8 bytes. */
const ORDER_WORDS = 5;

const { NEW_ORDER, CANCEL_ORDER, AMEND_ORDER, REPLACE_ORDER, MASS_CANCEL } = CommandType;

export class BinaryCommandReader {
  /** What was wrong, after a read answered false. */
  readonly problem: RequestProblem = { status: 400, code: 'malformed_frame', field: '', detail: '' };
  /** Of the message that was read last; 0 when it had none that could be read. */
  requestId = 0;
  /** After readStatus: the order that is asked for. */
  orderNumber = 0;
  readonly #instruments: InstrumentSource;

  constructor(instruments: InstrumentSource) {
    this.#instruments = instruments;
  }

  /**
   * Fills `command` from the command message whose body is `bytes[body..end)`, at least as long as FrameReader asks.
   * False: `problem` says why, and `command` is not to be used.
   */
  readCommand(bytes: Uint8Array, view: DataView, body: number, end: number, command: Command): boolean {
    this.requestId = view.getUint32(body + REQUEST_ID, true);
    if (!this.#isIntact(bytes, view, body, end)) return false;
    C.decodeCommand(bytes, view, body + RECORD, command);
    // As an amount -0 is 0; as bytes it is not.
    command.priceTicks += 0;
    command.quantityLots += 0;
    command.targetOrder += 0;
    switch (command.type) {
      case NEW_ORDER:
        return this.#isUnnamed(command) && checkOrder(this.problem, this.#instruments.current, command);
      case REPLACE_ORDER:
        return this.#namesOrder(command.targetOrder) && checkOrder(this.problem, this.#instruments.current, command);
      case AMEND_ORDER:
        return this.#readAmend(command);
      case CANCEL_ORDER:
        return this.#readCancel(command);
      default:
        return this.#readMassCancel(command);
    }
  }

  /** Fills `orderNumber` from the status message whose body begins at `body`. False: `problem` says why. */
  readStatus(view: DataView, body: number): boolean {
    this.requestId = view.getUint32(body + REQUEST_ID, true);
    this.orderNumber = view.getFloat64(body + RECORD, true) + 0;
    if (view.getUint32(body + RESERVED, true) !== 0) return this.#malformed('bytes 12 to 15 of the message must be 0.');
    return this.#namesOrder(this.orderNumber);
  }

  /** Whether the record's lengths agree, so that it can be decoded, and all is 0 that a client has nothing to say with. */
  #isIntact(bytes: Uint8Array, view: DataView, body: number, end: number): boolean {
    const at = body + RECORD;
    const type = view.getUint16(at + C.COMMAND_TYPE, true);
    const words = bytes[at + C.COMMAND_EXTENSION_WORDS];
    const texts =
      C.COMMAND_FIXED_BYTES + words * 8 + bytes[at + C.COMMAND_CLIENT_LENGTH] + bytes[at + C.COMMAND_KEY_LENGTH];
    const length = view.getUint16(at + C.COMMAND_LENGTH, true);
    if (type < NEW_ORDER || type > MASS_CANCEL) {
      return refuse(this.problem, 'invalid_value', 'type', 'A client’s command is of type 1 to 5.');
    }
    if (length !== end - at) return this.#malformed('the record is not as long as the rest of its message.');
    if (length !== ((texts + 7) & ~7)) return this.#malformed('the record’s length and its parts disagree.');
    const placesOrder = type === NEW_ORDER || type === REPLACE_ORDER;
    if (words !== 0 && !(placesOrder && words === ORDER_WORDS)) {
      return this.#malformed('only an order’s record has an extension, of 5 words.');
    }
    if (!isZero(bytes, at + texts, end)) return this.#malformed('what pads the texts must be 0.');
    return isBlank(view, body) || this.#malformed('gateway, request id, received and value of the record must be 0.');
  }

  #readCancel(command: Command): boolean {
    return (
      this.#namesOrder(command.targetOrder) &&
      this.#readTexts(command) &&
      this.#mustBe(0, command.instrument, 'instrument') &&
      this.#mustBe(0, command.priceTicks, 'price') &&
      this.#mustBe(0, command.quantityLots, 'quantity') &&
      this.#isPlain(command)
    );
  }

  #readAmend(command: Command): boolean {
    const { problem } = this;
    if (!this.#namesOrder(command.targetOrder) || !this.#hasClientForKey(command)) return false;
    const { priceTicks, quantityLots } = command;
    if (priceTicks === 0 && quantityLots === 0) {
      return refuse(problem, 'missing_field', 'price', 'price or quantity is required.');
    }
    if (!this.#readTexts(command) || !this.#isPlain(command)) return false;
    const { all } = this.#instruments.current;
    if (command.instrument >= all.length) return this.#unknownInstrument();
    const terms = all[command.instrument];
    return (
      (priceTicks === 0 || isPrice(problem, PRICE, 'price', priceTicks, terms)) &&
      (quantityLots === 0 || checkQuantity(problem, terms, command))
    );
  }

  /** Of one client alone: everyone's orders are the operator's to cancel, and no operator comes this way. */
  #readMassCancel(command: Command): boolean {
    if (command.clientLength === 0) {
      return refuse(this.problem, 'missing_field', 'client_id', 'client_id is required.');
    }
    const { instrument, side } = command;
    const isKnown = instrument === ALL_INSTRUMENTS || instrument < this.#instruments.current.all.length;
    return (
      this.#readTexts(command) &&
      (isKnown || this.#unknownInstrument()) &&
      (side <= Side.SELL ||
        refuse(this.problem, 'invalid_value', 'side', 'side must be 1 (buy), 2 (sell) or 0 (both).')) &&
      this.#isUnnamed(command) &&
      this.#mustBe(0, command.priceTicks, 'price') &&
      this.#mustBe(0, command.quantityLots, 'quantity') &&
      this.#isPlain(command)
    );
  }

  /** Ids of HTTP carry check bits; a number here is taken as it is, and the engine says whether there is such an order. */
  #namesOrder(number: number): boolean {
    if (number >= 1 && number < ID_NUMBER_LIMIT && number % 1 === 0) return true;
    return refuse(this.problem, 'order_unknown', '', 'This is not the number of an order.');
  }

  #isUnnamed(command: Command): boolean {
    return this.#mustBe(0, command.targetOrder, 'order_id');
  }

  #hasClientForKey(command: Command): boolean {
    if (command.keyLength === 0 || command.clientLength > 0) return true;
    return refuse(this.problem, 'missing_field', 'client_id', 'client_id is required with an idempotency_key.');
  }

  #readTexts(command: Command): boolean {
    return (
      this.#hasClientForKey(command) &&
      checkRecordText(this.problem, 'idempotency_key', command.bytes, command.keyOffset, command.keyLength) &&
      checkRecordText(this.problem, 'client_id', command.bytes, command.clientOffset, command.clientLength)
    );
  }

  /** Whether what only orders have is as WIRE.md has it for commands that place none. */
  #isPlain(command: Command): boolean {
    return (
      (command.type === MASS_CANCEL || this.#mustBe(1, command.side, 'side')) &&
      this.#mustBe(1, command.orderType, 'type') &&
      this.#mustBe(1, command.timeInForce, 'time_in_force') &&
      this.#mustBe(0, command.flags, 'flags') &&
      this.#mustBe(0, command.selfTrade, 'stp')
    );
  }

  /** A field that the command does not use. */
  #mustBe(unused: number, value: number, field: string): boolean {
    return value === unused || refuse(this.problem, 'field_not_allowed', field, `${field} must be ${unused} here.`);
  }

  #unknownInstrument(): false {
    return refuse(this.problem, 'unknown_instrument', 'instrument', 'There is no such instrument.');
  }

  #malformed(what: string): false {
    return refuse(this.problem, 'malformed_frame', '', `The command could not be read: ${what}`);
  }
}

/** Whether a client has left alone what gateways write, and what stands between the request id and the record. */
function isBlank(view: DataView, body: number): boolean {
  const at = body + RECORD;
  const received =
    view.getUint32(at + C.COMMAND_RECEIVED_US, true) | view.getUint32(at + C.COMMAND_RECEIVED_US + 4, true);
  const others = view.getUint16(at + C.COMMAND_GATEWAY, true) | view.getUint32(at + C.COMMAND_REQUEST_ID, true);
  return (received | others | view.getUint32(at + C.COMMAND_VALUE, true) | view.getUint32(body + RESERVED, true)) === 0;
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

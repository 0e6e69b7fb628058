// A load's requests and replies as binary messages of /ws, by the codecs that the client uses. A tool's process; pure.

import { CommandType, OrderFlag, OrderType, Side, TimeInForce } from '../../domain/codes.ts';
import { CLIENT_ID_BYTES_MAX, Command, IDEMPOTENCY_KEY_BYTES_MAX } from '../../domain/command.ts';
import {
  type BinaryOrder,
  decodeBinaryOrder,
  decodeBinaryProblem,
  decodeBinaryReply,
} from '../../wire/binary-answers.ts';
import { FrameFault, FrameReader, MessageType, SERVER_MESSAGES } from '../../wire/binary-frame.ts';
import { COMMAND_MESSAGE_BYTES_MAX, encodeStatusFrame, writeCommandMessage } from '../../wire/binary-requests.ts';
import { ORDER_STATUS_TEXTS, ORDER_TYPE_TEXTS, SIDE_TEXTS, TIME_IN_FORCE_TEXTS } from '../../wire/enum-texts.ts';
import { ReplyKind } from '../../wire/reply-codec.ts';
import { PRICE_SCALE, problemCodeOf, QUANTITY_SCALE, ReplyError } from '../replay-requests.ts';
import type { FlowOrder } from './flow.ts';
import {
  isLiveName,
  type LoadRequest,
  type Placed,
  type Reply,
  type SeenOrder,
  statusName,
  unitsIn,
  unreadable,
} from './requests.ts';

/** BTC-USD: the first that is defined. */
const INSTRUMENT = 0;

/** A buffer of this length behind `at` holds any request. */
export const REQUEST_BYTES_MAX = COMMAND_MESSAGE_BYTES_MAX;

/** One for all requests: what no kind uses stays as it is made. */
const command = new Command();
/** Client id and key, which are ASCII. */
const texts = Buffer.alloc(CLIENT_ID_BYTES_MAX + IDEMPOTENCY_KEY_BYTES_MAX);
command.bytes = texts;

/** Writes the message at `at`; returns its length. `id` is 1 to 2^32 - 1. */
export function writeBinaryRequest(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  id: number,
  request: LoadRequest,
): number {
  if (request.kind === 'status') {
    const message = encodeStatusFrame(id, request.placed.number);
    bytes.set(message, at);
    return message.length;
  }
  if (request.kind === 'place') fillOrder(request.order, request.key);
  else fillChange(request.placed, request.kind === 'amend' ? request.changes : {});
  command.type = TYPES[request.kind];
  return writeCommandMessage(bytes, view, at, id, command, false);
}

const TYPES = {
  place: CommandType.NEW_ORDER,
  cancel: CommandType.CANCEL_ORDER,
  amend: CommandType.AMEND_ORDER,
} as const;

function fillOrder(order: FlowOrder, key: string): void {
  command.side = order.side === 'buy' ? Side.BUY : Side.SELL;
  command.orderType = order.type === 'market' ? OrderType.MARKET : OrderType.LIMIT;
  command.timeInForce = order.time_in_force === 'IOC' ? TimeInForce.IOC : TimeInForce.GTC;
  command.flags = order.post_only === true ? OrderFlag.POST_ONLY : 0;
  command.targetOrder = 0;
  fillAmounts(order);
  fillTexts(order.client_id, key);
}

/** A cancel or an amend, for which side, type and time in force are the first of their kind. */
function fillChange({ number, order }: Placed, changes: { readonly price?: string; readonly quantity?: string }): void {
  command.side = Side.BUY;
  command.orderType = OrderType.LIMIT;
  command.timeInForce = TimeInForce.GTC;
  command.flags = 0;
  command.targetOrder = number;
  fillAmounts(changes);
  fillTexts(order.client_id, '');
}

function fillAmounts({ price, quantity }: { readonly price?: string; readonly quantity?: string }): void {
  command.instrument = INSTRUMENT;
  command.priceTicks = unitsIn(price, PRICE_SCALE);
  command.quantityLots = unitsIn(quantity, QUANTITY_SCALE);
}

function fillTexts(client: string, key: string): void {
  command.clientLength = texts.write(client, 'latin1');
  command.keyOffset = command.clientLength;
  command.keyLength = texts.write(key, command.keyOffset, 'latin1');
}

/** Calls `answered` for each message of a frame; with the id -1 when it is no answer to a request. */
export class BinaryReplies {
  readonly #reader = new FrameReader(SERVER_MESSAGES);

  read(frame: Uint8Array, answered: (id: number, reply: Reply) => void): void {
    const reader = this.#reader;
    reader.start(frame);
    while (reader.next()) {
      const { id, reply } = answerAt(reader);
      answered(id, reply);
    }
    if (reader.fault !== FrameFault.NONE) answered(-1, unreadable(`a binary frame with fault ${reader.fault}`));
  }
}

interface Answer {
  readonly id: number;
  readonly reply: Reply;
}

function answerAt(reader: FrameReader): Answer {
  try {
    return (
      decode(reader) ?? { id: -1, reply: unreadable(`a binary message of type ${reader.type} without its layout`) }
    );
  } catch (error) {
    if (error instanceof ReplyError) return { id: -1, reply: unreadable(error.message) };
    throw error;
  }
}

function decode(reader: FrameReader): Answer | undefined {
  switch (reader.type) {
    case MessageType.REPLY: {
      const said = decodeBinaryReply(reader);
      if (said?.order === undefined) return undefined;
      const { requestId, status, kind, tradesTotal, fills } = said;
      const traded = fills.reduce((sum, { quantityLots }) => sum + quantityLots, 0);
      const order = seenOrder(said.order, tradesTotal === fills.length ? traded : undefined);
      return { id: requestId, reply: { status, code: '', replayed: kind === ReplyKind.REPLAYED, order, fault: '' } };
    }
    case MessageType.PROBLEM: {
      const said = decodeBinaryProblem(reader);
      if (said === undefined) return undefined;
      const code = problemCodeOf(said.text);
      return { id: said.requestId, reply: { status: said.status, code, replayed: false, order: undefined, fault: '' } };
    }
    case MessageType.ORDER: {
      const said = decodeBinaryOrder(reader);
      if (said === undefined) return undefined;
      const order = seenOrder(said.order, undefined);
      return { id: said.requestId, reply: { status: said.status, code: '', replayed: false, order, fault: '' } };
    }
    default:
      return undefined;
  }
}

/** The record says neither what remains nor what was cancelled: it is the rest, by the status; of a rejected order nothing. */
function seenOrder(order: BinaryOrder, tradedLots: number | undefined): SeenOrder {
  const status = statusName(ORDER_STATUS_TEXTS[order.status] ?? '');
  const rest = order.quantityLots - order.executedLots - order.preventedLots;
  return {
    id: '',
    number: order.number,
    clientId: order.clientId,
    side: SIDE_TEXTS[order.side] ?? '',
    type: ORDER_TYPE_TEXTS[order.type] ?? '',
    timeInForce: TIME_IN_FORCE_TEXTS[order.timeInForce] ?? '',
    postOnly: (order.flags & OrderFlag.POST_ONLY) !== 0,
    priceTicks: order.priceTicks,
    quantityLots: order.quantityLots,
    filledLots: order.executedLots,
    remainingLots: isLiveName(status) ? rest : 0,
    cancelledLots: isLiveName(status) || status === 'rejected' ? 0 : rest,
    preventedLots: order.preventedLots,
    status,
    tradedLots,
  };
}

// A load's requests and replies as binary messages of /ws, by the codecs that the client uses. A tool's process; pure.

import { CommandType, OrderFlag, OrderType, Side, TimeInForce } from '../../domain/codes.ts';
import {
  type BinaryOrder,
  decodeBinaryOrder,
  decodeBinaryProblem,
  decodeBinaryReply,
} from '../../wire/binary-answers.ts';
import { FrameFault, FrameReader, MessageType, SERVER_MESSAGES } from '../../wire/binary-frame.ts';
import { encodeCommandFrame, encodeStatusFrame } from '../../wire/binary-requests.ts';
import { ORDER_STATUS_TEXTS, ORDER_TYPE_TEXTS, SIDE_TEXTS, TIME_IN_FORCE_TEXTS } from '../../wire/enum-texts.ts';
import { ReplyKind } from '../../wire/reply-codec.ts';
import { problemCodeOf, ReplyError } from '../replay-requests.ts';
import {
  isLiveName,
  type LoadRequest,
  PRICE_SCALE,
  QUANTITY_SCALE,
  type Reply,
  type SeenOrder,
  statusName,
  unitsIn,
  unreadable,
} from './requests.ts';

/** BTC-USD: the first that is defined. */
const INSTRUMENT = 0;

/** `id` is 1 to 2^32 - 1. */
export function binaryMessageOf(id: number, request: LoadRequest): Uint8Array {
  if (request.kind === 'status') return encodeStatusFrame(id, request.placed.number);
  if (request.kind === 'place') return placeMessageOf(id, request);
  const { number, order } = request.placed;
  const common = { clientId: order.client_id, targetOrder: number };
  if (request.kind === 'cancel') return encodeCommandFrame(id, { ...common, type: CommandType.CANCEL_ORDER });
  const { price, quantity } = request.changes;
  return encodeCommandFrame(id, {
    ...common,
    type: CommandType.AMEND_ORDER,
    instrument: INSTRUMENT,
    priceTicks: unitsIn(price, PRICE_SCALE),
    quantityLots: unitsIn(quantity, QUANTITY_SCALE),
  });
}

function placeMessageOf(id: number, { key, order }: Extract<LoadRequest, { kind: 'place' }>): Uint8Array {
  return encodeCommandFrame(id, {
    type: CommandType.NEW_ORDER,
    clientId: order.client_id,
    idempotencyKey: key,
    instrument: INSTRUMENT,
    side: order.side === 'buy' ? Side.BUY : Side.SELL,
    orderType: order.type === 'market' ? OrderType.MARKET : OrderType.LIMIT,
    timeInForce: order.time_in_force === 'IOC' ? TimeInForce.IOC : TimeInForce.GTC,
    flags: order.post_only === true ? OrderFlag.POST_ONLY : 0,
    priceTicks: unitsIn(order.price, PRICE_SCALE),
    quantityLots: unitsIn(order.quantity, QUANTITY_SCALE),
  });
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

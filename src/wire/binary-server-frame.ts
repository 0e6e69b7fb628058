// A binary frame from the server, whole, as the client reads it. Any thread and the browser: nothing of Node. Never throws
// on input. Allocates: the messages.

import {
  type BinaryOrderAnswer,
  type BinaryProblem,
  type BinaryReply,
  decodeBinaryOrder,
  decodeBinaryProblem,
  decodeBinaryReply,
} from './binary-answers.ts';
import { type BinaryData, decodeMarketData } from './binary-data-reader.ts';
import { FRAME_FAULTS, FrameReader, MessageType, SERVER_MESSAGES } from './binary-frame.ts';

export type BinaryMessage = BinaryReply | BinaryProblem | BinaryOrderAnswer | BinaryData;

export interface ServerFrame {
  /** All that could be read, in order. */
  readonly messages: readonly BinaryMessage[];
  /** What is wrong with the frame behind them, '' when nothing is. */
  readonly fault: string;
}

const MALFORMED = 'The counts of a message and its length disagree.';

/** Reads `bytes`; they are copied from, not kept. */
export function decodeServerFrame(bytes: Uint8Array): ServerFrame {
  const frame = new FrameReader(SERVER_MESSAGES);
  const messages: BinaryMessage[] = [];
  frame.start(bytes);
  while (frame.next()) {
    const message = decodeMessage(frame);
    if (message === undefined) return { messages, fault: MALFORMED };
    messages.push(message);
  }
  return { messages, fault: FRAME_FAULTS[frame.fault] };
}

function decodeMessage(frame: FrameReader): BinaryMessage | undefined {
  switch (frame.type) {
    case MessageType.REPLY:
      return decodeBinaryReply(frame);
    case MessageType.PROBLEM:
      return decodeBinaryProblem(frame);
    case MessageType.ORDER:
      return decodeBinaryOrder(frame);
    default:
      return decodeMarketData(frame);
  }
}

// One socket of /ws, as the parts of the gateway that answer on it see it: subscriptions and order entry.
// Gateway thread. Owns nothing; the socket belongs to ws-sockets.ts.

/** A connected client. Messages are whole WebSocket messages; all that is sent counts against the slow-consumer bound. */
export interface WsSession {
  /** Unique in this gateway for the life of the process. */
  readonly id: number;
  /** False once the socket has ended: whatever is sent then is dropped without error. */
  readonly open: boolean;
  /** UTF-8 JSON; borrowed until return. */
  sendText(message: Uint8Array | string): void;
  /** Binary; borrowed until return. */
  sendBinary(message: Uint8Array): void;
  /** Counts a message behind the first of a frame; false: the socket has ended, maybe since they were too many. */
  messageTaken(): boolean;
  /** Counts a frame that was answered with why it cannot be read: many in a row, with nothing good between, end the socket. */
  frameRefused(): void;
  end(code: number, reason: string): void;
}

/** Who takes frames of a kind. Every frame of a turn of the event loop comes before the rings are served. */
export interface FrameHandler {
  /** A text frame, borrowed until return. False when it is not this handler's, and then nothing was done with it. */
  text(session: WsSession, bytes: Uint8Array): boolean;
  /** A binary frame, likewise. */
  binary(session: WsSession, bytes: Uint8Array): boolean;
  /** The socket has ended. */
  ended(session: WsSession): void;
}

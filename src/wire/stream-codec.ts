// Records of the stream ring, from market data to the gateways. Layout: WIRE.md, "Stream message".

/** Record types in the stream ring. Numbers are never reused. */
export const StreamType = {
  /** A whole message as JSON text, for every socket. */
  MESSAGE: 1,
  /** Empty: messages are missing here. Who got what is before it must not get what is behind it. */
  GAP: 2,
} as const;

// What came of a run against a live server, over all its sockets. Pure.

export class LiveTally {
  /** Malformed frames sent, those that end a socket included. */
  frames = 0;
  /** Refusals that must come, and those that came and were as they must be. */
  refusals = 0;
  refused = 0;
  /** Good orders answered as such. */
  acknowledged = 0;
  /** Sockets that the server ended as it must. */
  closed = 0;
  /** Sockets that were given a reason to be. */
  broken = 0;
  readonly differences: string[] = [];
}

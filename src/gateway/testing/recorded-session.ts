// A socket of /ws that remembers what was sent to it, for tests of what answers on one.

import type { WsSession } from '../ws/session.ts';

/** An answer to a request about orders. */
export interface FrameAnswer {
  readonly id: unknown;
  readonly status: number;
  readonly replayed?: boolean;
  readonly result?: Record<string, unknown>;
  readonly error?: Record<string, unknown>;
  readonly timing?: Record<string, number>;
}

let sessions = 0;

export class RecordedSession implements WsSession {
  /** Messages behind the first of a frame that it may still take. */
  messagesLeft = Number.POSITIVE_INFINITY;
  readonly id = ++sessions;
  open = true;
  readonly texts: string[] = [];
  readonly binaries: Uint8Array[] = [];
  refusedFrames = 0;

  sendText(message: Uint8Array | string): void {
    if (this.open) this.texts.push(typeof message === 'string' ? message : Buffer.from(message).toString());
  }

  sendBinary(message: Uint8Array): void {
    if (this.open) this.binaries.push(message.slice());
  }

  messageTaken(): boolean {
    if (--this.messagesLeft < 0) this.open = false;
    return this.open;
  }

  frameRefused(): void {
    this.refusedFrames++;
  }

  end(): void {
    this.open = false;
  }

  /** All answers, as they came. */
  get answers(): FrameAnswer[] {
    return this.texts.map((text): FrameAnswer => JSON.parse(text));
  }
}

// Frames that are almost good, or nothing at all: what a broken or hostile client of /ws might send, and a broken server. The same
// for the same seed. Pure but for its own random numbers.

import { Random } from '../../sim/testing/random.ts';
import { FRAME_VERSION } from '../../wire/binary-frame.ts';
import { COMMAND_MESSAGE_BYTES_MAX, encodeStatusFrame, writeCommandMessage } from '../../wire/binary-requests.ts';
import { SAMPLE_INSTRUMENTS, sampleCommand } from '../../wire/testing/binary-samples.ts';
import { JsonTwin } from '../../wire/testing/json-twin.ts';
import { sampleServerFrame } from '../../wire/testing/server-samples.ts';

/** Who should read it: a gateway (binary requests, JSON order bodies) or a client (binary answers and market data). */
export type FrameKind = 'request' | 'answer' | 'json';

export interface MalformedFrame {
  readonly kind: FrameKind;
  readonly bytes: Uint8Array;
}

/** Of a frame's numbers: what lengths, counts and amounts go wrong at. */
const LIMITS = [0, 1, 7, 8, 56, 72, 127, 128, 255];
/** Frames of each kind to begin from: making one takes longer than spoiling it. */
const SAMPLES = 4_096;
const JSON_PIECES = ['"', '{', '}', '[', ',', ':', '\\u', '\\', '1e999', '-', 'null', '{"a":', '\u0000', '\ufeff', ' '];

export class MalformedFrames {
  readonly #random: Random;
  readonly #twin = new JsonTwin(SAMPLE_INSTRUMENTS);
  readonly #scratch = new Uint8Array(COMMAND_MESSAGE_BYTES_MAX);
  readonly #view = new DataView(this.#scratch.buffer);

  readonly #samples: Readonly<Record<FrameKind, readonly Uint8Array[]>>;

  constructor(seed: number) {
    this.#random = new Random(seed);
    const samplesOf = (kind: FrameKind) => Array.from({ length: SAMPLES }, () => this.#sample(kind));
    this.#samples = { request: samplesOf('request'), answer: samplesOf('answer'), json: samplesOf('json') };
  }

  next(): MalformedFrame {
    const random = this.#random;
    const kind = random.pick<FrameKind>(['request', 'request', 'request', 'json', 'json', 'answer']);
    return { kind, bytes: this.#spoil(kind, random.pick(this.#samples[kind])) };
  }

  #sample(kind: FrameKind): Uint8Array {
    const random = this.#random;
    if (kind === 'answer') return sampleServerFrame(random);
    if (kind === 'json') return this.#twin.orderBody(sampleCommand(random));
    return Buffer.concat(Array.from({ length: random.pick([1, 1, 2, 3]) }, () => this.#request()));
  }

  #request(): Uint8Array {
    const random = this.#random;
    if (random.below(8) === 0) return encodeStatusFrame(random.below(2 ** 32), random.pick([1, 2 ** 45, 0, 0.5, -1]));
    const times = random.below(2) === 0;
    const command = sampleCommand(random);
    return this.#scratch.slice(
      0,
      writeCommandMessage(this.#scratch, this.#view, 0, random.below(2 ** 32), command, times),
    );
  }

  /** One thing that goes wrong, sometimes several; one frame in sixteen is left as it is. */
  #spoil(kind: FrameKind, whole: Uint8Array): Uint8Array {
    const random = this.#random;
    let bytes = Uint8Array.from(whole);
    for (let times = random.pick([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 8]); times > 0; times--) {
      bytes = this.#change(kind, bytes);
    }
    return bytes;
  }

  #change(kind: FrameKind, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const random = this.#random;
    const at = random.below(bytes.length + 1);
    switch (random.below(10)) {
      case 0:
        return bytes.slice(0, at);
      case 1:
        return splice(bytes, at, at, this.#noise(1 + random.below(64)));
      case 2:
        return splice(bytes, at, Math.min(bytes.length, at + random.below(16)), new Uint8Array(0));
      case 3:
        return splice(bytes, at, at, bytes.subarray(random.below(bytes.length + 1)));
      case 4:
        return kind === 'json' ? this.#noise(random.below(300)) : this.#headed();
      case 5:
        return splice(bytes, at, at, kind === 'json' ? Buffer.from(random.pick(JSON_PIECES)) : this.#noise(8));
      default:
        if (at < bytes.length)
          bytes[at] = random.below(2) === 0 ? random.pick(LIMITS) : bytes[at] ^ (1 << random.below(8));
        return bytes;
    }
  }

  #noise(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.#random.below(256));
  }

  /** Noise behind a head that a reader takes for one. */
  #headed(): Uint8Array<ArrayBuffer> {
    const random = this.#random;
    const bytes = this.#noise(8 * (1 + random.below(40)));
    bytes.set([FRAME_VERSION, random.pick([1, 1, 1, 2, 129, 130, 131, 140, 141, 142, 143, 144, 145]), 0, 0]);
    new DataView(bytes.buffer).setUint32(4, bytes.length, true);
    return bytes;
  }
}

function splice(bytes: Uint8Array, from: number, to: number, piece: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(from + piece.length + bytes.length - to);
  result.set(bytes.subarray(0, from));
  result.set(piece, from);
  result.set(bytes.subarray(to), from + piece.length);
  return result;
}

// A 64-bit hash for state digests and snapshot checksums. Pure; finds accidents and divergence, keeps out no attacker.

/** Two lanes over the even words, two over the odd ones, in the manner of MurmurHash3: no pair waits for the other. */
export class StateHash {
  /** Bytes come in multiples of this. */
  static readonly STEP = 8;

  private a = 0x243f6a88 | 0;
  private b = 0x85a308d3 | 0;
  private c = 0x13198a2e | 0;
  private d = 0x03707344 | 0;
  private length = 0;

  /** Takes the bytes from `from` to `to`, a multiple of STEP behind it, of the view. Allocates: nothing. */
  update(view: DataView, from: number, to: number): void {
    let { a, b, c, d } = this;
    for (let offset = from; offset < to; offset += 8) {
      const even = view.getInt32(offset, true);
      const odd = view.getInt32(offset + 4, true);
      let k = Math.imul(even, 0xcc9e2d51);
      let l = Math.imul(odd, 0xcc9e2d51);
      k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
      l = Math.imul((l << 15) | (l >>> 17), 0x1b873593);
      a ^= k;
      c ^= l;
      a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
      c = (Math.imul((c << 13) | (c >>> 19), 5) + 0xe6546b64) | 0;
      // Lanes b and d see the word through another multiplier and their neighbour's history: they fail independently.
      b = Math.imul(b ^ even, 0x9e3779b1);
      d = Math.imul(d ^ odd, 0x9e3779b1);
      b = (((b << 17) | (b >>> 15)) + a) | 0;
      d = (((d << 17) | (d >>> 15)) + c) | 0;
    }
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.length += to - from;
  }

  /** Of all bytes so far: 16 hex digits. */
  digest(): string {
    const { a, b, c, d, length } = this;
    return hex(finish(finish(a ^ length) ^ c)) + hex(finish(finish(b ^ length) ^ d));
  }
}

function finish(lane: number): number {
  let hash = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function hex(lane: number): string {
  return lane.toString(16).padStart(8, '0');
}

// A 64-bit hash for state digests and snapshot checksums. Pure; finds accidents and divergence, keeps out no attacker.

/** Two 32-bit lanes in the manner of MurmurHash3, over `length` bytes (a multiple of 4) from the start of `view`. */
export function stateHash(view: DataView, length: number): string {
  let a = 0x243f6a88;
  let b = 0x85a308d3;
  for (let offset = 0; offset < length; offset += 4) {
    const word = view.getUint32(offset, true);
    let k = Math.imul(word, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    a ^= k;
    a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
    // Lane b sees the word through another multiplier and lane a's history: the lanes fail independently.
    b = Math.imul(b ^ word, 0x9e3779b1);
    b = (((b << 17) | (b >>> 15)) + a) | 0;
  }
  return hex(finish(a ^ length)) + hex(finish(b ^ length));
}

function finish(lane: number): number {
  let hash = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function hex(lane: number): string {
  return lane.toString(16).padStart(8, '0');
}

// Growing typed arrays: the one place where the domain's memory gets larger. Pure; copies, never shares.
// Typed arrays cannot grow in place, so the owner replaces its field by what these return.

export function grownF64(source: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const target = new Float64Array(capacity);
  target.set(source);
  return target;
}

export function grownI32(source: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const target = new Int32Array(capacity);
  target.set(source);
  return target;
}

export function grownU32(source: Uint32Array, capacity: number): Uint32Array<ArrayBuffer> {
  const target = new Uint32Array(capacity);
  target.set(source);
  return target;
}

export function grownU16(source: Uint16Array, capacity: number): Uint16Array<ArrayBuffer> {
  const target = new Uint16Array(capacity);
  target.set(source);
  return target;
}

export function grownU8(source: Uint8Array, capacity: number): Uint8Array<ArrayBuffer> {
  const target = new Uint8Array(capacity);
  target.set(source);
  return target;
}

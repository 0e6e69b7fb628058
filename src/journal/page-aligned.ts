// Memory that O_DIRECT takes: page-aligned. Any thread. An ordinary Buffer begins somewhere in a page, and JavaScript cannot tell
// where; the memory of WebAssembly begins with one.

declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};

const WASM_PAGE_BYTES = 64 << 10;

/** Zeros that begin on a page. Reserves gigabytes of addresses, without touching them: for a few long-lived buffers only. */
export function pageAligned(lengthBytes: number): Uint8Array<ArrayBuffer> {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(lengthBytes / WASM_PAGE_BYTES) });
  return new Uint8Array(memory.buffer, 0, lengthBytes);
}

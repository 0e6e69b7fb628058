// A full memory fence, which JavaScript does not offer by that name.
// Any thread. Owns one private word per thread, shared with nobody. Must never be used where a plain Atomics pair is enough:
// it is for readers that look at bytes while another thread may overwrite them, and check afterwards whether it did.
//
// An atomic load keeps later accesses behind it, but not earlier ones in front of it; an atomic store the other way round. So
// "copy the bytes, then load the cursor" may run as "load the cursor, then copy the bytes" on ARM (never on x86). A store
// followed by a load closes both sides: earlier accesses < store < load < later accesses, on both.

const word = new Int32Array(new SharedArrayBuffer(4));

/** Nothing before it in program order is seen after anything behind it. Allocates: nothing. */
export function fence(): void {
  Atomics.store(word, 0, 0);
  Atomics.load(word, 0);
}

// Keys for requests whose caller gave none. `crypto.randomUUID` is missing on pages that did not come over TLS.

const KEY_BYTES = 16;

/** 128 random bits as hexadecimal digits. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

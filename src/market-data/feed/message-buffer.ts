// Bytes that grow: where one message is written before it goes into a ring. Market data's thread. Allocates when it grows.

const FIRST_BYTES = 4_096;
/** A longer message goes on in a next part. */
const PART_BYTES = 64 * 1024;

export class MessageBuffer {
  bytes = new Uint8Array(FIRST_BYTES);
  view = new DataView(this.bytes.buffer);
  /** What is written ends here. */
  end = 0;

  /** Whether what comes next belongs into a next part. */
  get full(): boolean {
    return this.end > PART_BYTES;
  }

  /** Makes room for `more` bytes behind the end. */
  reserve(more: number): void {
    const need = this.end + more;
    if (need <= this.bytes.length) return;
    let length = this.bytes.length * 2;
    while (length < need) length *= 2;
    const larger = new Uint8Array(length);
    larger.set(this.bytes.subarray(0, this.end));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

// Stands in for `k6/websockets` in tests: a socket whose other end is the test.

interface Event {
  readonly data?: string;
  readonly error?: string;
}

export class WebSocket {
  /** The newest one. */
  static newest: WebSocket | undefined;
  readonly url: string;
  readonly sent: string[] = [];
  isClosed = false;
  onopen: () => void = () => {};
  onmessage: (event?: Event) => void = () => {};
  onerror: (event?: Event) => void = () => {};
  onclose: () => void = () => {};

  constructor(url: string) {
    this.url = url;
    WebSocket.newest = this;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.isClosed = true;
  }

  /** The other end says `message`. */
  say(message: unknown): void {
    this.onmessage({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
}

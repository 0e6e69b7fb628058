// The part of the WebSocket API that the client uses. Browsers, Node from 22 on and the packages `ws` and `undici` have it.

export interface WebSocketLike {
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type WebSocketConstructor = new (url: string) => WebSocketLike;

/** The surroundings' own. */
export function globalWebSocket(): WebSocketConstructor {
  const found: unknown = Reflect.get(globalThis, 'WebSocket');
  if (isConstructor(found)) return found;
  throw new TypeError('there is no WebSocket here: pass one as the option WebSocket, such as that of the package ws');
}

function isConstructor(value: unknown): value is WebSocketConstructor {
  return typeof value === 'function';
}

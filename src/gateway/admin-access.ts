// Who may use the admin endpoints: the holder of the token, or, when none is set, somebody on this machine.
// Gateway thread. Owns a digest of the token, never the token. Must never tell by its speed how much of a guess was right.

import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Asker } from './asker.ts';
import type { Responder } from './responses.ts';

const Access = { GRANTED: 0, NO_CREDENTIALS: 1, WRONG_TOKEN: 2, NOT_LOCAL: 3 } as const;
type Access = (typeof Access)[keyof typeof Access];

const BEARER = /^Bearer +(\S+) *$/i;
/** What proxies add: who asks through one on this machine is not on this machine. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;
const LOCAL_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

export class AdminAccess {
  readonly #tokenDigest: Buffer | undefined;

  constructor(token: string | undefined) {
    this.#tokenDigest = token === undefined ? undefined : digest(token);
  }

  /** Whether a token is set: then a page without figures may be shown to anyone. */
  get byToken(): boolean {
    return this.#tokenDigest !== undefined;
  }

  /** Call inside the route's callback: the request is gone afterwards. */
  check(res: HttpResponse, req: HttpRequest): Access {
    if (this.#tokenDigest === undefined) return isLocal(res, req) ? Access.GRANTED : Access.NOT_LOCAL;
    const offered = BEARER.exec(req.getHeader('authorization'))?.[1];
    if (offered === undefined) return Access.NO_CREDENTIALS;
    return timingSafeEqual(digest(offered), this.#tokenDigest) ? Access.GRANTED : Access.WRONG_TOKEN;
  }
}

/** False: the asker is not the operator, and is answered. Call inside the route's callback. */
export function admitAdmin(
  access: AdminAccess,
  asker: Asker,
  res: HttpResponse,
  req: HttpRequest,
  responder: Responder,
): boolean {
  switch (access.check(res, req)) {
    case Access.GRANTED:
      return true;
    case Access.NO_CREDENTIALS: {
      const headers = ['WWW-Authenticate', 'Bearer realm="ringbook admin"'];
      responder.problem(asker, 'unauthorized', 'This needs the admin token as a bearer token.', { headers });
      return false;
    }
    case Access.WRONG_TOKEN:
      responder.problem(asker, 'forbidden', 'The admin token is wrong.');
      return false;
    default:
      responder.problem(asker, 'forbidden', 'Without an admin token set, this answers only this machine itself.');
      return false;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * From this machine and not through a proxy on it, under a name of this machine, and not on behalf of another site's page: a browser that was led here by a
 * name that points to 127.0.0.1, or by a form elsewhere, is on this machine too.
 */
function isLocal(res: HttpResponse, req: HttpRequest): boolean {
  const host = req.getHeader('host');
  const origin = req.getHeader('origin');
  const sameOrigin = origin === '' || origin === `http://${host}`;
  if (PROXY_HEADERS.some((name) => req.getHeader(name) !== '')) return false;
  return isLoopback(new Uint8Array(res.getRemoteAddress())) && LOCAL_HOST.test(host) && sameOrigin;
}

/** 127.0.0.0/8, ::1, or the former mapped into IPv6. */
export function isLoopback(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === 127;
  if (address.length !== 16) return false;
  const mapped = address[10] === 0xff && address[11] === 0xff;
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return false;
  if (mapped) return address[12] === 127;
  return (
    address[10] === 0 &&
    address[11] === 0 &&
    address[12] === 0 &&
    address[13] === 0 &&
    address[14] === 0 &&
    address[15] === 1
  );
}

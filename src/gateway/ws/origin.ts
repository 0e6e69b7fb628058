// Which pages of a browser may open /ws. A browser asks nobody before it opens a WebSocket to any host, and orders need no
// credentials, so a page of somebody else must not get in. Gateway thread. What is no browser sends no Origin.

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
/** In the list: any page at all. */
const ANY = '*';

export interface OriginRule {
  /** Origins as browsers write them, `https://example.com`; `*` for any. */
  readonly allowed: readonly string[];
  /** The server can be reached from this machine alone: so may pages that were served by it. */
  readonly loopback: boolean;
}

/** `origin` and `host` are the request's headers, '' when absent. */
export function isAllowedOrigin(origin: string, host: string, rule: OriginRule): boolean {
  if (origin === '' || rule.allowed.includes(origin) || rule.allowed.includes(ANY)) return true;
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return (url.host !== '' && url.host === host.toLowerCase()) || (rule.loopback && LOOPBACK.has(url.hostname));
}

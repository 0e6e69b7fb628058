// Whether a request's body is JSON, by its Content-Type. Gateway thread; pure. The usual spelling is one comparison.

import type { HttpRequest } from 'uWebSockets.js';
import type { Asker } from './asker.ts';
import type { Responder } from './responses.ts';

const JSON_TYPE = 'application/json';
const PARAMETERS = /^application\/json\s*;\s*charset\s*=\s*(?:utf-8|"utf-8")\s*;?\s*$/;

/**
 * True for `application/json`, with or without `charset=utf-8`. A request without a Content-Type is not taken for JSON: guessing
 * would let a web page of another origin send orders as plain text, without the browser asking first.
 */
function isJson(contentType: string): boolean {
  if (contentType === JSON_TYPE) return true;
  const lower = contentType.toLowerCase().trim();
  return lower === JSON_TYPE || PARAMETERS.test(lower);
}

/** False: the body is something else, and the asker is answered. */
export function requireJson(asker: Asker, req: HttpRequest, responder: Responder): boolean {
  const contentType = req.getHeader('content-type');
  if (isJson(contentType)) return true;
  const detail = contentType === '' ? 'Content-Type is missing; send application/json.' : 'Send application/json.';
  responder.problem(asker, 'unsupported_media_type', detail, { headers: ['Accept-Post', 'application/json'] });
  return false;
}

/** The same where a body is optional: a request without one needs no Content-Type. */
export function requireJsonIfAny(asker: Asker, req: HttpRequest, responder: Responder): boolean {
  return (req.getHeader('content-type') === '' && !hasBody(req)) || requireJson(asker, req, responder);
}

function hasBody(req: HttpRequest): boolean {
  const length = req.getHeader('content-length');
  return (length !== '' && length !== '0') || req.getHeader('transfer-encoding') !== '';
}

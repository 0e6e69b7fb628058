// Whether a request's body is JSON, by its Content-Type. Gateway thread; pure. The usual spelling is one comparison.

const JSON_TYPE = 'application/json';
const PARAMETERS = /^application\/json\s*;\s*charset\s*=\s*(?:utf-8|"utf-8")\s*;?\s*$/;

/**
 * True for `application/json`, with or without `charset=utf-8`. A request without a Content-Type is not taken for JSON: guessing
 * would let a web page of another origin send orders as plain text, without the browser asking first.
 */
export function isJson(contentType: string): boolean {
  if (contentType === JSON_TYPE) return true;
  const lower = contentType.toLowerCase().trim();
  return lower === JSON_TYPE || PARAMETERS.test(lower);
}

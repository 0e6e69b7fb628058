// The pages of src/ui as they are served: read from disk once, at start, and sent from memory.
// Gateway thread. Owns the bytes. Must never open a file by a name that came from a request.

import { readFileSync } from 'node:fs';

export interface StaticFile {
  readonly path: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly headers: readonly string[];
}

/** The same from src/gateway and from dist/gateway: both lie two folders below the package's root. */
const UI = new URL('../../src/ui/', import.meta.url);

/** Nothing inline, nothing from elsewhere, no framing. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SECURITY_HEADERS: readonly string[] = [
  'Content-Security-Policy',
  CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options',
  'nosniff',
  'Referrer-Policy',
  'no-referrer',
  'Cross-Origin-Opener-Policy',
  'same-origin',
  'Cache-Control',
  'no-cache',
];

const FILES: readonly (readonly [path: string, file: string, contentType: string])[] = [
  ['/admin/queues', 'queues.html', 'text/html; charset=utf-8'],
  ['/ui/queues.css', 'queues.css', 'text/css; charset=utf-8'],
  ['/ui/queues.js', 'queues.js', 'text/javascript; charset=utf-8'],
];

/** Reads them all; throws when one is missing, which is a broken installation. */
export function readStaticFiles(): StaticFile[] {
  return FILES.map(([path, file, contentType]) => ({
    path,
    contentType,
    body: readFileSync(new URL(file, UI)),
    headers: SECURITY_HEADERS,
  }));
}

// The OpenAPI document as an answer. Main thread, so that no gateway loads the schemas it is made of: hundreds of modules, and
// hardly anybody asks.

import { readFileSync } from 'node:fs';
import type { MainAnswer } from '../gateway/context.ts';

let document: Promise<MainAnswer> | undefined;

/** Made when it is first asked for. */
export function openApiAnswer(): Promise<MainAnswer> {
  document ??= makeDocument();
  return document;
}

async function makeDocument(): Promise<MainAnswer> {
  const { openApiDocument } = await import('../wire/openapi.ts');
  return { status: 200, contentType: 'application/json', body: JSON.stringify(openApiDocument(packageVersion())) };
}

/** The program's version, as package.json has it. */
function packageVersion(): string {
  const facts: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const isPackage = typeof facts === 'object' && facts !== null && 'version' in facts;
  return isPackage && typeof facts.version === 'string' ? facts.version : '0.0.0';
}

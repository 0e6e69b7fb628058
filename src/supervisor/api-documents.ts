// The OpenAPI and AsyncAPI documents as answers. Main thread, so that no gateway loads the schemas they are made of: hundreds of
// modules, and hardly anybody asks.

import { readFileSync } from 'node:fs';
import type { MainAnswer } from '../gateway/context.ts';
import { madeOnce } from './made-once.ts';

/** Of HTTP. */
export const openApiAnswer = madeOnce(async () => {
  const { openApiDocument } = await import('../wire/openapi.ts');
  return answer(openApiDocument(packageVersion()));
});

/** Of /ws. */
export const asyncApiAnswer = madeOnce(async () => {
  const { asyncApiDocument } = await import('../wire/asyncapi.ts');
  return answer(asyncApiDocument(packageVersion()));
});

function answer(document: object): MainAnswer {
  return { status: 200, contentType: 'application/json', body: JSON.stringify(document) };
}

/** The program's version, as package.json has it. */
function packageVersion(): string {
  const facts: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const isPackage = typeof facts === 'object' && facts !== null && 'version' in facts;
  return isPackage && typeof facts.version === 'string' ? facts.version : '0.0.0';
}

// The OpenAPI and AsyncAPI documents as answers. Main thread, so that no gateway loads the schemas they are made of: hundreds of
// modules, and hardly anybody asks.

import { readFileSync } from 'node:fs';
import type { MainAnswer } from '../gateway/context.ts';

/** Of HTTP. */
export const openApiAnswer = documentAnswer(async () => {
  const { openApiDocument } = await import('../wire/openapi.ts');
  return openApiDocument(packageVersion());
});

/** Of /ws. */
export const asyncApiAnswer = documentAnswer(async () => {
  const { asyncApiDocument } = await import('../wire/asyncapi.ts');
  return asyncApiDocument(packageVersion());
});

/**
 * The document as an answer: made once, when it is first asked for; one that could not be made is tried again. Of a module
 * whose own imports have failed Node itself remembers that, until the process ends.
 */
export function documentAnswer(make: () => Promise<object>): () => Promise<MainAnswer> {
  let made: Promise<MainAnswer> | undefined;
  const begin = async (): Promise<MainAnswer> => {
    try {
      return { status: 200, contentType: 'application/json', body: JSON.stringify(await make()) };
    } catch (error) {
      made = undefined;
      throw error;
    }
  };
  return () => {
    made ??= begin();
    return made;
  };
}

/** The program's version, as package.json has it. */
function packageVersion(): string {
  const facts: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const isPackage = typeof facts === 'object' && facts !== null && 'version' in facts;
  return isPackage && typeof facts.version === 'string' ? facts.version : '0.0.0';
}

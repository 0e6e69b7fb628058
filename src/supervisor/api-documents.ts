// The OpenAPI and AsyncAPI documents as answers. Main thread, so that no gateway loads the schemas they are made of: hundreds of
// modules, and hardly anybody asks.

import { readFileSync } from 'node:fs';
import type { MainAnswer } from '../gateway/context.ts';

let openApi: Promise<MainAnswer> | undefined;
let asyncApi: Promise<MainAnswer> | undefined;

/** Of HTTP; made when it is first asked for. */
export function openApiAnswer(): Promise<MainAnswer> {
  openApi ??= import('../wire/openapi.ts').then(({ openApiDocument }) => answer(openApiDocument(packageVersion())));
  return openApi;
}

/** Of /ws, likewise. */
export function asyncApiAnswer(): Promise<MainAnswer> {
  asyncApi ??= import('../wire/asyncapi.ts').then(({ asyncApiDocument }) => answer(asyncApiDocument(packageVersion())));
  return asyncApi;
}

function answer(document: object): MainAnswer {
  return { status: 200, contentType: 'application/json', body: JSON.stringify(document) };
}

/** The program's version, as package.json has it. */
function packageVersion(): string {
  const facts: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const isPackage = typeof facts === 'object' && facts !== null && 'version' in facts;
  return isPackage && typeof facts.version === 'string' ? facts.version : '0.0.0';
}

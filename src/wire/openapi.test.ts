// The OpenAPI document: whole, in itself consistent, and with every reason and every problem.

import { describe, expect, it } from 'vitest';
import { REASONS } from '../domain/reasons.ts';
import { openApiDocument } from './openapi.ts';
import { PROBLEMS } from './problem.ts';
import * as Q from './request-schemas.ts';
import * as S from './schemas.ts';
import * as T from './status-schemas.ts';

const json = JSON.stringify(openApiDocument('1.2.3'));
const document = JSON.parse(json);
const references = [...json.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, { readonly headers?: Readonly<Record<string, object>> }>>;
}

const operations: Operation[] = Object.values<Record<string, Operation>>(document.paths).flatMap((path) =>
  Object.values(path),
);

/** In its query or in its body. */
function takesKey({ parameters = [], requestBody }: Operation): boolean {
  const [, body = ''] = /schemas\/(\w+)/.exec(JSON.stringify(requestBody ?? {})) ?? [];
  const inBody = body !== '' && JSON.stringify(document.components.schemas[body]).includes('"idempotency_key"');
  return inBody || parameters.some(({ name }) => name === 'idempotency_key');
}

describe('the OpenAPI document', () => {
  it('is of version 3.1 and says the program’s', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Ringbook', version: '1.2.3' } });
  });

  it('refers only to what it has', () => {
    expect(references.length).toBeGreaterThan(40);
    for (const [, kind, name] of references) expect(document.components[kind]).toHaveProperty(name);
  });

  it('uses every schema of a body and of a reply', () => {
    const used = new Set(references.map(([, , name]) => `${name}Schema`));
    expect(Object.keys({ ...Q, ...S, ...T }).filter((name) => !used.has(name))).toEqual([]);
  });

  it('calls every operation by a name of its own', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.length).toBeGreaterThan(20);
    for (const id of ids) expect(id).toMatch(/^[a-z]+([A-Z][a-z]+)*$/);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('says which headers a reply may have: of every command with a key, and of problems', () => {
    const replayed = operations.filter(({ responses }) => responses['202']?.headers?.['Idempotent-Replayed']);
    expect(replayed.map(({ operationId }) => operationId)).toEqual(
      operations.filter(takesKey).map(({ operationId }) => operationId),
    );
    expect(document.components.responses.Problem.headers).toHaveProperty('Retry-After');
  });

  it('has what a probe answers when all is not well', () => {
    const { '/healthz': health, '/readyz': ready } = document.paths;
    expect(health.get.responses['503'].content).toEqual({
      'application/json': { schema: { $ref: '#/components/schemas/Health' } },
      'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
    });
    expect(Object.keys(ready.get.responses['503'].content)).toEqual(['application/json']);
  });

  it('declares every parameter of a path', () => {
    for (const [path, operations] of Object.entries<Record<string, { parameters?: { name: string }[] }>>(
      document.paths,
    )) {
      for (const [, name] of path.matchAll(/\{(\w+)\}/g)) {
        for (const { parameters } of Object.values(operations)) expect(parameters?.map((p) => p.name)).toContain(name);
      }
    }
  });

  it('names every reason and every problem', () => {
    const { description } = document.info;
    for (const [number, { name, text }] of REASONS)
      expect(description).toContain(`| ${number} | \`${name}\` | ${text} |`);
    for (const [code, { status }] of Object.entries(PROBLEMS))
      expect(description).toContain(`| \`${code}\` | ${status} |`);
  });

  it('asks for the operator on every admin path and no other', () => {
    for (const [path, operations] of Object.entries<Record<string, object>>(document.paths)) {
      for (const operation of Object.values(operations)) {
        expect('security' in operation).toBe(path.startsWith('/admin/'));
      }
    }
  });
});

// The OpenAPI document: whole, in itself consistent, and with every reason and every problem.

import { describe, expect, it } from 'vitest';
import { REASONS } from '../domain/reasons.ts';
import { openApiDocument } from './openapi.ts';
import { PROBLEMS } from './problem.ts';
import * as Q from './request-schemas.ts';
import * as S from './schemas.ts';

const json = JSON.stringify(openApiDocument('1.2.3'));
const document = JSON.parse(json);
const references = [...json.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];

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
    expect(Object.keys({ ...Q, ...S }).filter((name) => !used.has(name))).toEqual([]);
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

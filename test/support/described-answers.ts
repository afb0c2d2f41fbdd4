import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv } from 'ajv';
import { expect } from 'vitest';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

interface Route {
  readonly pattern: RegExp;
  readonly item: Readonly<Record<string, unknown>>;
}

/** Compares answers with the API's description: status, type, and every field, all of which must be described. */
export class DescribedAnswers {
  private readonly ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  private readonly routes: readonly Route[];

  constructor(document: OpenAPIObject) {
    this.ajv.addSchema({ $id: 'api', components: strict(document.components) });
    this.routes = Object.entries(document.paths).map(([path, item]) => ({
      pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      item: { ...item },
    }));
  }

  /** Undescribed routes are not checked. */
  check(method: string, url: string, answer: Answer): void {
    const [path = ''] = url.split('?', 1);
    const item = this.routes.find(({ pattern }) => pattern.test(path))?.item;
    const operation = item?.[method.toLowerCase()];
    if (!isOperation(operation)) return;
    const where = `${method} ${url} answered ${answer.statusCode}: ${answer.body.slice(0, 500)}`;
    const response = operation.responses[answer.statusCode];
    expect(response, `${where}, which is not described`).toBeDefined();
    if (!response || '$ref' in response) return;
    const { 'content-type': contentType } = answer.headers;
    const [type = ''] = typeof contentType === 'string' ? contentType.split(';', 1) : [];
    expect(Object.keys(response.content ?? {}), where).toEqual(type === '' ? [] : [type]);
    const schema = response.content?.[type]?.schema;
    if (type !== 'application/json' || schema === undefined) return;
    const validate = this.ajv.compile({ ...asObject(strict(schema)), $id: undefined });
    const isAsDescribed = validate(JSON.parse(answer.body));
    expect(isAsDescribed ? [] : validate.errors, where).toEqual([]);
  }
}

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'responses' in value;
}

/** In JSON Schema's form: OpenAPI 3.0 says `nullable`; and objects have no undescribed fields. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, $ref, ...others } = value as Readonly<Record<string, unknown>>;
  const schema: Record<string, unknown> = {};
  if (typeof $ref === 'string') schema.$ref = $ref.replace(/^#/, 'api#');
  for (const [name, inner] of Object.entries(others)) schema[name] = strict(inner);
  if ('properties' in schema && !('additionalProperties' in schema)) schema.additionalProperties = false;
  return nullable === true ? { anyOf: [{ type: 'null' }, schema] } : schema;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

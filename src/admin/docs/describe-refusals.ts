import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Response = Exclude<Operation['responses'][string], { $ref: string } | undefined>;
type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Schema = Schemas[string];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
type Method = (typeof METHODS)[number];

/** Refusals that any operation may return; `null`: the controller describes it. */
const SAYS: Readonly<Record<number, string>> = {
  400: 'The request is not as it is described here',
  401: 'The admin key is missing or wrong',
  404: 'There is nothing with this id',
  409: 'It does not go with what is already so',
  413: 'The body is larger than 1 MiB',
  415: 'The body is not of the type application/json',
  422: 'The request is understood, and cannot be done',
  429: 'Too many requests',
  500: 'A fault of the server, which its log has',
  503: 'Not available at the moment, e.g. because the database does not answer',
};

const HEADERS: Readonly<Record<number, NonNullable<Response['headers']>>> = {
  401: {
    'WWW-Authenticate': {
      description: 'How to get in: RFC 9110, section 11.6.1',
      schema: { type: 'string' },
    },
  },
  429: retryAfter(),
  503: retryAfter(),
};

/**
 * Adds the refusals to a description of the admin API: each operation gets those of its kind, and each refusal the
 * schema of its answer. A schema allows one `statusCode`, so that a generated client knows the answer's type by the
 * status or by the body.
 *
 * Done here and not in decorators, so that no operation is left out.
 */
export function describeRefusals(document: OpenAPIObject): OpenAPIObject {
  const schemas: Schemas = { ...document.components?.schemas };
  const paths = Object.entries(document.paths).map(([path, item]) => {
    const operations = METHODS.flatMap((method) => {
      const operation = item[method];
      if (!operation) return [];
      return [[method, { ...operation, responses: responsesOf(method, operation, schemas) }] as const];
    });
    return [path, { ...item, ...Object.fromEntries(operations) }] as const;
  });
  return {
    ...document,
    paths: Object.fromEntries(paths),
    components: { ...document.components, schemas },
  };
}

function responsesOf(method: Method, operation: Operation, schemas: Schemas): Operation['responses'] {
  const responses: Operation['responses'] = { ...operation.responses };
  for (const status of refusalsOf(method, operation)) responses[status] ??= { description: '' };
  for (const [code, response] of Object.entries(responses)) {
    const status = Number(code);
    if (!(status >= 400) || !response || '$ref' in response) continue;
    responses[code] = refusalOf(status, response);
    schemas[nameOf(status)] = schemaOf(status);
  }
  return responses;
}

/** The refusals that every operation of its kind may return. */
function refusalsOf(method: Method, { parameters = [], requestBody }: Operation): readonly number[] {
  // A body is read, and may be refused, even if the operation does not use it.
  const ofBodies = method === 'get' ? [] : [413, 415];
  const hasInput = method !== 'get' || parameters.length > 0 || requestBody !== undefined;
  return [...(hasInput ? [400] : []), 401, ...ofBodies, 429, 500, 503];
}

function refusalOf(status: number, { description, ...response }: Response): Response {
  const headers = HEADERS[status];
  return {
    ...response,
    description: description === '' ? (SAYS[status] ?? titleOf(status)) : description,
    ...(headers && { headers: { ...response.headers, ...headers } }),
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${nameOf(status)}` } } },
  };
}

function schemaOf(status: number): Schema {
  const text: Schema = { type: 'string' };
  // The validation reports all errors at once.
  const message: Schema = status === 400 ? { oneOf: [text, { type: 'array', items: text }] } : text;
  return {
    type: 'object',
    required: ['statusCode', 'message', 'error'],
    properties: {
      statusCode: { type: 'integer', enum: [status] },
      message,
      error: { type: 'string', enum: [titleOf(status)] },
    },
  };
}

/** E.g. `NotFoundError`. */
function nameOf(status: number): string {
  return `${titleOf(status)
    .replaceAll(/\W/g, '')
    .replace(/Error$/, '')}Error`;
}

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? `Status ${status}`;
}

function retryAfter(): NonNullable<Response['headers']> {
  return { 'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } } };
}

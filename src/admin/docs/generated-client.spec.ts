import type { OpenAPIObject } from '@nestjs/swagger';
import openapiTS, { astToString } from 'openapi-typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';
import { complaintsAbout } from '../../../test/support/compile.js';
import { type DescribedOperation, operationsOf } from '../../../test/support/operations.js';

let admin: AdminApp;
let document: OpenAPIObject;

beforeAll(async () => {
  admin = await AdminApp.start();
  document = (await admin.app.inject('/docs-json')).json<OpenAPIObject>();
});

afterAll(() => admin.stop());

/** The client besides the generated types: an answer is its status, with the body of that status. */
const CLIENT = `
type ResponsesOf<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends { responses: infer R } ? R : never;
type BodyOf<R> = R extends { content: infer C } ? C[keyof C] : undefined;
type Answer<P extends keyof paths, M extends keyof paths[P]> = {
  [S in keyof ResponsesOf<P, M>]: { readonly status: S; readonly body: BodyOf<ResponsesOf<P, M>[S]> };
}[keyof ResponsesOf<P, M>];
type Refusal<A> = A extends { body: { statusCode: number } } ? A['body'] : never;

/** False for what says nothing: any, unknown, never. */
type Known<T> = unknown extends T ? false : [T] extends [never] ? false : true;

declare function call<P extends keyof paths, M extends keyof paths[P]>(path: P, method: M): Promise<Answer<P, M>>;
declare function unreachable(value: never): never;
`;

/** Uses single fields of an answer, as a program would. */
const USES = `
export async function titles(): Promise<string[]> {
  const answer = await call('/admin/conversations', 'get');
  if (answer.status !== 200) throw new Error(\`\${answer.body.statusCode} \${answer.body.error}: \${answer.body.message}\`);
  return answer.body.items.map(({ title, status }) => {
    switch (status) {
      case 'active':
      case 'paused':
      case 'blocked':
        return title === null ? status : title;
      default:
        return unreachable(status);
    }
  });
}

export async function deliveryOf(): Promise<string> {
  const answer = await call('/admin/conversations/{id}/messages', 'post');
  switch (answer.status) {
    case 201:
      return answer.body.delivery === null ? 'not sent' : answer.body.delivery.state;
    case 400:
      return typeof answer.body.message === 'string' ? answer.body.message : answer.body.message.join('; ');
    default:
      return answer.body.message;
  }
}
`;

/** Distinguishes the answers of one operation: by status, and a refusal by its body. */
function exhaust({ path, method, operation }: DescribedOperation, index: number): string {
  const statuses = Object.keys(operation.responses).map(Number);
  const refusals = statuses.filter((status) => status >= 400);
  const answer = `Answer<'${path}', '${method}'>`;
  return `
export async function operation${index}(): Promise<unknown> {
  const answer = await call('${path}', '${method}');
  switch (answer.status) {
${statuses
  .map((status) => {
    const discriminant = status < 400 ? 'answer.body' : `answer.body.statusCode satisfies ${status}`;
    return `    case ${status}: { const known: Known<typeof answer.body> = true; return [known, ${discriminant}]; }`;
  })
  .join('\n')}
    default: return unreachable(answer);
  }
}
export function refusal${index}(body: Refusal<${answer}>): string | readonly string[] {
  switch (body.statusCode) {
${refusals.map((status) => `    case ${status}: return body.message;`).join('\n')}
    default: return unreachable(body);
  }
}`;
}

async function compile(api: OpenAPIObject): Promise<string[]> {
  // A copy: the generator changes its input. Through JSON: the types of two libraries differ.
  const types = astToString(await openapiTS(JSON.stringify(api)));
  return complaintsAbout([types, CLIENT, USES, ...operationsOf(document).map(exhaust)].join('\n'));
}

describe('A client that openapi-typescript generates', () => {
  it('knows the type of each answer by its status or its body', async () => {
    expect(await compile(document)).toEqual([]);
  });

  it('does not compile where one refusal is described without a schema', async () => {
    const api = structuredClone(document);
    const response = api.paths['/admin/turns/{id}']?.get?.responses[404];
    if (!response || '$ref' in response) throw new Error('it is not described');
    delete response.content;
    expect((await compile(api)).join('\n')).toContain("'answer.body' is possibly 'undefined'");
  });
});

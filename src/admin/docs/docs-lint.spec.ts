import type { OpenAPIObject } from '@nestjs/swagger';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ruleset, Spectral } from '@stoplight/spectral-core';
import { oas } from '@stoplight/spectral-rulesets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';
import { operationsOf } from '../../../test/support/operations.js';

let admin: AdminApp;
let source: string;

beforeAll(async () => {
  admin = await AdminApp.start();
  source = (await admin.app.inject('/docs-json')).body;
});

afterAll(() => admin.stop());

describe('The API’s description', () => {
  it('passes redocly’s recommended rules', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
    expect(problems.map(({ ruleId, message, location }) => [ruleId, location[0]?.pointer, message])).toEqual(
      [],
    );
  });

  it('passes spectral’s recommended rules', async () => {
    const spectral = new Spectral();
    spectral.setRuleset(new Ruleset({ extends: [[oas, 'recommended']] }));
    const problems = await spectral.run(JSON.parse(source));
    expect(problems.map(({ code, path, message }) => [code, path.join('.'), message])).toEqual([]);
  });

  it('has the schema of every refusal, and every operation’s refusals', () => {
    const operations = operationsOf(document());
    expect(operations.length).toBeGreaterThan(30);
    for (const { name, method, operation } of operations) {
      const statuses = Object.keys(operation.responses).map(Number);
      const ofBodies = method === 'get' ? [] : [400, 413, 415];
      expect(statuses, name).toEqual(expect.arrayContaining([401, 429, 500, 503, ...ofBodies]));
      for (const status of statuses.filter((one) => one >= 400)) {
        const schema = expect.objectContaining({
          $ref: expect.stringMatching(/^#\/components\/schemas\/\w+Error$/),
        });
        expect(operation.responses[status], `${name} ${status}`).toMatchObject({
          description: expect.stringMatching(/\S/),
          content: { 'application/json': { schema } },
        });
      }
    }
  });

  it('has a 400 for a wrong query of every listing', () => {
    const listings = operationsOf(document()).filter(({ operation }) =>
      operation.parameters?.some((parameter) => 'in' in parameter && parameter.in === 'query'),
    );
    expect(listings.length).toBeGreaterThan(8);
    for (const { name, operation } of listings)
      expect(Object.keys(operation.responses), name).toContain('400');
  });

  it('names its server', () => {
    expect(document().servers).toEqual([{ url: '/', description: expect.any(String) }]);
  });
});

function document(): OpenAPIObject {
  return JSON.parse(source);
}

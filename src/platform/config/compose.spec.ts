import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const compose = readFileSync(join(import.meta.dirname, '../../../docker-compose.yml'), 'utf8');
/** `${NAME:-value}` and its like. */
const variables = [...compose.matchAll(/\$\{(\w+)([^}]*)\}/g)].map(([, name = '', rest = '']) => ({
  name,
  rest,
}));
const secrets = variables.filter(({ name }) => /PASSWORD|SECRET|KEY|TOKEN/.test(name));

describe('docker-compose.yml', () => {
  it('requires a password: without one it does not start', () => {
    expect(secrets.map(({ name }) => name)).toContain('POSTGRES_PASSWORD');
    expect(secrets.filter(({ rest }) => !rest.startsWith(':?'))).toEqual([]);
    expect(compose).not.toMatch(/(PASSWORD|SECRET|KEY|TOKEN): +['"]?[^\s$'"]/);
  });

  it('opens no port beyond this machine, and none of the database or Redis', () => {
    const [, ...services] = compose.split(/^ {2}(?=\w+:$)/m);
    const open = services.filter((service) => service.includes('ports:'));
    expect(open.map((service) => service.split(':', 1)[0])).toEqual(['web']);
    expect(open.join('')).toContain("ports: ['127.0.0.1:");
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { envExample } from './env-example.js';

describe('.env.example', () => {
  it('is what the settings classes say (npm run cli -- env-example > .env.example)', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(envExample());
  });
});

import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** A run of one passing test that leaves records, for the spec that wants to see it fail for them. */
export default defineConfig({
  root: join(import.meta.dirname, '../../..'),
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    include: ['test/support/lock-order/crossing.fixture.ts'],
  },
});

import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** A run of one passing test that leaves records, for a spec in which they make it fail. */
export default defineConfig({
  root: join(import.meta.dirname, '../../..'),
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    include: ['test/support/lock-order/crossing.fixture.ts'],
  },
});

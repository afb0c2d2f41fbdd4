import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/quiet-logs.ts', 'test/support/lock-order/record.ts'],
    // Two cores, and each suite brings a database, sometimes processes: a few files at a time.
    maxWorkers: 3,
    // Specs mock no modules, so the files of a worker share what they import: to load it anew for each took half as long
    // as the tests.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'src/**/*.spec.ts',
            'test/{chaos,guards,support}/**/*.spec.ts',
            '{eval,examples}/**/*.spec.ts',
          ],
        },
      },
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.e2e-spec.ts'] } },
      {
        extends: true,
        test: { name: 'browser', include: ['test/browser/**/*.browser-spec.ts'], maxWorkers: 1 },
      },
      { extends: true, test: { name: 'chaos', include: ['test/chaos/**/*.chaos-spec.ts'], maxWorkers: 1 } },
    ],
  },
});

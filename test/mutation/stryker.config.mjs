const folder = process.env['MUTATION_FOLDER'] ?? 'src/lease';
const name = folder.replaceAll('/', '-');

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
// oxlint-disable-next-line import/no-default-export -- StrykerJS reads it
export default {
  mutate: [`${folder}/**/*.ts`, '!**/*.spec.ts', '!**/*.spec-support.ts', '!**/*.module.ts'],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', './test/mutation/ignore-logs.mjs'],
  ignorers: ['logs'],
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // Two cores; each further one brings a PostgreSQL of its own.
  concurrency: 1,
  // A mutant that waits for what never comes is one that is noticed; a busy machine is not.
  timeoutMS: 60_000,
  timeoutFactor: 3,
  dryRunTimeoutMinutes: 30,
  reporters: ['progress-append-only', 'clear-text', 'html', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false },
  htmlReporter: { fileName: `reports/mutation/${name}.html` },
  jsonReporter: { fileName: `reports/mutation/${name}.json` },
  ignorePatterns: ['/dist*', '/reports', '/.turnpike', '/docs', '/bench', '/eval', '/.ci'],
};

const folder = process.env['MUTATION_FOLDER'] ?? 'src/queue/lease';
const passages = process.env['MUTATION_PASSAGES'] ?? '';
const name = folder.replaceAll('/', '-');

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
// oxlint-disable-next-line import/no-default-export -- StrykerJS reads it
export default {
  mutate:
    passages === ''
      ? [`${folder}/**/*.ts`, '!**/*.spec.ts', '!**/*.fixture.ts', '!**/*.module.ts']
      : JSON.parse(passages),
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', './test/mutation/ignore-logs.mjs'],
  ignorers: ['logs'],
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // The kept process has evaluated its modules already: a mutant at their top would survive whatever it does.
  ignoreStatic: true,
  // Two cores; each further one brings a PostgreSQL of its own.
  concurrency: 1,
  // A mutant that waits forever counts as noticed; a busy machine must not.
  timeoutMS: 60_000,
  timeoutFactor: 3,
  dryRunTimeoutMinutes: 30,
  reporters: ['progress-append-only', 'clear-text', 'html', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false },
  htmlReporter: { fileName: `reports/mutation/${name}.html` },
  jsonReporter: { fileName: `reports/mutation/${name}.json` },
  ignorePatterns: ['/dist*', '/reports', '/.turnpike', '/docs', '/bench', '/eval', '/.ci'],
};

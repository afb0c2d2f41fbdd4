import { defineConfig } from 'vitest/config';
import { keptPool } from './kept-pool.js';
import { guards } from '../guards/guards.js';

const folder = process.env['MUTATION_FOLDER'] ?? 'src/queue/lease';
/** Specs beside the code, and those that the list of guards names for it. */
const named = guards.filter(({ without }) => 'file' in without && without.file.startsWith(`${folder}/`));

/** They touch most of the code and take half a minute: each mutant would wait for them, and others notice it before. */
const slow = new Set(['src/memory/erasure/staged-erasure.spec.ts']);

export default defineConfig({
  plugins: [keptPool()],
  test: {
    include: [`${folder}/**/*.spec.ts`, ...new Set(named.map(({ spec }) => spec))].filter(
      (spec) => !spec.includes('e2e') && !slow.has(spec),
    ),
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/quiet-logs.ts'],
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

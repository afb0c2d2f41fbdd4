import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the run's one PostgreSQL lives; started by the first suite that needs it. */
    readonly databaseFolder: string;
  }
}

/** Vitest's `globalSetup`: a run without database suites pays nothing for this. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-test-'));
  project.provide('databaseFolder', folder);
  return async () => {
    if (existsSync(join(folder, 'data', 'postmaster.pid'))) {
      const server = new EmbeddedPostgres(folder);
      await server.start();
      await server.stop();
    }
    await rm(folder, { recursive: true, force: true });
  };
}

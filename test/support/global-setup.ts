import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { EmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';
import { checkRecords } from './lock-order/check-records.js';
import { readRecords } from './lock-order/recorder.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the run's one PostgreSQL; started by the first suite that needs it. */
    readonly databaseFolder: string;
    /** The folder in which workers record the locks of their transactions. */
    readonly lockRecords: string;
  }
}

/** Vitest's `globalSetup`: a run without database suites pays nothing for this. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-test-'));
  const lockRecords = join(folder, 'locks');
  project.provide('databaseFolder', folder);
  project.provide('lockRecords', lockRecords);
  return async () => {
    if (existsSync(join(folder, 'data', 'postmaster.pid'))) {
      const server = new EmbeddedPostgres(folder);
      await server.start();
      await server.stop();
    }
    const recorded = readRecords(lockRecords);
    await rm(folder, { recursive: true, force: true });
    const files = project.vitest.state.getFiles().filter(({ projectName }) => projectName === project.name);
    try {
      checkRecords(recorded, files.length);
    } catch (error) {
      // Vitest prints an error in here, and ends as if there were none.
      process.exitCode = 1;
      throw error;
    }
  };
}

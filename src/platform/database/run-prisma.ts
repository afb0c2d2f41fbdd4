import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Logger } from '@nestjs/common';
import { readEnvironment } from '../config/environment.js';
import { readSettings, SettingsError } from '../config/read-settings.js';
import { messageOf, TurnpikeError } from '../errors/errors.js';
import { DatabaseSettings } from './database.settings.js';
import { EmbeddedPostgres, embeddedFolder } from './embedded-postgres.js';
import { findPrismaFolder } from './migration-folder.js';

/**
 * Runs one of Prisma's own commands against the database of these settings: `npm run db -- migrate status`. An embedded
 * database is started for it, or found running, and left in the same state.
 * @returns the command's exit code
 */
async function runPrisma(args: readonly string[]): Promise<number> {
  Logger.overrideLogger(['warn', 'error']);
  const env = readEnvironment();
  const problems: string[] = [];
  const database = readSettings(DatabaseSettings, env, problems);
  if (problems.length > 0) throw new SettingsError(problems);
  const embedded = new EmbeddedPostgres(embeddedFolder(database.dataDir));
  try {
    const url = database.url ?? (await embedded.start());
    const program = createRequire(import.meta.url).resolve('prisma/build/index.js');
    const child = spawn(process.execPath, [program, ...args], {
      cwd: dirname(findPrismaFolder()),
      env: { ...env, DATABASE_URL: url },
      stdio: 'inherit',
    });
    // Ctrl-C in the terminal reaches the command too; a signal to this process alone is passed on.
    process.on('SIGINT', () => undefined);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    const [code] = await once(child, 'exit');
    return typeof code === 'number' ? code : 1;
  } finally {
    await embedded.stop();
  }
}

try {
  process.exitCode = await runPrisma(process.argv.slice(2));
} catch (error) {
  const hint = error instanceof TurnpikeError && error.hint ? `\n${error.hint}` : '';
  process.stderr.write(`${messageOf(error)}${hint}\n`);
  process.exitCode = 1;
}

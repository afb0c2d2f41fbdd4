import { existsSync } from 'node:fs';
import { defineConfig } from 'prisma/config';

// As the application reads it: what is set already wins.
if (existsSync('.env')) process.loadEnvFile('.env');

// `prisma generate` needs no schema engine, and fetching one fails where only the npm registry is reachable. The commands
// that do need one (migrate, db, studio) fetch it.
if (process.argv.includes('generate')) process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

const url = process.env.DATABASE_URL;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // For the embedded database: `npm run db -- migrate status`, which sets the variable.
  ...(url ? { datasource: { url } } : {}),
});

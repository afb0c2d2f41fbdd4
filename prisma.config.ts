import { defineConfig } from 'prisma/config';

// `prisma generate` needs no schema engine, and fetching one fails where only the npm registry is reachable.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
});

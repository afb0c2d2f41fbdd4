// An application of its own process that uses the embedded server of the folder given: made to be killed.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const source = fileURLToPath(new URL('../../src/platform/database/embedded-postgres.ts', import.meta.url));
const { module } = await runnerImport(source, { configFile: false, logLevel: 'silent' });
process.send(await new module.EmbeddedPostgres(process.argv[2]).start());

import { readEnvironment } from './platform/config/environment.js';
import { secretsIn } from './settings/settings.js';
import { Redactor } from './platform/errors/redactor.js';
import { serveIsolatedRun } from './isolated-run.js';
import { failureText } from './process.js';

await serveIsolatedRun(readEnvironment()).catch((error: unknown) => {
  process.stderr.write(`${failureText(error, new Redactor(secretsIn(readEnvironment())))}\n`);
  process.exit(1);
});

import { readEnvironment } from './config/environment.js';
import { secretsIn } from './config/setting-secrets.js';
import { Redactor } from './errors/redactor.js';
import { serveIsolatedRun } from './isolated-run.js';
import { failureText } from './process.js';

await serveIsolatedRun(readEnvironment()).catch((error: unknown) => {
  process.stderr.write(`${failureText(error, new Redactor(secretsIn(readEnvironment())))}\n`);
  process.exit(1);
});

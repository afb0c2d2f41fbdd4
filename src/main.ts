import { startApplication } from './application.js';
import { readEnvironment } from './config/environment.js';
import { secretsIn } from './config/setting-secrets.js';
import { Redactor } from './errors/redactor.js';
import { runUntilSignal } from './process.js';

await runUntilSignal(
  (stopping) => startApplication(readEnvironment(), stopping),
  () => new Redactor(secretsIn(readEnvironment())),
);

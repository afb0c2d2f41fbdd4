import { startApplication } from './application.js';
import { readEnvironment } from './platform/config/environment.js';
import { secretsIn } from './settings/settings.js';
import { Redactor } from './platform/errors/redactor.js';
import { runUntilSignal } from './process.js';

await runUntilSignal(
  (stopping) => startApplication(readEnvironment(), stopping),
  () => new Redactor(secretsIn(readEnvironment())),
);

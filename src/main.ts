import { startApplication } from './application.js';
import { readEnvironment } from './config/environment.js';
import { runUntilSignal } from './process.js';

await runUntilSignal((stopping) => startApplication(readEnvironment(), stopping));

import { readEnvironment } from '../config/environment.js';
import { runCli } from './run-cli.js';

process.exitCode = await runCli(process.argv.slice(2), readEnvironment, process.stdout, process.stderr);

import { readEnvironment } from '../platform/config/environment.js';
import { runCli } from './run-cli.js';

const { argv, stdin, stdout, stderr } = process;
process.exitCode = await runCli(argv.slice(2), readEnvironment, stdout, stderr, stdin);

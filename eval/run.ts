import { join } from 'node:path';
import { readEnvironment } from '../src/platform/config/environment.js';
import { dialogues } from './dialogues.js';
import { evaluate } from './evaluate.js';

/** `npm run eval`: plays the dialogues against the configured model, or the demo model if none is. */
const print = (text: string) => void process.stdout.write(`${text}\n`);

process.exitCode = await evaluate(
  process.argv.slice(2),
  readEnvironment(),
  dialogues,
  join('eval', 'results'),
  print,
);

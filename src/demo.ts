import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { type RunningApplication, startApplication } from './application.js';
import { messageOf } from './platform/errors/errors.js';
import { showBurst } from './playground/demo/burst.js';
import { showConversation } from './playground/demo/conversation.js';
import { postOneByOne } from './playground/demo/one-by-one.js';
import { DemoOutput } from './playground/demo/demo-output.js';

/** The model is slow on purpose: acknowledgements do not wait for it. */
const MODEL_LATENCY_MS = 1_000;

/**
 * `npm run demo`: starts everything embedded on an empty folder, lets a simulated Telegram post updates to the webhook,
 * and counts what comes back. Ends with 0 where nothing was missed, else with 1. It reads no settings, so it touches no
 * real bot, database or model.
 */
async function demo(output: DemoOutput): Promise<string[]> {
  const began = performance.now();
  const folder = await makeDataFolder();
  let application: RunningApplication | null = null;
  const end = async () => {
    await application?.stop();
    await folder.remove();
  };
  process.once('SIGINT', () => void end().finally(() => process.exit(130)));
  process.once('SIGTERM', () => void end().finally(() => process.exit(143)));
  try {
    output.line(
      'Turnpike demo: PostgreSQL, queue, workers, a simulated Telegram and a demo model, all in here.',
    );
    application = await startApplication({
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: folder.path,
      LOG_LEVEL: 'error',
      LOG_PRETTY: 'false',
      ADMIN_API_KEY: randomBytes(16).toString('hex'),
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    output.line(
      `Started on an empty folder in ${seconds} s; updates go to ${application.url}/webhook/telegram`,
    );
    return await showAll(application, output);
  } finally {
    await end();
  }
}

async function showAll({ standIns }: RunningApplication, output: DemoOutput): Promise<string[]> {
  const { simulator, model } = standIns;
  if (!simulator || !model) return ['the simulator or the demo model did not start'];
  model.latencyMs = MODEL_LATENCY_MS;
  const warmUp = await postOneByOne(simulator, model, output, 'Warmed up, as a server that runs is');
  const slowly = `the model takes ${MODEL_LATENCY_MS.toLocaleString('en')} ms for each answer`;
  output.line();
  output.line(`1. One conversation with a tool call (${slowly})`);
  const conversation = await showConversation(simulator, model, output);
  output.line();
  output.line('2. Acknowledgements, each committed to PostgreSQL before it is given');
  const single = await postOneByOne(simulator, model, output, 'Measured');
  output.line();
  output.line('3. A burst: 100 messages in 10 chats at once, every fifth update posted twice');
  const burst = await showBurst(simulator, model, output, single.acks);
  // An answer may say just what its draft says already.
  const refusals = [...simulator.refusals].filter(({ refused }) => !refused?.includes('is not modified'));
  const refused = refusals.map(({ method, refused }) => `Telegram refused ${method}: ${refused ?? ''}`);
  return [...warmUp.problems, ...conversation, ...single.problems, ...burst, ...refused];
}

const output = new DemoOutput(process.stdout);
const problems = await demo(output).catch((error: unknown) => [messageOf(error)]);
output.line();
for (const problem of problems) output.line(`FAILED: ${problem}`);
if (problems.length === 0)
  output.line('Nothing lost, nothing twice. `npm start` opens the playground; README.md connects a bot.');
process.exitCode = problems.length === 0 ? 0 : 1;

/**
 * An empty folder for one run of the demo, so that runs of different users do not collide. Readable by others: started
 * by root, the embedded PostgreSQL runs as a user of its own and must reach its data.
 */
async function makeDataFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'turnpike-demo-'));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

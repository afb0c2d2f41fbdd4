// `npm run test:mutation -- <folder> …`: mutates these folders of src, one after the other; without: those that the
// promises rest on. Reports go to reports/mutation/<folder>.html and .json.
import { spawnSync } from 'node:child_process';

const folders = ['src/lease', 'src/delivery', 'src/agent/turn', 'src/inbox', 'src/queue'];
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'));

for (const folder of chosen.length > 0 ? chosen : folders) {
  const env = { ...process.env, MUTATION_FOLDER: folder };
  const { status } = spawnSync('stryker', ['run', 'test/mutation/stryker.config.mjs', ...options], {
    stdio: 'inherit',
    env,
  });
  if (status !== 0) process.exitCode = 1;
}

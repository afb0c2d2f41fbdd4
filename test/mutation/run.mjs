// `npm run test:mutation -- [folder …] [--sample=N]`: mutates these folders of src, one after the other; default: those
// that the promises depend on. `--sample=20` mutates 20 passages of each folder, the same ones each time, because all
// of it would take hours. Reports go to reports/mutation/<folder>.html and .json.
import { spawnSync } from 'node:child_process';
import { passagesOf } from './passages.mjs';

const folders = [
  'src/queue/lease',
  'src/delivery',
  'src/agent/loop',
  'src/agent/turns',
  'src/inbox',
  'src/queue',
  'src/workers',
];
const given = process.argv.slice(2);
const chosen = given.filter((argument) => !argument.startsWith('-'));
const sample = Number(given.find((argument) => argument.startsWith('--sample='))?.split('=')[1] ?? 0);
const options = given.filter((argument) => argument.startsWith('-') && !argument.startsWith('--sample='));

for (const folder of chosen.length > 0 ? chosen : folders) {
  const passages = sample > 0 ? JSON.stringify(passagesOf(folder, sample)) : '';
  const env = { ...process.env, MUTATION_FOLDER: folder, MUTATION_PASSAGES: passages };
  const { status } = spawnSync('stryker', ['run', 'test/mutation/stryker.config.mjs', ...options], {
    stdio: 'inherit',
    env,
  });
  if (status !== 0) process.exitCode = 1;
}

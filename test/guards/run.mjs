// `npm run test:guards [-- --write | filter …]`: the runner is TypeScript, which Node.js 20 does not load by itself.
import { runnerImport } from 'vite';

const { module } = await runnerImport(new URL('./runner.ts', import.meta.url).pathname, {
  configFile: false,
});
process.exitCode = await module.main(process.argv.slice(2));

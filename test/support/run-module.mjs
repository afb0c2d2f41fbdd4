// Runs the exported `main` of a TypeScript module in this process, with the arguments behind its path: for tests that
// need a process in an environment of its own.
import { createServer } from 'vite';

const [module, ...args] = process.argv.slice(2);
const vite = await createServer({
  root: new URL('../..', import.meta.url).pathname,
  configFile: false,
  logLevel: 'silent',
  appType: 'custom',
  server: { middlewareMode: true, watch: null, ws: false },
  optimizeDeps: { noDiscovery: true },
});
const { main } = await vite.ssrLoadModule(module);
await main(...args);
await vite.close();

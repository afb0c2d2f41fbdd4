// The product in a process of its own, from its sources: made to be killed. Settings come from the environment, and the
// folder of the sources is its argument.
import { join } from 'node:path';
import { createServer } from 'vite';

const root = process.argv[2];

// Vite only translates here; it stays, for some modules are imported late.
const vite = await createServer({
  root,
  configFile: false,
  logLevel: 'silent',
  appType: 'custom',
  server: { middlewareMode: true, watch: null, ws: false },
  optimizeDeps: { noDiscovery: true },
});
const { startApplication } = await vite.ssrLoadModule(join(root, 'src', 'application.ts'));
const application = await startApplication(process.env);
process.send(application.url);

// The product in a process of its own, from its sources: made to be killed. Settings come from the environment.
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

// Vite only translates here; it stays, for some modules are imported late.
const vite = await createServer({
  configFile: false,
  logLevel: 'silent',
  appType: 'custom',
  server: { middlewareMode: true, watch: null, ws: false },
  optimizeDeps: { noDiscovery: true },
});
const source = fileURLToPath(new URL('../../src/application.ts', import.meta.url));
const { startApplication } = await vite.ssrLoadModule(source);
const application = await startApplication(process.env);
process.send(application.url);

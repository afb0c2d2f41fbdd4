// The product in a process of its own, from its sources: made to be killed. Settings come from the environment, and the
// folder of the sources is its first argument. The second one is a module with further tools, or empty; with the third one,
// "isolated", it is a process for one run of a suspect.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const [root, tools, mode] = process.argv.slice(2);

// Vite only translates here; it stays, for some modules are imported late.
const vite = await createServer({
  root,
  configFile: false,
  logLevel: 'silent',
  appType: 'custom',
  server: { middlewareMode: true, watch: null, ws: false },
  optimizeDeps: { noDiscovery: true },
});
const load = (...path) => vite.ssrLoadModule(join(root, ...path));

if (tools) {
  const { ToolsModule } = await load('src', 'agent', 'tools', 'tools.module.ts');
  const known = Reflect.getMetadata('providers', ToolsModule);
  const added = Object.values(await vite.ssrLoadModule(tools)).filter((value) => typeof value === 'function');
  Reflect.defineMetadata('providers', [...known, ...added], ToolsModule);
}
if (mode === 'isolated') {
  const { serveIsolatedRun } = await load('src', 'isolated-run.ts');
  await serveIsolatedRun(process.env);
} else {
  const { startApplication } = await load('src', 'application.ts');
  const { outliveOwnedErrors } = await load('src', 'process.ts');
  const isolated = { file: fileURLToPath(import.meta.url), args: [root, tools ?? '', 'isolated'] };
  const application = await startApplication(process.env, undefined, isolated);
  // A version before it had this has none.
  outliveOwnedErrors?.();
  process.send(application.url);
}

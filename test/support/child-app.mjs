// The product in a process of its own: made to be killed. Settings come from the environment, and the first argument is
// its folder. The second one is a module there with further tools, or empty; with the third one, "isolated", it is a
// process for one isolated run.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [root, tools, mode] = process.argv.slice(2);
const load = (...path) => import(pathToFileURL(join(root, ...path)).href);

if (tools) {
  const { ToolsModule } = await load('src', 'agent', 'tools', 'tools.module.js');
  const known = Reflect.getMetadata('providers', ToolsModule);
  const added = Object.values(await load(tools)).filter((value) => typeof value === 'function');
  Reflect.defineMetadata('providers', [...known, ...added], ToolsModule);
}
if (mode === 'isolated') {
  const { serveIsolatedRun } = await load('src', 'isolated-run.js');
  await serveIsolatedRun(process.env);
} else {
  const { startApplication } = await load('src', 'application.js');
  const { outliveOwnedErrors } = await load('src', 'process.js');
  const isolated = { file: fileURLToPath(import.meta.url), args: [root, tools ?? '', 'isolated'] };
  const application = await startApplication(process.env, undefined, isolated);
  // An earlier version lacks this.
  outliveOwnedErrors?.();
  // As `main.ts` does.
  process.once('SIGTERM', () => void application.stop().then(() => process.exit(0)));
  process.send(application.url);
}

import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './child-app.js';

/** What `npm run build` makes, without its checks: for tests that start the program many times. */
export interface CompiledProduct {
  readonly main: string;
  remove(): Promise<void>;
}

/** Translates `src` file by file into a folder of its own. */
export async function compileProduct(): Promise<CompiledProduct> {
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-compiled-'));
  const dist = join(folder, 'dist');
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const files = await readdir(join(ROOT, 'src'), { recursive: true });
  for (const file of files) {
    const [source, target] = [join(ROOT, 'src', file), join(dist, file)];
    if (/\.spec(-support)?\.ts$/.test(file) || !/\.[a-z]+$/.test(file)) continue;
    await mkdir(dirname(target), { recursive: true });
    if (file.endsWith('.ts')) {
      // One file at a time it cannot see that package.json says so.
      const compilerOptions = { ...options, module: ts.ModuleKind.ESNext, sourceMap: false };
      const { outputText } = ts.transpileModule(await readFile(source, 'utf8'), {
        compilerOptions,
        fileName: source,
      });
      await writeFile(target.replace(/ts$/, 'js'), outputText);
    } else await cp(source, target, { recursive: true });
  }
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
  for (const name of ['node_modules', 'prisma']) await symlink(join(ROOT, name), join(folder, name));
  return { main: join(dist, 'main.js'), remove: () => rm(folder, { recursive: true, force: true }) };
}

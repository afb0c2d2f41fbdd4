import { cp, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Generated, large, or a user's own; of these only the packages are needed, and they are shared. */
const LEFT_OUT = /^(?:node_modules|\.git|dist.*|\.turnpike|coverage|reports|.*\.tsbuildinfo|\.env)$/;

/** A copy of the checkout that may be broken; the checkout itself never changes. */
export class TreeCopy {
  private constructor(readonly root: string) {}

  static async of(origin: string): Promise<TreeCopy> {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'turnpike-guards-')));
    for (const name of await readdir(origin)) {
      if (!LEFT_OUT.test(name)) await cp(join(origin, name), join(root, name), { recursive: true });
    }
    await symlink(await realpath(join(origin, 'node_modules')), join(root, 'node_modules'), 'dir');
    return new TreeCopy(root);
  }

  path(file: string): string {
    return join(this.root, file);
  }

  read(file: string): Promise<string> {
    return readFile(this.path(file), 'utf8');
  }

  async write(file: string, text: string): Promise<void> {
    await writeFile(this.path(file), text);
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

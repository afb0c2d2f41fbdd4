import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { isRunner, watchForebears } from './forebears.js';

describe('A process above this one', () => {
  it.each([
    ['npm start'],
    ['node /usr/bin/npm start'],
    ['/usr/bin/node /usr/lib/node_modules/npm/bin/npm-cli.js run dev'],
    ['npm exec nest start'],
    ['node /home/a/.corepack/pnpm.cjs start'],
    ['node /usr/bin/yarn start'],
  ])('is a script runner: %s', (line) => {
    expect(isRunner(line.split(' '))).toBe(true);
  });

  it.each([
    ['sh -c nest start'],
    ['node /app/node_modules/.bin/nest start'],
    ['bash'],
    ['/sbin/init'],
    ['node server.js npm'],
    [''],
  ])('is another program: %s', (line) => {
    expect(isRunner(line.split(' '))).toBe(false);
  });
});

describe.runIf(process.platform === 'linux')('The programs above this process', () => {
  /** Reads /proc as it is, except that this process was started by npm; then fails so, `times` times. */
  function readerThatFails(code: string, times: number) {
    let left = times;
    let reads = 0;
    const read = async (path: string): Promise<string> => {
      reads += 1;
      if (path.endsWith('cmdline') && path !== `/proc/${process.ppid}/cmdline`) return 'npm\0start\0';
      const isLater = reads > 4;
      if (isLater && left > 0) {
        left -= 1;
        throw Object.assign(new Error(code), { code });
      }
      return await readFile(path, 'utf8');
    };
    return { read, failed: () => times - left };
  }

  it('count as alive while they cannot be read', async () => {
    let gone = false;
    const { read, failed } = readerThatFails('EMFILE', 3);
    void watchForebears(() => (gone = true), read);
    await eventually(() => expect(failed()).toBe(3));
    expect(gone).toBe(false);
  });

  it('count as gone when one of them is', async () => {
    let gone = false;
    const { read } = readerThatFails('ENOENT', 1);
    void watchForebears(() => (gone = true), read);
    await eventually(() => expect(gone).toBe(true));
  });
});

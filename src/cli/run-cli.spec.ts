import { describe, expect, it } from 'vitest';
import { runCli } from './run-cli.js';

/** What a command says on its two ways out. */
async function said(...args: readonly string[]): Promise<string> {
  let text = '';
  const sink = { write: (more: string) => (text += more) };
  await runCli(args, () => ({}), sink, sink);
  return text;
}

const STEERING = '\u001b[2J\u202e\u200b\u0085\u{e0041}\r';

describe('What the command line says', () => {
  it.each([
    ['a command that is none', [`x${STEERING}y`]],
    ['an error of a command', ['pairing', 'approve', `x${STEERING}y`]],
    ['an error of arguments', ['people', 'block', STEERING]],
  ])('neither steers a terminal nor hides anything: %s', async (_, args) => {
    expect(await said(...args)).not.toMatch(/(?![\n\t ])[\p{C}\p{Zl}\p{Zp}]/u);
  });

  it('has tabs and line breaks as they are', async () => {
    expect(await said('--help')).toMatch(/^usage: npm run cli -- <command>\n {2}doctor /);
    expect(await said('env-example')).toContain('\n# TELEGRAM_MODE=auto\n');
  });
});

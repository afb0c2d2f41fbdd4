import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import type { Environment } from '../platform/config/read-settings.js';
import { runCli } from './run-cli.js';

/** A call as from a shell without environment variables: its output and exit code. */
async function cli(words: readonly string[], environment: () => Environment = noSettings, columns?: number) {
  const printed = { out: '', err: '' };
  const code = await runCli(
    words,
    environment,
    { write: (text) => (printed.out += text), columns },
    { write: (text) => (printed.err += text) },
  );
  return { code, ...printed };
}

const noSettings = (): Environment => {
  throw new Error('the settings are read');
};

const COMMANDS = 'doctor webhook chats send pairing people dead-letters migrate env-example'.split(' ');

const ALL = COMMANDS.join('|');

describe('The command line, without settings', () => {
  it.each([[[]], [['--help']], [['-h']], [['help']]])('lists the commands for %j', async (words) => {
    const { code, out, err } = await cli(words);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^Usage: npm run cli -- doctor\|webhook\|chats/);
    for (const name of COMMANDS) expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  it.each([...COMMANDS, 'webhook set', 'dead-letters show', 'people role'])(
    'shows the usage of %s',
    async (name) => {
      const { code, out, err } = await cli([...name.split(' '), '--help']);
      expect([code, err]).toEqual([0, '']);
      expect(out).toMatch(new RegExp(`^Usage: npm run cli -- ${name} `));
    },
  );

  it('shows a command’s arguments, options and their meaning, in the terminal’s width', async () => {
    const { out } = await cli(['people', 'role', '--help'], noSettings, 120);
    expect(out).toContain('Usage: npm run cli -- people role [options] <ID> <ROLE>\n');
    expect(out).toMatch(/ROLE .*choices: "user", "admin", "owner", "none"/);
    expect(out).toMatch(/--bot <NAME> .*TELEGRAM_BOTS_FILE/);
    const narrow = (await cli(['people', 'role', '--help'], noSettings, 60)).out.split('\n');
    expect(narrow.length).toBeGreaterThan(out.split('\n').length);
  });

  it.each(['--version', '-V'])('prints the version for %s', async (option) => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await cli([option])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it.each<[string[], string]>([
    [
      ['dead-leters', 'list'],
      `unknown command 'dead-leters' (did you mean dead-letters?); usage: npm run cli -- ${ALL}`,
    ],
    [['--vresion'], `unknown option '--vresion' (did you mean --version?); usage: npm run cli -- ${ALL}`],
    [['--json', 'chats'], `unknown option '--json'; usage: npm run cli -- ${ALL}`],
    [
      ['chats', '--jsn'],
      "unknown option '--jsn' (did you mean --json?); usage: npm run cli -- chats [options] [SEARCH]",
    ],
    [['chats', '--json=yes'], "unknown option '--json=yes'; usage: npm run cli -- chats [options] [SEARCH]"],
    [['chats', '--version'], "unknown option '--version'; usage: npm run cli -- chats [options] [SEARCH]"],
    [['doctor', '--bot', 'x'], "unknown option '--bot'; usage: npm run cli -- doctor [options]"],
    [
      ['doctor', 'please'],
      "too many arguments for 'doctor'. Expected 0 arguments but got 1; usage: npm run cli -- doctor [options]",
    ],
    [
      ['send', '5', 'x', '--version'],
      "unknown option '--version'; usage: npm run cli -- send [options] <CHAT> [--] <TEXT...>",
    ],
    [
      ['send', '5'],
      "missing required argument 'TEXT'; usage: npm run cli -- send [options] <CHAT> [--] <TEXT...>",
    ],
    [
      ['migrate', 'a\nb\u202e', 'c'],
      "too many arguments for 'migrate'. Expected 0 arguments but got 2; usage: npm run cli -- migrate [options]",
    ],
    [['--a\nb\u202e'], String.raw`unknown option '--a b\u{202e}'; usage: npm run cli -- ` + ALL],
  ])('names the mistake in one line with the usage for %j, and exits with 2', async (words, line) => {
    expect(await cli(words)).toEqual({ code: 2, out: '', err: `${line}\n` });
  });

  it('quotes no secret of the settings in a wrong call', async () => {
    const environment = () => ({ NODE_ENV: 'test', OPENAI_API_KEY: 'sk-typed-by-mistake' });
    const { code, err } = await cli(['chats', '--key=sk-typed-by-mistake'], environment);
    expect([code, err]).toEqual([2, expect.stringMatching(/^unknown option '--key=\[redacted\]'; usage/)]);
  });
});

describe('The command line, with a database', () => {
  let room: Room;
  beforeAll(async () => {
    room = await Room.open();
  });
  afterAll(() => room.close());

  const environment = (level: string) => () => ({
    NODE_ENV: 'test',
    DATABASE_URL: room.url,
    LOG_LEVEL: level,
    LOG_PRETTY: 'false',
  });

  it.each(['-1001234567890', '-1001234567890/17', '-5'])(
    'accepts the chat %s, which is below zero, as an argument',
    async (place) => {
      const { code, out, err } = await cli(['send', place, 'hello'], environment('silent'));
      expect([code, out]).toEqual([1, '']);
      expect(err).toContain(`there is no conversation "${place}"\n`);
    },
  );

  it('logs warnings beside the output of the command, never within', async () => {
    const { code, out, err } = await cli(['chats', '--json'], environment('info'));
    expect([code, JSON.parse(out)]).toEqual([0, { items: [], hasMore: false }]);
    // The database of tests does not flush its commits, of which each process warns.
    expect(JSON.parse(err)).toMatchObject({ level: 'warn', code: 'COMMITS_NOT_FLUSHED' });
  });
});

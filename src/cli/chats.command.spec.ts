import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import { runCli } from './run-cli.js';

let room: Room;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

async function chats(...args: string[]) {
  const printed = { out: '', err: '' };
  const code = await runCli(
    ['chats', ...args],
    () => ({ NODE_ENV: 'test', DATABASE_URL: room.url, LOG_LEVEL: 'silent' }),
    { write: (text) => (printed.out += text) },
    { write: (text) => (printed.err += text) },
  );
  return { code, ...printed };
}

describe('chats', () => {
  it('says that there is none', async () => {
    expect(await chats()).toEqual({ code: 0, out: 'no conversations\n', err: '' });
  });

  it('lists them, the newest first, by columns, with nothing in a name that steers the terminal', async () => {
    const at = new Date('2026-01-02T03:04:05Z');
    const old = await room.conversation({ title: 'Old', lastMessageAt: at, messageCount: 3 });
    const recent = await room.conversation({ title: '\u001b[2JNew', threadId: 7n });
    const { code, out, err } = await chats();
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      expect.stringMatching(
        new RegExp(
          `^${recent.id}\t${recent.chatId}/7\tactive\t0 messages\t.*\t\\\\u\\{1b\\}\\[2JNew\ttelegram$`,
        ),
      ),
      `${old.id}\t${old.chatId}\tactive\t3 messages\t2026-01-02T03:04:05.000Z\tOld\ttelegram`,
      '',
    ]);
    expect((await chats('Ol')).out).toMatch(/^[^\n]*\tOld\ttelegram\n$/);
  });

  it('with two words, shows the usage and exits with 2', async () => {
    expect(await chats('a', 'b')).toMatchObject({ code: 2, out: '' });
  });
});

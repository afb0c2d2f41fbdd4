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
  it('reports an empty list', async () => {
    expect(await chats()).toEqual({ code: 0, out: 'no conversations\n', err: '' });
  });

  it('lists conversations, the newest first, in columns, without control characters in names', async () => {
    const at = new Date('2026-01-02T03:04:05Z');
    const old = await room.conversation({ title: 'Old', lastMessageAt: at, messageCount: 3 });
    const recent = await room.conversation({ title: '\u001b[2JNew', threadId: '7' });
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

  it('lists them as JSON, as the admin API does', async () => {
    const { code, out } = await chats('New\u202e', '--json');
    expect([code, JSON.parse(out)]).toEqual([0, { items: [], hasMore: false }]);
    const conversation = await room.conversation({ title: 'Json \u202e👩‍💻', threadId: '7' });
    const found = await chats('--json', 'Json');
    expect(JSON.parse(found.out)).toEqual({
      items: [
        {
          id: conversation.id,
          channel: 'telegram',
          chatId: conversation.chatId,
          threadId: '7',
          chatType: conversation.chatType,
          title: 'Json \u202e👩‍💻',
          username: conversation.username,
          messageCount: 0,
          lastMessageAt: conversation.lastMessageAt.toISOString(),
          status: 'active',
          createdAt: conversation.createdAt.toISOString(),
        },
      ],
      hasMore: false,
    });
    expect(found.out).toContain(String.raw`Json \u202e👩\u200d💻`);
  });

  it('searches for a group’s chat id, which is below zero', async () => {
    const group = await room.conversation({ chatId: '-1001234567890', title: 'A group' });
    const { code, out } = await chats('-1001234567890');
    expect([code, out.split('\t')[0]]).toEqual([0, group.id]);
  });

  it('exits with 2 and says so when it gets two words', async () => {
    expect(await chats('a', 'b')).toEqual({
      code: 2,
      out: '',
      err: "too many arguments for 'chats'. Expected 1 argument but got 2; usage: npm run cli -- chats [options] [SEARCH]\n",
    });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import { TelegramDouble } from '../../test/support/telegram-double.js';
import type { Conversation } from '../generated/prisma/client.js';
import { runCli } from './run-cli.js';

let room: Room;
let telegram: TelegramDouble;
let conversation: Conversation;
let folder: string;

beforeAll(async () => {
  [room, telegram] = [await Room.open(), await TelegramDouble.start()];
  folder = mkdtempSync(join(tmpdir(), 'turnpike-people-'));
  const bots = {
    support: { token: telegram.addBot('support_bot').token, webhookSecret: 'secret-of-support' },
  };
  writeFileSync(join(folder, 'bots.json'), JSON.stringify({ bots }));
});
afterAll(async () => {
  await telegram.close();
  await room.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  await room.prisma.pairing.deleteMany();
  conversation = await room.conversation();
});

/** A call as from a shell: its output and exit code. */
async function cli(...args: string[]) {
  const printed = { out: '', err: '' };
  const environment = () => ({
    NODE_ENV: 'test',
    DATABASE_URL: room.url,
    LOG_LEVEL: 'silent',
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.root,
    TELEGRAM_OWNERS: '7',
    TELEGRAM_BOTS_FILE: join(folder, 'bots.json'),
  });
  const code = await runCli(
    args,
    environment,
    { write: (text) => (printed.out += text) },
    { write: (text) => (printed.err += text) },
  );
  return { code, ...printed };
}

const ask = (code: string) =>
  room.prisma.pairing.create({
    data: {
      id: room.ids.next(),
      channel: 'telegram',
      chatId: conversation.chatId,
      conversationId: conversation.id,
      code,
      name: 'Ada \u001B[31mLovelace',
      username: 'ada',
      expiresAt: new Date('2100-01-01'),
    },
  });
const access = () => room.prisma.personAccess.findFirst({ where: { userId: conversation.chatId } });

describe('pairing', () => {
  it('lists access requests in columns', async () => {
    expect(await cli('pairing', 'list')).toEqual({ code: 0, out: 'nobody asks to be let in\n', err: '' });
    await ask('K7WQ4M');
    const { out } = await cli('pairing', 'list');
    const [code, chat, until, who, channel] = out.trim().split('\t');
    expect([code, chat, until]).toEqual(['K7WQ4M', conversation.chatId, 'until 2100-01-01T00:00:00.000Z']);
    // The same person may ask two bots.
    expect(channel).toBe('telegram');
    expect(who).toMatch(/^Ada .*Lovelace, @ada$/);
    expect(out).not.toContain('\u001B');
  });

  it('grants access by the code, however it is typed, once, with a welcome', async () => {
    await ask('K7WQ4M');
    const admitted = `K7WQ4M: let in, chat ${conversation.chatId} of telegram\n`;
    expect(await cli('pairing', 'approve', 'k7w-q4m')).toEqual({ code: 0, out: admitted, err: '' });
    expect(await access()).toMatchObject({ role: 'user', blockedAt: null });
    const again = await cli('pairing', 'approve', 'K7WQ4M');
    expect([again.code, again.err]).toEqual([
      1,
      expect.stringContaining('nobody waits with the code "K7WQ4M"'),
    ]);
    const replies = await room.prisma.reply.findMany({ where: { conversationId: conversation.id } });
    expect(replies).toHaveLength(1);
  });

  it('grants no access to a person it denies', async () => {
    await ask('K7WQ4N');
    expect((await cli('pairing', 'deny', 'K7WQ4N')).code).toBe(0);
    expect(await access()).toBeNull();
  });

  it('removes a group’s access, at the named bot', async () => {
    const group = `-${conversation.chatId}`;
    for (const channel of ['telegram', 'telegram:support'])
      await room.prisma.admittedChat.create({ data: { channel, chatId: group } });
    expect(await cli('pairing', 'revoke', group, '--bot', 'support')).toEqual({
      code: 0,
      out: `${group}: put out, of telegram:support\n`,
      err: '',
    });
    const left = await room.prisma.admittedChat.findMany({ where: { chatId: group } });
    expect(left).toMatchObject([{ channel: 'telegram' }]);
    const { code, err } = await cli('pairing', 'revoke', group, '--bot', 'support');
    expect([code, err]).toEqual([1, expect.stringContaining('is not let in')]);
  });

  it('lists them as JSON, as the admin API does', async () => {
    const empty = await cli('pairing', 'list', '--json');
    expect([empty.code, JSON.parse(empty.out)]).toEqual([0, { items: [], hasMore: false }]);
    const asked = await ask('K7WQ4P');
    const { out } = await cli('pairing', 'list', '--json');
    expect(JSON.parse(out)).toEqual({
      items: [
        {
          id: asked.id,
          channel: 'telegram',
          chatId: conversation.chatId,
          conversationId: conversation.id,
          code: 'K7WQ4P',
          state: 'pending',
          userId: null,
          name: 'Ada \u001B[31mLovelace',
          username: 'ada',
          title: null,
          createdAt: asked.createdAt.toISOString(),
          expiresAt: '2100-01-01T00:00:00.000Z',
          decidedBy: null,
          decidedAt: null,
        },
      ],
      hasMore: false,
    });
    expect(out).not.toContain('\u001B');
  });

  it.each([
    [['revoke'], "missing required argument 'GROUP'"],
    [['revoke', '5'], "value '5' is invalid for argument 'GROUP'. A group’s id is a number below 0"],
    [['revoke', '-5', 'x'], "too many arguments for 'revoke'"],
    [['revoke', '-5', '--bto', 'support'], "unknown option '--bto' (did you mean --bot?)"],
    [['approve'], "missing required argument 'CODE'"],
    [['list', 'x'], "too many arguments for 'list'"],
    [['approve', 'K7WQ4M', 'x'], "too many arguments for 'approve'"],
    [['aprove', 'K7WQ4M'], "unknown command 'aprove' (did you mean approve?)"],
    [[], 'missing command'],
  ])('names the mistake and the usage at %j', async (args, fault) => {
    const { code, out, err } = await cli('pairing', ...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(fault);
    expect(err).toMatch(/^[^\n]*; usage: npm run cli -- pairing [^\n]*\n$/);
  });
});

describe('people', () => {
  it('sets and removes roles and blocks', async () => {
    const id = conversation.chatId;
    expect(await cli('people', 'role', id, 'admin')).toEqual({
      code: 0,
      out: `${id}: role admin\n`,
      err: '',
    });
    expect(await access()).toMatchObject({ role: 'admin' });
    await cli('people', 'block', id);
    expect((await access())?.blockedAt).not.toBeNull();
    await cli('people', 'unblock', id);
    await cli('people', 'role', id, 'none');
    expect(await access()).toMatchObject({ role: null, blockedAt: null });
  });

  it('applies to the people of the named bot', async () => {
    const id = conversation.chatId;
    expect(await cli('people', 'role', id, 'user', '--bot', 'support')).toMatchObject({ code: 0 });
    expect(await access()).toMatchObject({ channel: 'telegram:support', role: 'user' });
    const { code, err } = await cli('people', 'block', id, '--bot', 'sales');
    expect([code, err]).toEqual([1, expect.stringContaining('no bot "sales"')]);
  });

  it('refuses to change the owners in the settings', async () => {
    const { code, err } = await cli('people', 'block', '7');
    expect([code, err]).toEqual([1, expect.stringContaining('TELEGRAM_OWNERS')]);
  });

  it('blocks authors in the name of a chat, whose id is below zero, and gives them no role', async () => {
    const id = `-${conversation.chatId}`;
    expect(await cli('people', 'block', id)).toEqual({ code: 0, out: `${id}: block\n`, err: '' });
    const blocked = await room.prisma.personAccess.findFirst({ where: { userId: id } });
    expect(blocked?.blockedAt).not.toBeNull();
    const { code, err } = await cli('people', 'role', id, 'user');
    expect([code, err]).toEqual([2, expect.stringContaining('A person’s id is a number above 0')]);
  });

  it('lists people who have written, in columns and as JSON, the owners of the settings as owners', async () => {
    await room.prisma.person.deleteMany();
    expect(await cli('people', 'list')).toEqual({ code: 0, out: 'nobody has written yet\n', err: '' });
    await room.prisma.person.createMany({
      data: [
        { channel: 'telegram', userId: '7', firstName: 'Grace', username: 'grace' },
        { channel: 'telegram', userId: '5000000000', firstName: 'Ada\u202e', lastName: 'Lovelace' },
      ],
    });
    await cli('people', 'block', '5000000000');
    expect((await cli('people', 'list')).out.split('\n')).toEqual([
      String.raw`5000000000 none blocked Ada\u{202e}_Lovelace telegram`
        .replaceAll(' ', '\t')
        .replace('_', ' '),
      '7\towner\tactive\tGrace @grace\ttelegram',
      '',
    ]);
    const { items, hasMore } = JSON.parse((await cli('people', 'list', '--json')).out);
    expect(hasMore).toBe(false);
    expect(items).toEqual([
      expect.objectContaining({ userId: '5000000000', firstName: 'Ada\u202e', role: null, blocked: true }),
      {
        channel: 'telegram',
        userId: '7',
        firstName: 'Grace',
        lastName: null,
        username: 'grace',
        tools: null,
        role: 'owner',
        blocked: false,
      },
    ]);
  });

  it.each([
    [
      ['role', '1', 'king'],
      "'king' is invalid for argument 'ROLE'. Allowed choices are user, admin, owner, none",
    ],
    [['role', 'ada', 'user'], "'ada' is invalid for argument 'ID'. A person’s id is a number above 0"],
    [['role', '1'], "missing required argument 'ROLE'"],
    [['block'], "missing required argument 'ID'"],
    [['block', '1', 'user'], "too many arguments for 'block'"],
    [['ban', '1'], "unknown command 'ban'"],
  ])('names the mistake and the usage at %j', async (args, fault) => {
    const { code, out, err } = await cli('people', ...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(fault);
    expect(err).toMatch(/^[^\n]*; usage: npm run cli -- people [^\n]*\n$/);
  });
});

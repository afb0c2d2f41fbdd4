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

/** As from a shell: what it printed, and its exit code. */
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
  it('lists who asks to be let in, in columns', async () => {
    expect(await cli('pairing', 'list')).toEqual({ code: 0, out: 'nobody asks to be let in\n', err: '' });
    await ask('K7WQ4M');
    const { out } = await cli('pairing', 'list');
    const [code, chat, until, who, channel] = out.trim().split('\t');
    expect([code, chat, until]).toEqual([
      'K7WQ4M',
      String(conversation.chatId),
      'until 2100-01-01T00:00:00.000Z',
    ]);
    // The same person may ask two bots.
    expect(channel).toBe('telegram');
    expect(who).toMatch(/^Ada .*Lovelace, @ada$/);
    expect(out).not.toContain('\u001B');
  });

  it('lets in by the code, however it is typed, once, with a welcome', async () => {
    await ask('K7WQ4M');
    const letIn = `K7WQ4M: let in, chat ${conversation.chatId} of telegram\n`;
    expect(await cli('pairing', 'approve', 'k7w-q4m')).toEqual({ code: 0, out: letIn, err: '' });
    expect(await access()).toMatchObject({ role: 'user', blockedAt: null });
    const again = await cli('pairing', 'approve', 'K7WQ4M');
    expect([again.code, again.err]).toEqual([
      1,
      expect.stringContaining('nobody waits with the code "K7WQ4M"'),
    ]);
    const replies = await room.prisma.reply.findMany({ where: { conversationId: conversation.id } });
    expect(replies).toHaveLength(1);
  });

  it('does not let in whom it denies', async () => {
    await ask('K7WQ4N');
    expect((await cli('pairing', 'deny', 'K7WQ4N')).code).toBe(0);
    expect(await access()).toBeNull();
  });

  it('puts a group out again, at the bot that is named', async () => {
    const group = -conversation.chatId;
    for (const channel of ['telegram', 'telegram:support'])
      await room.prisma.admittedChat.create({ data: { channel, chatId: group } });
    expect(await cli('pairing', 'revoke', String(group), '--bot', 'support')).toEqual({
      code: 0,
      out: `${group}: put out, of telegram:support\n`,
      err: '',
    });
    const left = await room.prisma.admittedChat.findMany({ where: { chatId: group } });
    expect(left).toMatchObject([{ channel: 'telegram' }]);
    const { code, err } = await cli('pairing', 'revoke', String(group), '--bot', 'support');
    expect([code, err]).toEqual([1, expect.stringContaining('is not let in')]);
  });

  it.each([
    ['revoke'],
    ['revoke', '5'],
    ['revoke', '-5', 'x'],
    ['approve'],
    ['list', 'x'],
    ['approve', 'K7WQ4M', 'x'],
    ['admit', 'K7WQ4M'],
    [],
  ])('says how it is called at %j', async (...args) => {
    expect(await cli('pairing', ...args)).toMatchObject({ code: 2, err: expect.stringContaining('usage') });
  });
});

describe('people', () => {
  it('gives roles and blocks, and takes both back', async () => {
    const id = String(conversation.chatId);
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

  it('means the people of the bot that is named', async () => {
    const id = String(conversation.chatId);
    expect(await cli('people', 'role', id, 'user', '--bot', 'support')).toMatchObject({ code: 0 });
    expect(await access()).toMatchObject({ channel: 'telegram:support', role: 'user' });
    const { code, err } = await cli('people', 'block', id, '--bot', 'sales');
    expect([code, err]).toEqual([1, expect.stringContaining('no bot "sales"')]);
  });

  it('leaves the owners of the settings alone', async () => {
    const { code, err } = await cli('people', 'block', '7');
    expect([code, err]).toEqual([1, expect.stringContaining('TELEGRAM_OWNERS')]);
  });

  it.each([['role', '1', 'king'], ['role', 'ada', 'user'], ['block'], ['block', '1', 'user'], ['ban', '1']])(
    'says how it is called at %j',
    async (...args) => {
      expect(await cli('people', ...args)).toMatchObject({ code: 2, err: expect.stringContaining('usage') });
    },
  );
});

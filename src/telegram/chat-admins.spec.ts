import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SteeredClock } from '../../test/support/steered.js';
import { failures, TelegramDouble } from '../../test/support/telegram-double.js';
import type { ChatDescription, Sender } from '../channel/inbound.js';
import { TelegramSettings } from '../config/telegram.settings.js';
import { BotApi } from './bot-api/bot-api.js';
import { ChatAdmins, KNOWN_FOR_MS } from './chat-admins.js';

let telegram: TelegramDouble;
let clock: SteeredClock;
let admins: ChatAdmins;

beforeEach(async () => {
  telegram = await TelegramDouble.start();
  clock = new SteeredClock();
  const settings = { botToken: telegram.token, apiRoot: telegram.root };
  admins = new ChatAdmins(new BotApi(Object.assign(new TelegramSettings(), settings)), clock);
});
afterEach(() => telegram.close());

const group: ChatDescription = {
  chatId: -100n,
  threadId: 7n,
  via: null,
  type: 'supergroup',
  title: null,
  username: null,
};
const somebody = (userId: bigint): Sender => ({
  userId,
  firstName: 'Ada',
  lastName: null,
  username: null,
  languageCode: null,
});
const rightsOf = (sender: Sender | null, chat = group) =>
  admins.rightsOf({ chat, sender }, new AbortController().signal);
const asked = () => telegram.callsOf('getChatMember').length;

describe('Who runs a group', () => {
  it.each([
    ['creator', 'admin'],
    ['administrator', 'admin'],
    ['member', 'member'],
    ['kicked', 'member'],
  ] as const)('a %s is an %s', async (status, rights) => {
    telegram.join(-100, 5, status);
    expect(await rightsOf(somebody(5n))).toBe(rights);
  });

  it('is nobody whom Telegram does not find there', async () => {
    expect(await rightsOf(somebody(6n))).toBe('member');
  });

  it('is told without asking: who writes in its name does, other chats and nobody do not', async () => {
    expect(await rightsOf(somebody(-100n))).toBe('admin');
    expect(await rightsOf(somebody(-200n))).toBe('member');
    expect(await rightsOf(null)).toBe('member');
    expect(await rightsOf(somebody(5n), { ...group, chatId: 5n, type: 'private' })).toBe('admin');
    expect(asked()).toBe(0);
  });

  it('is remembered for half a minute, for each person and group', async () => {
    telegram.join(-100, 5, 'administrator');
    await rightsOf(somebody(5n));
    telegram.join(-100, 5, 'member');
    expect(await rightsOf(somebody(5n))).toBe('admin');
    expect(await rightsOf(somebody(5n), { ...group, chatId: -101n })).toBe('member');
    expect(asked()).toBe(2);
    clock.aheadMs = KNOWN_FOR_MS;
    expect(await rightsOf(somebody(5n))).toBe('member');
  });

  it.each([
    failures.limited(1),
    failures.serverError,
    failures.badRequest('chat not found'),
    failures.resetBefore,
  ])('is unknown where Telegram does not tell, and asked again: %j', async (failure) => {
    telegram.join(-100, 5, 'administrator');
    telegram.failNext({ method: 'getChatMember', with: failure });
    expect(await rightsOf(somebody(5n))).toBe('unknown');
    expect(await rightsOf(somebody(5n))).toBe('admin');
  });
});

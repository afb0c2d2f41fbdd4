import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChatId, ThreadId, UserId } from '../../channel/ids.js';
import { SteeredClock } from '../../../test/support/steered.js';
import { failures, TelegramDouble } from '../../../test/support/telegram-double.js';
import type { ChatDescription, Sender } from '../../channel/inbound.js';
import { TelegramSettings } from '../settings/telegram.settings.js';
import { BotApi } from '../bot-api/bot-api.js';
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
  chatId: ChatId('-100'),
  threadId: ThreadId('7'),
  via: null,
  type: 'supergroup',
  title: null,
  username: null,
};
const somebody = (id: number): Sender => ({
  userId: UserId(String(id)),
  isChat: id < 0,
  firstName: 'Ada',
  lastName: null,
  username: null,
  languageCode: null,
});
const rightsOf = (sender: Sender | null, chat = group) =>
  admins.rightsOf({ chat, sender }, new AbortController().signal);
const asked = () => telegram.callsOf('getChatMember').length;

describe('The role of a sender in a group', () => {
  it.each([
    ['creator', 'admin'],
    ['administrator', 'admin'],
    ['member', 'member'],
    ['kicked', 'member'],
  ] as const)('of a %s is %s', async (status, rights) => {
    telegram.join(-100, 5, status);
    expect(await rightsOf(somebody(5))).toBe(rights);
  });

  it('is none for a person whom Telegram does not find there', async () => {
    expect(await rightsOf(somebody(6))).toBe('member');
  });

  it('needs no call for an author in a chat’s name: an admin in the group’s own, none in another’s', async () => {
    expect(await rightsOf(somebody(-100))).toBe('admin');
    expect(await rightsOf(somebody(-200))).toBe('member');
    expect(await rightsOf(null)).toBe('member');
    expect(await rightsOf(somebody(5), { ...group, chatId: ChatId('5'), type: 'private' })).toBe('admin');
    expect(asked()).toBe(0);
  });

  it('is cached for half a minute, for each person and group', async () => {
    telegram.join(-100, 5, 'administrator');
    await rightsOf(somebody(5));
    telegram.join(-100, 5, 'member');
    expect(await rightsOf(somebody(5))).toBe('admin');
    expect(await rightsOf(somebody(5), { ...group, chatId: ChatId('-101') })).toBe('member');
    expect(asked()).toBe(2);
    clock.aheadMs = KNOWN_FOR_MS;
    expect(await rightsOf(somebody(5))).toBe('member');
  });

  it.each([
    failures.limited(1),
    failures.serverError,
    failures.badRequest('chat not found'),
    failures.resetBefore,
  ])('is unknown while Telegram does not answer, and asked for again: %j', async (failure) => {
    telegram.join(-100, 5, 'administrator');
    telegram.failNext({ method: 'getChatMember', with: failure });
    expect(await rightsOf(somebody(5))).toBe('unknown');
    expect(await rightsOf(somebody(5))).toBe('admin');
  });
});

describe('The admins of a group', () => {
  const adminsOf = () => admins.adminsOf(ChatId('-100'), new AbortController().signal);

  it('are Telegram’s answer, cached for half a minute', async () => {
    telegram.join(-100, 5, 'creator');
    telegram.join(-100, 6, 'administrator');
    telegram.join(-100, 7, 'member');
    telegram.join(-101, 8, 'creator');
    expect(await adminsOf()).toEqual(['5', '6']);
    telegram.join(-100, 7, 'administrator');
    expect(await adminsOf()).toEqual(['5', '6']);
    clock.aheadMs = KNOWN_FOR_MS;
    expect(await adminsOf()).toEqual(['5', '6', '7']);
  });

  it('are empty while Telegram does not answer, and asked for again', async () => {
    telegram.join(-100, 5, 'creator');
    telegram.failNext({ method: 'getChatAdministrators', with: failures.serverError });
    expect(await adminsOf()).toEqual([]);
    expect(await adminsOf()).toEqual(['5']);
  });
});

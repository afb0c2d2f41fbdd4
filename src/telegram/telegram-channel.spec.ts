import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChatId, NO_THREAD, ThreadId } from '../channel/ids.js';
import { failures, TelegramDouble } from '../../test/support/telegram-double.js';
import { newChatId, textUpdate } from '../../test/support/updates.js';
import { AccessSettings } from '../channel/access.settings.js';
import { TelegramSettings } from './settings/telegram.settings.js';
import { Random } from '../platform/runtime/random.js';
import { Clock } from '../platform/runtime/clock.js';
import { MessageComposer } from './message-composer.js';
import { Bots } from './bots/bots.js';
import { Pauses } from './bot-api/pauses.js';
import { TelegramChannel } from './telegram-channel.js';
import { guestVia } from './updates/chat-route.js';

const never = new AbortController().signal;
let telegram: TelegramDouble;

beforeEach(async () => {
  telegram = await TelegramDouble.start();
});
afterEach(() => telegram.close());

function settingsFor(overrides: Partial<TelegramSettings> = {}): TelegramSettings {
  return Object.assign(
    new TelegramSettings(),
    { botToken: telegram.token, apiRoot: telegram.root },
    overrides,
  );
}

function channelWith(settings = settingsFor(), access = new AccessSettings()) {
  const bots = new Bots(settings, access, new Pauses(new Random()), new Clock());
  return {
    channel: new TelegramChannel(bots, new MessageComposer(settings)),
    identity: bots.findBot('telegram').identity,
  };
}

const bold = { type: 'bold', offset: 0, length: 2 };
const plainChat = () => ({
  channel: 'telegram',
  chatId: ChatId(String(newChatId())),
  threadId: NO_THREAD,
  via: null,
});

describe('TelegramChannel', () => {
  it('composes messages it can send, with formatting', async () => {
    const { channel } = channelWith();
    const to = plainChat();
    for (const body of channel.compose('**Hello** *there*')) {
      const stored: Record<string, unknown> = JSON.parse(JSON.stringify(body));
      expect(await channel.send(to, stored, never)).toMatchObject({ kind: 'sent' });
    }
    expect(telegram.textsOf(Number(to.chatId))).toEqual(['Hello there']);
    expect(telegram.callsOf('sendMessage')[0]?.params['entities']).toContainEqual({
      type: 'bold',
      offset: 0,
      length: 5,
    });
  });

  it('returns the id that Telegram gave the message', async () => {
    const outcome = await channelWith().channel.send(plainChat(), { text: 'hi', entities: [] }, never);
    expect(outcome).toEqual({ kind: 'sent', channelMessageId: '1001' });
  });

  it('sends into the topic, and into none where the chat has none', async () => {
    const { channel } = channelWith();
    await channel.send(
      { channel: 'telegram', chatId: ChatId('-100'), threadId: ThreadId('7'), via: null },
      { text: 'hi', entities: [] },
      never,
    );
    await channel.send(
      { channel: 'telegram', chatId: ChatId('-100'), threadId: NO_THREAD, via: null },
      { text: 'hi', entities: [] },
      never,
    );
    const threads = telegram.callsOf('sendMessage').map(({ params }) => params['message_thread_id']);
    expect(threads).toEqual([7, undefined]);
  });

  it('sends to the chat itself where the topic is gone', async () => {
    const gone = failures.badRequest('message thread not found');
    telegram.failNext({ method: 'sendMessage', with: gone });
    const { channel } = channelWith();
    const outcome = await channel.send(
      { channel: 'telegram', chatId: ChatId('-100'), threadId: ThreadId('7'), via: null },
      { text: 'hi', entities: [] },
      never,
    );
    expect(outcome).toMatchObject({ kind: 'sent' });
    const threads = telegram.callsOf('sendMessage').map(({ params }) => params['message_thread_id']);
    expect(threads).toEqual([7, undefined]);
    // A chat without topics has no other place.
    telegram.failNext({ method: 'sendMessage', with: gone });
    expect(await channel.send(plainChat(), { text: 'hi', entities: [] }, never)).toMatchObject({
      code: 'THREAD_NOT_FOUND',
    });
  });

  it('sends the bare text once where the formatting is refused', async () => {
    const { channel } = channelWith();
    const to = plainChat();
    telegram.failNext({ method: 'sendMessage', with: failures.badRequest("can't parse entities: odd") });
    expect(await channel.send(to, { text: 'hi', entities: [bold] }, never)).toMatchObject({ kind: 'sent' });
    const given = telegram.callsOf('sendMessage').map(({ params }) => params['entities']);
    expect(given).toEqual([[bold], undefined]);
    expect(telegram.textsOf(Number(to.chatId))).toEqual(['hi']);
  });

  it('does not repeat a refused bare text, nor any other refusal', async () => {
    const { channel } = channelWith();
    telegram.failNext({ method: 'sendMessage', with: failures.badRequest("can't parse entities: odd") });
    expect(await channel.send(plainChat(), { text: 'hi', entities: [] }, never)).toMatchObject({
      kind: 'refused',
    });
    telegram.failNext({ method: 'sendMessage', with: failures.blocked });
    expect(await channel.send(plainChat(), { text: 'hi', entities: [bold] }, never)).toMatchObject({
      code: 'BOT_BLOCKED',
    });
    expect(telegram.callsOf('sendMessage')).toHaveLength(2);
  });

  it.each([
    ['a pause asked for', failures.limited(2), { kind: 'limited', retryAfterMs: 2_000 }, 0],
    ['a server error', failures.serverError, { kind: 'unavailable' }, 0],
    ["a gateway's error page", failures.badGateway, { kind: 'unknown' }, 0],
    ["a gateway's error page, after Telegram took it", failures.gatewayTimeout, { kind: 'unknown' }, 1],
    ["a gateway's pause", failures.overloaded(9), { kind: 'unknown', retryAfterMs: 9_000 }, 1],
    ['a reset before Telegram took it', failures.resetBefore, { kind: 'unknown' }, 0],
    ['a reset after Telegram took it', failures.resetAfter, { kind: 'unknown' }, 1],
  ])('reports %s as such, and tries once', async (_, failure, outcome, shown) => {
    const { channel } = channelWith();
    const to = plainChat();
    telegram.failNext({ method: 'sendMessage', with: failure });
    expect(await channel.send(to, { text: 'hi', entities: [bold] }, never)).toMatchObject(outcome);
    expect(telegram.callsOf('sendMessage')).toHaveLength(1);
    expect(telegram.textsOf(Number(to.chatId))).toHaveLength(shown);
  });

  it('may repeat a guest message’s edit, whatever the outcome of the last one', async () => {
    const { channel } = channelWith();
    const to = { ...plainChat(), via: guestVia('query', 'inline') };
    telegram.failNext({ method: 'editMessageText', with: failures.badGateway });
    expect(await channel.send(to, { text: 'hi', entities: [] }, never)).toMatchObject({
      kind: 'unavailable',
      error: expect.stringContaining('502'),
    });
  });

  it('is unavailable with a wrong token, and names the setting to check', async () => {
    const { channel } = channelWith(settingsFor({ botToken: '1:wrong' }));
    const outcome = await channel.send(plainChat(), { text: 'hi', entities: [] }, never);
    expect(outcome).toMatchObject({
      kind: 'unavailable',
      error: expect.stringContaining('the bot’s token'),
    });
    expect(JSON.stringify(outcome)).not.toContain('1:wrong');
  });

  it.each([
    {},
    { text: 7, entities: [] },
    { text: 'x', entities: [{ type: 'bold' }] },
    { text: 'x', entities: null },
  ])('refuses a body it did not write: %j', async (body) => {
    const outcome = await channelWith().channel.send(plainChat(), body, never);
    expect(outcome).toMatchObject({ kind: 'refused', code: 'BODY_UNREADABLE' });
    expect(telegram.calls).toHaveLength(0);
  });

  it('rejects an aborted send, and swallows only a failed “typing”', async () => {
    const { channel } = channelWith();
    const aborted = AbortSignal.abort(new Error('stop'));
    await expect(channel.send(plainChat(), { text: 'hi', entities: [] }, aborted)).rejects.toThrow('stop');
    await expect(channel.typing.show(plainChat(), aborted)).resolves.toBeUndefined();
    telegram.failNext({ method: 'sendChatAction', with: failures.blocked });
    await expect(channel.typing.show(plainChat(), never)).resolves.toBeUndefined();
    expect(telegram.callsOf('sendChatAction')[0]?.params['action']).toBe('typing');
  });

  it('recognises in groups that it is addressed, once Telegram has sent its name', async () => {
    const { channel, identity } = channelWith();
    await identity.learn(never);
    const group = -newChatId();
    const read = (text: string) => channel.read('telegram', textUpdate(group, text));
    expect(read(`@${telegram.bot.username} hi`)).toMatchObject({ isGroupContext: false });
    expect(read('@other_bot hi')).toMatchObject({ isGroupContext: true });
  });

  it('admits everyone, or the listed chats and people and the owners; refuses others, or leaves them to operators', () => {
    const person = newChatId();
    const group = -newChatId();
    const inbound = (chat: number, from: number) => {
      const read = channelWith().channel.read('telegram', textUpdate(chat, '/help', { from: { id: from } }));
      if (!read) throw new Error('unreadable');
      return read;
    };
    expect(channelWith().channel.admission(inbound(person, person))).toBe('admitted');
    const listed = settingsFor({ allowedChats: [String(person), String(group)] });
    const owner = newChatId();
    for (const [mode, others] of [
      ['open', 'refused'],
      ['pairing', 'unknown'],
    ] as const) {
      const settings = Object.assign(new AccessSettings(), { mode, owners: [String(owner)] });
      const { channel } = channelWith(listed, settings);
      expect(channel.admission(inbound(person, person))).toBe('admitted');
      expect(channel.admission(inbound(group, newChatId()))).toBe('admitted');
      expect(channel.admission(inbound(-newChatId(), person))).toBe('admitted');
      expect(channel.admission(inbound(owner, owner))).toBe('admitted');
      expect(channel.admission(inbound(newChatId(), newChatId()))).toBe(others);
    }
    const pairing = Object.assign(new AccessSettings(), { mode: 'pairing' });
    expect(channelWith(settingsFor(), pairing).channel.admission(inbound(person, person))).toBe('unknown');
  });
});

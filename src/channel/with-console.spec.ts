import { describe, expect, it } from 'vitest';
import { CONSOLE_CHANNEL } from './console-channel.js';
import { ChannelMessageId, ChatId, NO_THREAD } from './ids.js';
import { MinimalChannel } from './minimal-channel.fixture.js';
import { WithConsole } from './with-console.js';

const never = new AbortController().signal;
const at = (channel: string) => ({ channel, chatId: ChatId('1'), threadId: NO_THREAD, via: null });

describe('The console beside a channel', () => {
  it('is served, and has everything sent as soon as it is asked', async () => {
    const inner = new MinimalChannel();
    const channel = new WithConsole(inner);
    const [body = {}] = channel.compose('hello');
    expect(channel.serves(CONSOLE_CHANNEL)).toBe(true);
    expect(await channel.send(at(CONSOLE_CHANNEL), body, never)).toMatchObject({ kind: 'sent' });
    const edited = ChannelMessageId('5');
    expect(await channel.edit(at(CONSOLE_CHANNEL), edited, body, never)).toEqual({
      kind: 'sent',
      channelMessageId: edited,
    });
    expect(inner.calls).toEqual([]);
    const chat = { ...at(CONSOLE_CHANNEL), type: 'private', title: null, username: null };
    expect(channel.admission({ channel: CONSOLE_CHANNEL, chat, sender: null })).toBe('admitted');
  });

  it('leaves all else to the channel', async () => {
    const inner = new MinimalChannel();
    const channel = new WithConsole(inner);
    expect([channel.serves('minimal'), channel.serves('irc')]).toEqual([true, false]);
    await channel.send(at('minimal'), channel.compose('hello')[0] ?? {}, never);
    expect(inner.shown).toEqual(['hello']);
    expect(channel.accounts).toBe(inner.accounts);
    expect([channel.typing, channel.probe, channel.singleMessages]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { newChatId, textUpdate } from '../../../test/support/updates.js';
import { readUpdate } from './update-reader.js';

const bot = { id: 123_456, username: 'Double_Bot' };
const person = newChatId();
const group = -newChatId();

const read = (chat: number, text: string, overrides: Record<string, unknown> = {}) =>
  readUpdate(textUpdate(chat, text, overrides), bot);

describe('a message that is a command', () => {
  it.each([
    ['/start', 'start', '', '/start'],
    ['/start deep-link', 'start', 'deep-link', '/start deep-link'],
    ['/HELP', 'help', '', '/HELP'],
    ['/reset@double_bot', 'reset', '', '/reset'],
    ['/reset@DOUBLE_BOT now  please ', 'reset', 'now  please', '/reset now  please '],
    ['/help\nme', 'help', 'me', '/help\nme'],
  ])('%j is a command, in private and in groups', (written, name, args, text) => {
    for (const chat of [person, group]) {
      expect(read(chat, written)).toMatchObject({ command: { name, args }, text });
    }
  });

  it.each(['/weather London', '/startle', '/start-up', '/', ' /start', '//start', '/start@', 'say /start'])(
    '%j is a message like any other in a private chat',
    (written) => {
      expect(read(person, written)).toMatchObject({ kind: 'message', text: written });
    },
  );

  it('an unknown slash word in a group is a message to the bot', () => {
    expect(read(group, '/weather')).toMatchObject({ kind: 'message', text: '/weather' });
    expect(read(group, '/weather@double_bot in Rome')).toMatchObject({
      kind: 'message',
      text: '/weather in Rome',
    });
  });

  it('a command for another bot is none of ours in a group, whatever else it says', () => {
    expect(read(group, '/start@other_bot')).toBeNull();
    expect(read(group, '/start@other_bot @double_bot')).toBeNull();
  });
});

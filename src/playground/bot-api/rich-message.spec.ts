import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BotApiSimulator } from '../bot-api-simulator.js';
import { callMethod } from './simulator.fixture.js';

const CHAT = 77;

let telegram: BotApiSimulator;

beforeEach(async () => {
  telegram = await BotApiSimulator.start();
  telegram.say(CHAT, { firstName: 'Ada' }, 'hi');
});

afterEach(() => telegram.stop());

const call = (method: string, params: object = {}) => callMethod(telegram, method, params);
const texts = () => telegram.chat(CHAT)?.messages.map(({ text }) => text);

describe('The simulator accepts', () => {
  it('a rich message of blocks, and a text edited into one', async () => {
    const rich = (text: string) => ({ rich_message: { blocks: [{ type: 'paragraph', text }] } });
    const { result } = await call('sendRichMessage', { chat_id: CHAT, ...rich('a') });
    expect(result).toMatchObject(rich('a'));
    const { message_id } = Object((await call('sendMessage', { chat_id: CHAT, text: 'b' })).result);
    const edit = (text: string) => call('editMessageText', { chat_id: CHAT, message_id, ...rich(text) });
    expect(await edit('b')).toMatchObject({ ok: true, result: rich('b') });
    expect((await edit('b')).description).toMatch(/message is not modified/);
    expect(texts()).toEqual(['hi', 'a', 'b']);
  });

  it.each([
    ['nothing', {}],
    ['Markdown', { markdown: '# a' }],
    ['no words', { blocks: [{ type: 'divider' }] }],
    ['an empty text', { blocks: [{ type: 'paragraph', text: '' }] }],
    ['a block it does not know', { blocks: [{ type: 'buttons', buttons: [] }] }],
    ['a wrong address', { blocks: [{ type: 'paragraph', text: { type: 'url', text: 'a', url: 'nodot' } }] }],
    [
      'a table that is too wide',
      {
        blocks: [
          {
            type: 'table',
            cells: [Array.from({ length: 21 }, () => ({ text: 'a', align: 'left', valign: 'top' }))],
          },
        ],
      },
    ],
  ])('no rich message of %s', async (_what, rich_message) => {
    expect(await call('sendRichMessage', { chat_id: CHAT, rich_message })).toMatchObject({ error_code: 400 });
  });
});

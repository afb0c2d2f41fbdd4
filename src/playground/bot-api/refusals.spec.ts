import { describe, expect, it } from 'vitest';
import { ADA, call, CHAT, send, telegram, useSimulator, callMethod } from './simulator.fixture.js';

useSimulator();

describe('The simulator refuses, in Telegram’s words,', () => {
  const bold = (offset: number, length: number) => [{ type: 'bold', offset, length }];
  const html = (text: string) => ({ text, parse_mode: 'HTML' });
  const markdown = (text: string) => ({ text, parse_mode: 'MarkdownV2' });
  const parse = "can't parse entities: ";

  it.each<[string, object, string]>([
    ['an empty text', { text: '' }, 'message text is empty'],
    ['white space', { text: ' \n\t ' }, 'message text is empty'],
    ['4,097 units', { text: 'x'.repeat(4097) }, 'message is too long'],
    ['4,098 units of surrogate pairs', { text: '👍'.repeat(2049) }, 'message is too long'],
    ['half a character', { text: 'a\ud83d' }, 'strings must be encoded in UTF-8'],
    ['an unknown parse mode', { text: 'a', parse_mode: 'BBCode' }, 'unsupported parse_mode'],
    ['an unknown tag', html('<h1>a</h1>'), `${parse}Unsupported start tag "h1" at byte offset 0`],
    ['an open tag', html('ä <b>a'), `${parse}Can't find end tag corresponding to start tag "b"`],
    [
      'a wrong end',
      html('ä<b>a</i>'),
      `${parse}Unmatched end tag at byte offset 6, expected "</b>", found "</i>"`,
    ],
    ['a lone end', html('</b>'), `${parse}Unexpected end tag at byte offset 0`],
    ['a half tag', html('a <b'), `${parse}Unclosed start tag at byte offset 2`],
    ['a span', html('<span>a</span>'), `${parse}Tag "span" must have class "tg-spoiler" at byte offset 0`],
    ['an open star', markdown('ä *a'), `${parse}Can't find end of Bold entity at byte offset 3`],
    ['open code', markdown('`a'), `${parse}Can't find end of Code entity at byte offset 0`],
    [
      'a bare dot',
      markdown('a.'),
      `${parse}Character '.' is reserved and must be escaped with the preceding '\\'`,
    ],
    [
      'a bare |',
      markdown('a|b'),
      `${parse}Character '|' is reserved and must be escaped with the preceding '\\'`,
    ],
    ['an open address', markdown('[a](http://b'), `${parse}Can't find end of a URL at byte offset 3`],
    ['no entity', { text: 'a', entities: [1] }, "can't parse MessageEntity: expected an Object"],
    [
      'an unknown entity',
      { text: 'a', entities: [{ type: 'shiny', offset: 0, length: 1 }] },
      "can't parse MessageEntity: Unsupported type specified",
    ],
    [
      'an entity beyond the end',
      { text: 'abc', entities: bold(1, 3) },
      'entity beginning at UTF-16 offset 1 ends after the end of the text at UTF-16 offset 4',
    ],
    [
      'an entity after the end',
      { text: 'abc', entities: bold(4, 1) },
      'entity begins after the end of the text at UTF-16 offset 4',
    ],
    [
      'a negative place',
      { text: 'abc', entities: bold(-1, 1) },
      'receive an entity with incorrect offset -1',
    ],
    [
      'an entity that begins in a character',
      { text: '👉a', entities: bold(1, 1) },
      'entity begins in a middle of a UTF-16 symbol at byte offset 4',
    ],
    [
      'an entity that ends in a character',
      { text: '👉a', entities: bold(0, 1) },
      'entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 4',
    ],
    [
      'an address without a dot',
      { text: 'a', entities: [{ type: 'text_link', offset: 0, length: 1, url: 'nodot' }] },
      "entity URL 'nodot' is invalid: Wrong HTTP URL",
    ],
    ['a text of invisible characters', { text: '\u2800 \u200b\u200d' }, 'message text is empty'],
    [
      'entities that cross',
      { text: 'abc', entities: [...bold(0, 2), { type: 'italic', offset: 1, length: 2 }] },
      'ENTITY_BOUNDS_INVALID',
    ],
    [
      'code inside bold',
      { text: 'abc', entities: [...bold(0, 3), { type: 'code', offset: 1, length: 1 }] },
      'ENTITY_BOUNDS_INVALID',
    ],
    [
      'a quote inside a quote',
      {
        text: 'abc',
        entities: [
          { type: 'blockquote', offset: 0, length: 3 },
          { type: 'blockquote', offset: 1, length: 1 },
        ],
      },
      'ENTITY_BOUNDS_INVALID',
    ],
    ['a stranger', { chat_id: 78, text: 'a' }, 'chat not found'],
    ['no chat', { chat_id: '', text: 'a' }, 'chat_id is empty'],
    ['a topic', { text: 'a', message_thread_id: 5 }, 'message thread not found'],
    [
      'a reply to nothing',
      { text: 'a', reply_parameters: { message_id: 999 } },
      'message to be replied not found',
    ],
    [
      'long button data',
      { text: 'a', reply_markup: { inline_keyboard: [[{ text: 'b', callback_data: 'x'.repeat(65) }]] } },
      'BUTTON_DATA_INVALID',
    ],
  ])('%s', async (_what, params, reason) => {
    telegram.say(CHAT, ADA, 'hi');

    const answer = await send(params);

    expect(answer).toMatchObject({ ok: false, error_code: 400, description: `Bad Request: ${reason}` });
    expect(telegram.chat(CHAT)?.messages).toHaveLength(1);
    expect([...telegram.refusals]).toHaveLength(1);
  });

  it('a wrong token, and a method that does not exist', async () => {
    const unauthorized = { ok: false, error_code: 401, description: 'Unauthorized' };
    expect(await callMethod({ root: telegram.root, token: '1:wrong' }, 'getMe')).toEqual(unauthorized);
    const notFound = { ok: false, error_code: 404, description: 'Not Found: method not found' };
    expect(await call('sendEverything')).toEqual(notFound);
  });

  it('an edit that changes nothing, of no message, or of the user’s', async () => {
    const { message } = telegram.say(CHAT, ADA, 'hi');
    const sent = Object(await send({ text: 'a', entities: bold(0, 1) })).result;
    const edit = (params: object) =>
      call('editMessageText', { chat_id: CHAT, message_id: sent.message_id, ...params });

    const unchanged = await edit({ text: '<b>a</b>', parse_mode: 'HTML' });
    expect(unchanged.description).toMatch(
      /^Bad Request: message is not modified: specified new message content/,
    );
    expect((await edit({ text: 'b', message_id: 999 })).description).toBe(
      'Bad Request: message to edit not found',
    );
    const theirs = await edit({ text: 'b', message_id: message?.message_id });
    expect(theirs.description).toBe("Bad Request: message can't be edited");
    expect(await edit({ text: 'a' })).toMatchObject({ ok: true, result: { text: 'a' } });
  });
});

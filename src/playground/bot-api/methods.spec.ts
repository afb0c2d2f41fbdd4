import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BotApiSimulator } from '../bot-api-simulator.js';
import { callMethod } from './call-method.spec-support.js';

const CHAT = 77;
const ADA = { firstName: 'Ada' };

let telegram: BotApiSimulator;

beforeEach(async () => {
  telegram = await BotApiSimulator.start();
});

afterEach(() => telegram.stop());

const call = (method: string, params: object = {}) => callMethod(telegram, method, params);
const send = (params: object) => call('sendMessage', { chat_id: CHAT, ...params });

describe('What the simulator refuses, in the words of Telegram', () => {
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

  it('an edit that changes nothing, of nothing, or of what the user wrote', async () => {
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

describe('What the simulator takes', () => {
  beforeEach(() => telegram.say(CHAT, ADA, 'hi'));

  const texts = () => telegram.chat(CHAT)?.messages.map(({ text }) => text);
  const firstId = () => telegram.chat(CHAT)?.messages[0]?.messageId;

  it.each([
    [
      'HTML',
      '<b>a &lt; <i>b</i></b> &nope; <code>&#x41;</code>',
      'a < b &nope; A',
      ['bold', 'italic', 'code'],
    ],
    ['HTML', '<pre><code class="language-js">x</code></pre>', 'x', ['pre']],
    ['HTML', '<a href="https://example.org/?a=1&amp;b=2">a</a> <a href="nodot">b</a>', 'a b', ['text_link']],
    [
      'MarkdownV2',
      '*a _b_* __c__ ~d~ ||e||',
      'a b c d e',
      ['bold', 'italic', 'underline', 'strikethrough', 'spoiler'],
    ],
    ['MarkdownV2', '```js\nx = *1*;\n```', 'x = *1*;', ['pre']],
    ['MarkdownV2', '[a\\.](https://example.org/a_\\(b\\)) 1\\.5', 'a. 1.5', ['text_link']],
    ['MarkdownV2', '>one\n>two\nthree', 'one\ntwo\nthree', ['blockquote']],
  ])('%s: %s', async (parse_mode, source, text, types) => {
    const { result } = await send({ text: source, parse_mode });

    expect(result).toMatchObject({ text, entities: types.map((type) => ({ type })) });
  });

  it('a text of exactly 4,096 units, counted after the markup is gone', async () => {
    expect(await send({ text: `<b>${'👍'.repeat(2048)}</b>`, parse_mode: 'HTML' })).toMatchObject({
      ok: true,
    });
  });

  it('a text with white space around it is trimmed, and its entities move along', async () => {
    const { result } = await send({
      text: '  \r\n a b ',
      entities: [{ type: 'bold', offset: 5, length: 4 }],
    });
    expect(result).toMatchObject({ text: 'a b', entities: [{ type: 'bold', offset: 0, length: 3 }] });
  });

  it('code that begins with white space, which stays', async () => {
    const { result } = await send({ text: '\n\n  a\t', entities: [{ type: 'pre', offset: 2, length: 4 }] });
    expect(result).toMatchObject({ text: '  a', entities: [{ type: 'pre', offset: 0, length: 3 }] });
  });

  it('characters that Telegram takes out or replaces', async () => {
    const { result } = await send({
      text: 'a\u202eb\u030ac\td\u200f\u200ee',
      entities: [{ type: 'bold', offset: 6, length: 1 }],
    });
    expect(result).toMatchObject({
      text: 'abc d\u200c\u200ee',
      entities: [{ type: 'bold', offset: 4, length: 1 }],
    });
  });

  it('the first 100 entities, styles after the others', async () => {
    const styles = Array.from({ length: 100 }, (_, index) => ({
      type: 'bold',
      offset: 2 * index,
      length: 1,
    }));
    const { result } = await send({
      text: 'a '.repeat(101),
      entities: [...styles, { type: 'code', offset: 200, length: 1 }],
    });
    const shown: unknown = Object(result).entities;
    expect(shown).toHaveLength(100);
    expect(shown).toContainEqual({ type: 'code', offset: 200, length: 1 });
  });

  it('queries, forms, multipart and any case of a method', async () => {
    const base = `${telegram.root}/bot${telegram.token}`;
    await fetch(`${base}/sendmessage?chat_id=${CHAT}&text=query`);
    await fetch(`${base}/SENDMESSAGE`, {
      method: 'POST',
      body: new URLSearchParams({ chat_id: `${CHAT}`, text: 'form' }),
    });
    const form = new FormData();
    form.set('chat_id', `${CHAT}`);
    form.set('caption', 'multipart');
    form.set('document', new Blob(['data']), 'a.txt');
    await fetch(`${base}/sendDocument`, { method: 'POST', body: form });

    expect(texts()).toEqual(['hi', 'query', 'form', 'multipart']);
    expect(telegram.calls).toEqual(
      new Map([
        ['sendMessage', 2],
        ['sendDocument', 1],
      ]),
    );
  });

  it('typing and a draft, which end when the bot sends', async () => {
    await call('sendChatAction', { chat_id: CHAT, action: 'typing' });
    await call('sendMessageDraft', { chat_id: CHAT, draft_id: 1, text: 'I th' });
    expect(telegram.chat(CHAT)).toMatchObject({ action: 'typing', draft: { text: 'I th' } });

    await send({ text: 'I thought' });
    expect(telegram.chat(CHAT)).toMatchObject({ action: null, draft: null });
  });

  it('edits, reactions and deletions, which the chat shows', async () => {
    const { message_id } = Object(await send({ text: 'a' })).result;
    await call('editMessageText', { chat_id: CHAT, message_id, text: 'b' });
    await call('setMessageReaction', {
      chat_id: CHAT,
      message_id: firstId(),
      reaction: [{ type: 'emoji', emoji: '👍' }],
    });
    expect(telegram.chat(CHAT)?.messages).toMatchObject([{ text: 'hi', reaction: '👍' }, { text: 'b' }]);

    await call('deleteMessage', { chat_id: CHAT, message_id });
    expect(texts()).toEqual(['hi']);
  });

  it('a menu of commands', async () => {
    const commands = [{ command: 'start', description: 'Begin' }];
    expect(await call('setMyCommands', { commands })).toMatchObject({ ok: true });
    expect((await call('getMyCommands')).result).toEqual(commands);
    const wrong = await call('setMyCommands', { commands: [{ command: 'Not OK', description: 'x' }] });
    expect(wrong.description).toBe('Bad Request: BOT_COMMAND_INVALID');
  });

  it('no more than its memory holds', async () => {
    await telegram.stop();
    telegram = await BotApiSimulator.start({ maxChats: 2, maxMessages: 3 });
    for (const text of ['1', '2', '3', '4']) telegram.say(CHAT, ADA, text);
    expect(texts()).toEqual(['2', '3', '4']);
    telegram.say(78, ADA, 'a');
    telegram.say(79, ADA, 'b');
    expect(telegram.chats().map(({ chatId }) => chatId)).toEqual([79, 78]);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { ADA, beginAnew, call, CHAT, send, telegram, useSimulator } from './simulator.fixture.js';

useSimulator();

describe('The simulator accepts', () => {
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

  it('a text with white space around it, which is trimmed, and its entities move along', async () => {
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

  it('characters that Telegram removes or replaces', async () => {
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

  it('no more than it can keep', async () => {
    await beginAnew({ maxChats: 2, maxMessages: 3 });
    for (const text of ['1', '2', '3', '4']) telegram.say(CHAT, ADA, text);
    expect(texts()).toEqual(['2', '3', '4']);
    telegram.say(78, ADA, 'a');
    telegram.say(79, ADA, 'b');
    expect(telegram.chats().map(({ chatId }) => chatId)).toEqual([79, 78]);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { ADA, call, CHAT, send, telegram, useSimulator } from './simulator.fixture.js';

useSimulator();

const keyboard = (...data: string[]) => ({
  inline_keyboard: [data.map((callback_data) => ({ text: `button ${callback_data}`, callback_data }))],
});

describe('A button of the simulated chat', () => {
  let messageId: number;

  beforeEach(async () => {
    telegram.say(CHAT, ADA, 'hi');
    const { result } = await send({ text: 'May I?', reply_markup: keyboard('yes', 'no') });
    messageId = Number(Object(result).message_id);
  });

  const press = (data: string) => telegram.press({ chatId: CHAT, messageId, data });
  const answer = (id: string | undefined, text?: string) =>
    call('answerCallbackQuery', { callback_query_id: id, text });

  it('sends the bot the person, the button and the message of a press', async () => {
    press('yes');
    expect((await call('getUpdates', { offset: -1 })).result).toMatchObject([
      {
        callback_query: {
          id: expect.any(String),
          data: 'yes',
          from: { id: CHAT, first_name: 'Ada' },
          message: {
            message_id: messageId,
            text: 'May I?',
            chat: { id: CHAT, type: 'private' },
            reply_markup: keyboard('yes', 'no'),
          },
        },
      },
    ]);
  });

  it('can be pressed while its message has it', async () => {
    expect(press('other')).toBeNull();
    expect(telegram.press({ chatId: CHAT + 1, messageId, data: 'yes' })).toBeNull();
    await call('editMessageReplyMarkup', {
      chat_id: CHAT,
      message_id: messageId,
      reply_markup: keyboard('other'),
    });
    expect(press('yes')).toBeNull();
    expect(press('other')).toMatchObject({ callback_query: { data: 'other' } });
    await call('editMessageText', { chat_id: CHAT, message_id: messageId, text: 'Thank you.' });
    expect(press('other')).toBeNull();
    await call('deleteMessage', { chat_id: CHAT, message_id: messageId });
    expect(press('yes')).toBeNull();
  });

  it('waits for one answer, whose text the chat shows', async () => {
    const emitted: unknown[] = [];
    telegram.events.on('chat', (event) => void (event.kind === 'pressed' && emitted.push(event)));
    const id = press('yes')?.callback_query?.id;
    expect(await answer(id, 'x'.repeat(201))).toMatchObject({ description: 'Bad Request: MESSAGE_TOO_LONG' });
    expect(await answer(id, 'Thank you.')).toMatchObject({ ok: true, result: true });
    expect(await answer(id)).toMatchObject({ error_code: 400 });
    expect(emitted).toEqual([{ kind: 'pressed', chatId: CHAT, messageId, text: 'Thank you.' }]);
  });

  it('waits for its answer for at most 1,000 later presses', async () => {
    const first = press('yes')?.callback_query?.id;
    const second = press('yes')?.callback_query?.id;
    await call('getUpdates', { offset: Number(second) + 1 });
    for (let more = 0; more < 999; more += 1) press('no');
    expect(await answer(first)).toMatchObject({ error_code: 400 });
    expect(await answer(second)).toMatchObject({ ok: true });
  });

  it('produces its update twice when that is delivered again', async () => {
    const pressed = press('yes');
    if (pressed) telegram.sendAgain(pressed);
    expect(telegram.waiting).toBe(3);
  });

  it('produces no update where the bot asked for other updates', async () => {
    await call('setWebhook', { url: '', allowed_updates: ['message'] });
    expect(press('yes')).toBeNull();
  });
});

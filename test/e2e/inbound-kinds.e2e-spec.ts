import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { pdfOf } from '../support/pdf.js';
import {
  editUpdate,
  membershipUpdate,
  newChatId,
  nextUpdateId,
  pressUpdate,
  reactionUpdate,
  textUpdate,
} from '../support/updates.js';

let world: World;
beforeAll(async () => {
  world = await World.start('postgresql');
});
afterAll(() => world.stop());

const user = { id: 5, is_bot: false, first_name: 'Ada' };
const channel = { id: -100_500, type: 'channel', title: 'News' };
const sent = (content: object, chat = newChatId()) => textUpdate(chat, '', { text: undefined, ...content });
const kind = (name: string, content: object) => ({ update_id: nextUpdateId(), [name]: content });
const photo = [{ file_id: 'photo', file_unique_id: 'p', width: 800, height: 600, file_size: 90_000 }];
const { message } = textUpdate(newChatId(), 'hi');

/** docs/telegram.md, row by row. */
describe('Every kind of update has its outcome', () => {
  it.each<[string, object]>([
    ['a text', textUpdate(newChatId(), 'hi')],
    ['an edit', editUpdate(textUpdate(newChatId(), 'hi'), 'hello')],
    ['a caption', sent({ photo, caption: 'Look' })],
    ['a photo', sent({ photo })],
    ['a voice message', sent({ voice: { file_id: 'v', duration: 2 } })],
    ['an audio file', sent({ audio: { file_id: 'a', duration: 2 } })],
    ['a video message', sent({ video_note: { file_id: 'n', duration: 2, length: 240 } })],
    ['a video', sent({ video: { file_id: 'v', duration: 2, width: 1, height: 1 } })],
    ['a document', sent({ document: { file_id: 'd', file_name: 'a.txt' } })],
    ['a sticker', sent({ sticker: { file_id: 's', emoji: '🙂' } })],
    ['a dice', sent({ dice: { emoji: '🎲', value: 4 } })],
    ['a location', sent({ location: { latitude: 1, longitude: 2 } })],
    ['a venue', sent({ venue: { location: { latitude: 1, longitude: 2 }, title: 'T', address: 'A' } })],
    ['a contact', sent({ contact: { phone_number: '+49123', first_name: 'Bob' } })],
    ['a poll', sent({ poll: { id: '1', question: 'Tea?', options: [{ text: 'Yes', voter_count: 0 }] } })],
    ['a story', sent({ story: { id: 1, chat: channel } })],
    [
      'a forwarded message',
      textUpdate(newChatId(), 'x', { forward_origin: { type: 'hidden_user', sender_user_name: 'E' } }),
    ],
    [
      'a quote from elsewhere',
      textUpdate(newChatId(), 'x', {
        external_reply: { origin: { type: 'channel', chat: channel } },
        quote: { text: 'q', position: 0 },
      }),
    ],
    [
      'a business message',
      kind('business_message', { ...textUpdate(newChatId(), 'hi').message, business_connection_id: 'c' }),
    ],
    [
      'a direct message to a channel',
      textUpdate(-newChatId(), 'hi', { direct_messages_topic: { topic_id: 9 } }),
    ],
    ['a button', pressUpdate(newChatId(), 'whatever')],
    ['a reaction', reactionUpdate(newChatId(), 7, { now: '👍' })],
    ['being blocked', membershipUpdate(newChatId(), 'member', 'kicked')],
  ])('%s is queued', async (_, update) => {
    await world.post(update).expect(200, { status: 'queued' });
  });

  it.each<[string, object]>([
    ['another reaction', reactionUpdate(newChatId(), 7, { now: '🔥' })],
    ['a change of rights', membershipUpdate(-newChatId(), 'member', 'administrator')],
    ['a service message', sent({ pinned_message: message })],
    ['a payment that was made', sent({ successful_payment: { currency: 'XTR', total_amount: 1 } })],
    [
      'a live location that moves',
      kind('edited_message', sent({ location: { latitude: 1, longitude: 2 } }).message),
    ],
    ['a channel post', kind('channel_post', { ...message, chat: channel })],
    ['an edited channel post', kind('edited_channel_post', { ...message, chat: channel })],
    ['a business connection', kind('business_connection', { id: 'c', user, user_chat_id: 5 })],
    [
      'what a business account’s owner writes',
      kind('business_message', {
        ...textUpdate(newChatId(), 'hi', { from: user }).message,
        business_connection_id: 'c',
      }),
    ],
    [
      'deleted business messages',
      kind('deleted_business_messages', { business_connection_id: 'c', chat: user, message_ids: [1] }),
    ],
    ['a join request', kind('chat_join_request', { chat: channel, from: user, user_chat_id: 5, date: 1 })],
    [
      'counts of reactions',
      kind('message_reaction_count', { chat: channel, message_id: 1, date: 1, reactions: [] }),
    ],
    ['a poll that changes', kind('poll', { id: '1', question: 'Tea?', options: [] })],
    ['a vote', kind('poll_answer', { poll_id: '1', user, option_ids: [0] })],
    ['another member', kind('chat_member', { chat: channel, from: user })],
    ['a boost', kind('chat_boost', { chat: channel, boost: {} })],
    ['bought media', kind('purchased_paid_media', { from: user, paid_media_payload: 'x' })],
    ['a kind of tomorrow', kind('somethingunknown', 17 as never)],
    ['nothing', { update_id: nextUpdateId() }],
  ])('%s is ignored', async (_, update) => {
    await world.post(update).expect(200, { status: 'ignored' });
  });

  it.each<[string, string, string, object]>([
    [
      'pre_checkout_query',
      'answerPreCheckoutQuery',
      'pre_checkout_query_id',
      { currency: 'XTR', total_amount: 1, invoice_payload: 'x' },
    ],
    [
      'shipping_query',
      'answerShippingQuery',
      'shipping_query_id',
      { invoice_payload: 'x', shipping_address: {} },
    ],
    ['inline_query', 'answerInlineQuery', 'inline_query_id', { query: 'what', offset: '' }],
    [
      'callback_query',
      'answerCallbackQuery',
      'callback_query_id',
      { inline_message_id: 'i', chat_instance: '1', data: 'x' },
    ],
  ])('a %s is ignored, and its sender gets an answer', async (name, method, parameter, content) => {
    const id = String(nextUpdateId());
    await world.post(kind(name, { id, from: user, ...content })).expect(200, { status: 'ignored' });
    const call = await eventually(() => {
      const found = world.telegram.callsOf(method).find(({ params }) => params[parameter] === id);
      if (!found) throw new Error(`no ${method} yet`);
      return found;
    });
    if (method.includes('Checkout') || method.includes('Shipping')) {
      expect(call.params).toMatchObject({ ok: false, error_message: expect.stringContaining('not charged') });
    }
    if (method === 'answerInlineQuery') expect(call.params).toMatchObject({ results: expect.anything() });
  });
});

describe('Files reach the model', () => {
  it('a photo, a voice message and a PDF, and all is part of the history', async () => {
    const chat = newChatId();
    const [picture, operatorMessages, paper] = [`p${chat}`, `v${chat}`, `d${chat}`];
    world.telegram.keep(picture, Buffer.from([0xff, 0xd8, 0xff, 1]));
    world.telegram.keep(operatorMessages, `Spoken words ${chat}`);
    world.telegram.keep(paper, pdfOf(`Printed words ${chat}`));
    for (const [number, content] of [
      { photo: [{ file_id: picture, width: 8, height: 8 }], caption: 'Look' },
      { voice: { file_id: operatorMessages, duration: 2 } },
      { document: { file_id: paper, file_name: 'paper.pdf' } },
    ].entries()) {
      await world.post(sent(content, chat)).expect(200, { status: 'queued' });
      await world.lastOf(chat, number + 1);
    }
    const last = world.model.calls.at(-1);
    expect(last?.pictures).toHaveLength(1);
    const said = (await world.history(chat)).filter(({ role }) => role === 'user').map(({ text }) => text);
    expect(said[0]).toBe('[photo]\nLook');
    expect(said[1]).toContain(`Spoken words ${chat}`);
    expect(said[2]).toContain(`Printed words ${chat}`);
    expect(JSON.stringify(last?.body)).not.toContain(world.telegram.token);
  });

  it('a file beyond the limit gets a clear sentence', async () => {
    const chat = newChatId();
    await world
      .post(sent({ document: { file_id: 'x', file_name: 'film.mkv', file_size: 30_000_000 } }, chat))
      .expect(200);
    expect(await world.lastOf(chat, 1)).toBe('“film.mkv” is too large for me: I can take up to 20 MB.');
  });
});

describe('An answer goes back the way the message came', () => {
  it('to a business account, apart from the bot’s own chat with the same person', async () => {
    const chat = newChatId();
    const business_connection_id = `conn-${chat}`;
    await world.sayAndRead(chat, `mine ${chat}`);
    await world
      .post(kind('business_message', { ...textUpdate(chat, 'yours').message, business_connection_id }))
      .expect(200);
    await world.lastOf(chat, 2);
    expect(
      world.telegram.callsOf('sendMessage', chat).map(({ params }) => params['business_connection_id']),
    ).toEqual([undefined, business_connection_id]);
    expect(JSON.stringify(world.model.callsAbout('yours')[0]?.messages)).not.toContain(`mine ${chat}`);
  });

  it('to a topic of direct messages', async () => {
    const chat = -newChatId();
    await world.post(textUpdate(chat, 'hi', { direct_messages_topic: { topic_id: 9 } })).expect(200);
    await world.lastOf(chat, 1);
    const [call] = world.telegram.callsOf('sendMessage', chat);
    expect(call?.params).toMatchObject({ direct_messages_topic_id: 9 });
    expect(call?.params).not.toHaveProperty('message_thread_id');
  });
});

describe('A 👍', () => {
  it('is stored on the turn that made the message, as the admin API shows it', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, 'Hello');
    const [row] = await eventually(async () => {
      const rows = await world.sql<{ id: string; turn: string }>(
        `SELECT r.channel_message_id AS id, r.turn_id AS turn FROM replies r JOIN conversations c ON c.id = r.conversation_id
         WHERE c.chat_id = $1 AND r.state = 'sent'`,
        [chat],
      );
      if (rows.length === 0) throw new Error('not sent yet');
      return rows;
    });
    await world.post(reactionUpdate(chat, Number(row?.id), { now: '👍' })).expect(200, { status: 'queued' });
    await eventually(async () => {
      const { body } = await world.admin(`turns/${row?.turn}`).expect(200);
      expect(body.feedback).toBe('up');
    });
  });
});

describe('A guest message', () => {
  it('has a first answer at once, which the turn’s answer replaces; a long one is cut', async () => {
    const chat = -newChatId();
    const guest_query_id = `guest${-chat}`;
    const held = world.model.hold(`Question ${chat}`);
    world.model.script(`Question ${chat}`, { text: 'word '.repeat(2_000) });
    await world
      .post(kind('guest_message', { ...textUpdate(chat, `Question ${chat}`).message, guest_query_id }))
      .expect(200, { status: 'queued' });
    await eventually(() => expect(held.waiting).toBe(1));
    expect(world.telegram.guestTextOf(guest_query_id)).toBe('…');
    held.release();
    await eventually(() => expect(world.telegram.guestTextOf(guest_query_id)).toMatch(/^word word .* …$/));
    expect(world.telegram.guestTextOf(guest_query_id)?.length).toBeLessThanOrEqual(4_096);
    expect(world.telegram.callsOf('sendMessage', chat)).toHaveLength(0);
    expect(await world.deadLetters(chat)).toEqual([]);
  });

  it('is answered by the answer itself when the first one failed', async () => {
    const chat = -newChatId();
    const guest_query_id = `guest${-chat}`;
    world.telegram.failNext({
      method: 'answerGuestQuery',
      with: { kind: 'answer', status: 500, description: 'Internal Server Error' },
    });
    await world
      .post(kind('guest_message', { ...textUpdate(chat, `Hi ${chat}`).message, guest_query_id }))
      .expect(200);
    await eventually(() => expect(world.telegram.guestTextOf(guest_query_id)).toContain(`Hi ${chat}`));
  });
});

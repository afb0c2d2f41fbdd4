import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.js';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { failures } from '../support/telegram-double.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeOnEachBackend('npm run cli -- send', (backend) => {
  let world: World;
  beforeAll(async () => {
    world = await World.start(backend);
  });
  afterAll(() => world.stop());

  async function send(args: readonly string[], input: readonly Uint8Array[] = []) {
    const printed = { out: '', err: '' };
    const out = { write: (text: string) => (printed.out += text) };
    const err = { write: (text: string) => (printed.err += text) };
    const code = await runCli(['send', ...args], () => world.env(), out, err, input);
    return { code, ...printed };
  }

  /** A chat that the bot has answered once. */
  async function knownChat(): Promise<number> {
    const chat = newChatId();
    await world.sayAndRead(chat, 'hello');
    return chat;
  }

  it('sends the text by chat id or conversation id, and reports its arrival', async () => {
    const chat = await knownChat();
    const id = await world.conversationId(chat);
    const { code, out, err } = await send([String(chat), 'Hello', 'from', 'the shell']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(new RegExp(`^sent: message \\d+ of conversation ${id}, in Telegram \\d+\n$`));
    expect((await send([id, '**again**'])).code).toBe(0);
    expect(world.telegram.textsOf(chat).slice(1)).toEqual(['Hello from the shell', 'again']);
    expect((await world.history(chat)).slice(2)).toMatchObject([
      { role: 'operator', text: 'Hello from the shell', delivery: { state: 'sent' } },
      { role: 'operator', text: '**again**', delivery: { state: 'sent' } },
    ]);
  });

  it('reads standard input for -, in whatever pieces it comes', async () => {
    const chat = await knownChat();
    const bytes = Buffer.from('line 1\n\nЖ 😀 line 2\n');
    expect((await send([String(chat), '-'], [bytes.subarray(0, 9), bytes.subarray(9)])).code).toBe(0);
    expect(await world.lastOf(chat, 2)).toBe('line 1\n\nЖ 😀 line 2');
    const binary = await send([String(chat), '-'], [Buffer.from([0xff, 0xfe])]);
    expect(binary).toEqual({ code: 1, out: '', err: 'standard input is not UTF-8\n' });
  });

  it('sends words that begin with dashes behind --, and no word behind it is an option', async () => {
    const chat = await knownChat();
    const { code } = await send([String(chat), '--', '--help', 'shows', '-5', '--', '--version']);
    expect(code).toBe(0);
    expect(world.telegram.textsOf(chat).at(-1)).toBe('--help shows -5 -- --version');
    expect((await send([String(chat), '-5', 'degrees'])).code).toBe(0);
    expect(world.telegram.textsOf(chat).at(-1)).toBe('-5 degrees');
  });

  it('keeps topics of one chat apart, and asks for the intended one', async () => {
    const chat = -newChatId();
    const forum = { id: chat, type: 'supergroup', title: 'A forum', is_forum: true };
    for (const topic of [3, 4]) {
      const update = textUpdate(chat, '/help');
      const message = { ...update.message, chat: forum, message_thread_id: topic, is_topic_message: true };
      await world.post({ ...update, message }).expect(200, { status: 'queued' });
    }
    await world.lastOf(chat, 2);
    const which = await send([String(chat), 'hello']);
    expect([which.code, which.out]).toEqual([1, '']);
    expect(which.err).toContain(`${chat}/3, ${chat}/4`);
    expect((await send([`${chat}/4`, 'to the fourth'])).code).toBe(0);
    const sent = world.telegram.callsOf('sendMessage', chat).at(-1);
    expect(sent?.params).toMatchObject({ text: 'to the fourth', message_thread_id: 4 });
    // The chat alone means the conversation outside all topics.
    const { message, ...update } = textUpdate(chat, '/help');
    await world.post({ ...update, message: { ...message, chat: forum } }).expect(200, { status: 'queued' });
    await world.lastOf(chat, 4);
    expect((await send([String(chat), 'to all'])).code).toBe(0);
    expect(world.telegram.callsOf('sendMessage', chat).at(-1)?.params).not.toHaveProperty(
      'message_thread_id',
    );
  });

  it.each([
    ['an unknown chat', [String(newChatId()), 'x'], 1, /there is no conversation "\d+"\n.*chats/],
    ['an unknown conversation', ['00000000-0000-7000-8000-000000000000', 'x'], 1, /no conversation "0{8}-/],
    ['what is no id', ["1' OR '1'='1", 'x'], 1, /no conversation/],
    ['an id beyond 64 bits', ['9999999999999999999', 'x'], 1, /no conversation/],
    [
      'no text',
      ['1'],
      2,
      /^missing required argument 'TEXT'; usage: npm run cli -- send .*<CHAT> \[--\] <TEXT\.\.\.>\n$/,
    ],
    [
      'a text with an option',
      ['1', 'x', '--jsno'],
      2,
      /^unknown option '--jsno'; usage: npm run cli -- send /,
    ],
    ['an empty text', ['1', '  '], 1, /^text must not be empty/],
    ['a text with half of a surrogate pair', ['1', 'a\ud800'], 1, /surrogate/],
    ['a text that is too long', ['1', 'x'.repeat(100_001)], 1, /100000 characters/],
    ['nothing', [], 2, /^missing required argument 'CHAT'; usage/],
  ])('refuses %s, clearly', async (_name, args, code, err) => {
    expect(await send(args)).toEqual({ code, out: '', err: expect.stringMatching(err) });
  });

  it('reports why Telegram refused it, and that a blocked chat gets no messages', async () => {
    const chat = await knownChat();
    world.telegram.failNext({ method: 'sendMessage', chat, with: failures.blocked, times: 1 });
    const refused = await send([String(chat), 'hello']);
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toMatch(/^not sent: message \d+ .*bot was blocked by the user\n/);
    const id = await world.conversationId(chat);
    await world.admin(`conversations/${id}`, 'patch').send({ status: 'blocked' }).expect(200);
    expect(await send([id, 'hello'])).toMatchObject({ code: 1, err: 'The conversation is blocked\n' });
  });

  it('prints its usage', async () => {
    const { code, out } = await send(['--help']);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^Usage: npm run cli -- send .*<CHAT> \[--\] <TEXT/),
    ]);
  });

  it('keeps the text while no server runs; the next one sends it', async () => {
    const chat = await knownChat();
    await world.stopApp();
    const { code, out } = await send([String(chat), 'kept']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^stored, not sent yet: message \d+ of /)]);
    expect(world.telegram.textsOf(chat)).toHaveLength(1);
    await world.startApp();
    await eventually(() => expect(world.telegram.textsOf(chat).at(-1)).toBe('kept'));
  });
});

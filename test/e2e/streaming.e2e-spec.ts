import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('A streamed reply', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, { AGENT_STREAMING: 'true' });
  });
  afterAll(() => world.stop());

  /** A chat that sees the beginning of an answer. */
  async function watchingChat(mode = 'queue') {
    const chat = newChatId();
    if (mode !== 'queue') await world.sayAndRead(chat, `/mode ${mode}`);
    const hold = world.model.gate();
    world.model.script(`[${chat}] story`, { pieces: ['Once **upon', ' a time**', '.'], hold });
    await world.say(chat, `[${chat}] story`);
    await eventually(() => expect(world.telegram.textsOf(chat).at(-1)).toBe('Once **upon ▌'));
    return { chat, hold };
  }

  const sends = (chat: number) => world.telegram.callsOf('sendMessage', chat).length;

  it('is shown while it is written, and ends as one message', async () => {
    const { chat, hold } = await watchingChat();
    hold.release();
    await eventually(() => expect(world.telegram.textsOf(chat)).toEqual(['Once upon a time.']));
    expect(sends(chat)).toBe(1);
    await eventually(async () =>
      expect((await world.history(chat)).at(-1)).toMatchObject({
        text: 'Once **upon a time**.',
        delivery: { state: 'sent' },
      }),
    );
  });

  it('keeps its text when it is stopped', async () => {
    const { chat } = await watchingChat();
    await world.say(chat, '/stop');
    await eventually(() =>
      expect(world.telegram.textsOf(chat)).toEqual(['Once **upon\n\n(Stopped here.)', 'Stopped.']),
    );
    await world.sayAndRead(chat, `[${chat}] next`);
    const said = world.model.callsAbout(`[${chat}] next`)[0]?.messages.map(({ content }) => content);
    expect(said?.some((text) => text?.startsWith('Once **upon'))).toBe(true);
  });

  it('keeps its text when the operator cancels it, with a note below', async () => {
    const { chat } = await watchingChat();
    const id = await world.conversationId(chat);
    const { body } = await world.admin(`turns?conversationId=${id}&limit=1`).expect(200);
    await world.admin(`turns/${body.items[0].id}/cancel`, 'post').expect(200);
    await eventually(() =>
      expect(world.telegram.textsOf(chat)).toEqual([
        'Once **upon\n\n(The operator has stopped this answer here.)',
      ]),
    );
  });

  it('keeps its text when it is interrupted', async () => {
    const { chat } = await watchingChat('interrupt');
    await world.say(chat, `[${chat}] wait`);
    await eventually(() => expect(world.telegram.textsOf(chat).at(-1)).toBe(`Echo: [${chat}] wait`));
    expect(world.telegram.textsOf(chat).at(-2)).toMatch(/^Once \*\*upon …/);
  });

  it('continues in the same message after its process was stopped', async () => {
    const { chat, hold } = await watchingChat();
    await world.stopApp();
    await world.startApp();
    hold.release();
    await eventually(() => expect(world.telegram.textsOf(chat)).toEqual(['Once upon a time.']), {
      withinMs: 40_000,
    });
    expect(sends(chat)).toBe(1);
  });

  it('shows the running tool', async () => {
    const chat = newChatId();
    const late = { pieces: ['It is', ' late.'], hold: world.model.gate() };
    world.model.script(`[${chat}] ask`, { calls: [{ name: 'current_time', arguments: {} }] }, late);
    await world.say(chat, `[${chat}] ask`);
    await eventually(() => expect(world.telegram.textsOf(chat)).toEqual(['It is ▌']));
    world.model.script(
      `[${chat}] hang`,
      { calls: [{ name: 'current_time', arguments: {} }] },
      { fault: 'hang' },
    );
    await world.say(chat, '/stop');
    await world.say(chat, `[${chat}] hang`);
    await eventually(() => expect(world.telegram.textsOf(chat).at(-1)).toBe('current_time …'));
  });

  it('shows only its tools, not its text, when the chat checks its answers', async () => {
    const chat = newChatId();
    world.model.script(`[${chat}] hello`, { text: 'Hello.' });
    await world.say(chat, `[${chat}] hello`);
    await eventually(() => expect(world.telegram.textsOf(chat)).toEqual(['Hello.']));
    const id = await world.conversationId(chat);
    await world.admin(`conversations/${id}`, 'patch').send({ outputCheck: true }).expect(200);
    const hold = world.model.gate();
    const tool = { calls: [{ name: 'current_time', arguments: {} }] };
    world.model.script(`[${chat}] story`, tool, { pieces: ['Once upon', ' a time.'], hold });
    world.model.script(`{"asked":"[${chat}] story`, { text: '{"verdict":"ok"}' });
    await world.say(chat, `[${chat}] story`);
    // If shown unchecked, the beginning would have replaced the note.
    await eventually(() => expect(world.telegram.textsOf(chat).at(-1)).toBe('current_time …'));
    await eventually(() => expect(hold.waiting).toBe(1));
    hold.release();
    await eventually(() => expect(world.telegram.textsOf(chat)).toEqual(['Hello.', 'Once upon a time.']));
    expect(JSON.stringify(world.telegram.callsOf('editMessageText', chat))).not.toContain('Once upon ▌');
  });

  it('is sent complete when streaming is off', async () => {
    const app = await World.start(backend);
    const chat = newChatId();
    expect(await app.sayAndRead(chat, `[${chat}] hello`)).toBe(`Echo: [${chat}] hello`);
    expect(app.model.calls[0]?.streamed).toBe(false);
    await app.stop();
  });
});

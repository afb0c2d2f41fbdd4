import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChannelMessageId } from '../../channel/ids.js';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { eventually } from '../../../test/support/eventually.js';
import { editUpdate, type TelegramUpdate, textUpdate } from '../../../test/support/updates.js';
import { ReplyRepository } from '../../delivery/reply.repository.js';
import { TurnWatchRepository } from '../loop/busy/turn-watch.repository.js';
import type { BusyMode, Conversation } from '../../generated/prisma/client.js';

describe('A turn that corrects an answer', () => {
  let agent: AgentRoom;
  let conversation: Conversation;
  let typo: TelegramUpdate;
  let word = 0;

  beforeAll(async () => {
    agent = await AgentRoom.open({
      busy: { correctEditedAnswers: true },
      budgets: { turnTokens: 2_000, answerTokens: 100 },
    });
  });
  afterAll(() => agent.close());

  beforeEach(async () => {
    conversation = await agent.room.conversation();
    word += 1;
    typo = textUpdate(Number(conversation.chatId), `typo-${word}.`);
    await agent.room.event(conversation, `typo-${word}.`, {}, typo);
    await run();
  });

  const run = () => agent.runner().run(conversation.id);
  const say = (text: string) => agent.room.event(conversation, text);
  const edit = async (text: string) => {
    const { edited_message, update_id } = editUpdate(typo, text);
    const update = { update_id, edited_message };
    await agent.room.prisma.event.create({
      data: {
        source: 'telegram',
        externalId: String(update_id),
        conversationId: conversation.id,
        kind: 'edit',
        payload: JSON.parse(JSON.stringify(update)),
      },
    });
    await agent.commands.handleWaiting(conversation.id, null);
  };
  const ofChat = () => ({ where: { conversationId: conversation.id }, orderBy: { id: 'asc' } }) as const;
  const history = async () => {
    const messages = await agent.room.prisma.message.findMany(ofChat());
    return messages.map(({ role, text }) => `${role}: ${text}`);
  };
  const replies = async () => {
    const all = await agent.room.prisma.reply.findMany(ofChat());
    return all.map(({ body, state, channelMessageId }) => ({ body, state, channelMessageId }));
  };
  const asked = (text: string) => agent.model.callsAbout(text);
  const setMode = (busyMode: BusyMode) =>
    agent.room.prisma.conversation.update({ where: { id: conversation.id }, data: { busyMode } });

  it('replaces an unsent answer before it is sent', async () => {
    await edit('right');
    await run();
    expect(await replies()).toMatchObject([{ body: { text: 'Echo: right' }, state: 'pending' }]);
    expect(await history()).toEqual(['user: right', 'assistant: Echo: right']);
  });

  it('edits an answer that was being sent meanwhile, also the next time', async () => {
    const sender = new ReplyRepository(agent.room.prisma, agent.room.leases, agent.gate);
    const lease = await agent.room.lease(conversation.id, 'deliveries');
    const sent = await sender.nextOpen(conversation.id);
    if (!sent) throw new Error('nothing to send');
    await sender.markSending(lease, sent);
    await edit('right');
    await run();
    await sender.sent(lease, sent, 'sent', ChannelMessageId('6'));
    await edit('better');
    await run();
    expect(await replies()).toMatchObject([
      { body: { text: 'Echo: better' }, state: 'pending', channelMessageId: '6' },
    ]);
  });

  it('dates its answer by the database’s clock, however wrong the machine’s is', async () => {
    await agent.room.prisma.reply.updateMany({
      where: { conversationId: conversation.id },
      data: { state: 'sent', channelMessageId: '5', settledAt: new Date(), createdAt: new Date(0) },
    });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 86_400_000 });
    await edit('right')
      .then(run)
      .finally(() => vi.useRealTimers());
    expect(
      await agent.room.rows(`
        SELECT state, created_at BETWEEN clock_timestamp() - interval '1 hour' AND clock_timestamp() AS "isNew"
        FROM replies WHERE conversation_id = '${conversation.id}'`),
    ).toEqual([{ state: 'pending', isNew: true }]);
  });

  it('shows no draft', async () => {
    // A draft would wait behind an unsent answer.
    await agent.room.prisma.reply.updateMany({
      where: { conversationId: conversation.id },
      data: { state: 'sent', channelMessageId: '5', settledAt: new Date() },
    });
    const held = agent.model.gate();
    const slow = `slow-${word}`;
    agent.model.script(slow, { pieces: ['one ', 'two ', 'three'], hold: held });
    await edit(slow);
    const running = run();
    await eventually(() => expect(asked(slow)).toHaveLength(1));
    // An ordinary answer shows its draft in the same time.
    const other = await agent.room.conversation();
    const draft = `draft-${word}`;
    agent.model.script(draft, { pieces: ['one ', 'two'], hold: held });
    await agent.room.event(other, draft);
    const beside = agent.runner().run(other.id);
    await eventually(() => expect(agent.telegram.textsOf(Number(other.chatId))).toHaveLength(1));
    held.release();
    await Promise.all([running, beside]);
    expect(agent.telegram.textsOf(Number(conversation.chatId))).toEqual([]);
    expect(await replies()).toMatchObject([
      { body: { text: 'one two three' }, state: 'pending', channelMessageId: '5' },
    ]);
  });

  it('interrupts no turn, and is not interrupted', async () => {
    const watch = new TurnWatchRepository(agent.room.prisma);
    const hasNews = async () => (await watch.look([conversation.id]))[0]?.news !== null;
    const { lease, turn } = await agent.begin(conversation, `under way ${word}`);
    expect(await hasNews()).toBe(false);
    await edit('right');
    expect(await hasNews()).toBe(false);
    const end = { text: 'Done.', model: null, errorCode: null };
    await agent.completion.finish(lease, turn, end);
    const claimed = await agent.claimNext(lease, conversation);
    if (claimed.kind !== 'turn') throw new Error('nothing is corrected');
    await say('meanwhile');
    await edit('better');
    expect(await hasNews()).toBe(false);
    await agent.completion.finish(lease, claimed.turn, end);
    expect((await history()).slice(0, 2)).toEqual(['user: right', 'assistant: Done.']);
  });

  it('lets no message join in the mode steer, and joins no turn', async () => {
    await setMode('steer');
    const call = { calls: [{ name: 'nothing', arguments: {} }] };
    const [first, second, third] = [`first-${word}`, `second-${word}`, `third-${word}`];
    agent.model.script(first, call, { text: 'Answer to the first' });
    agent.model.script(third, call, { text: 'Corrected' });
    const held = agent.model.hold(first);
    await say(first);
    const running = run();
    await eventually(() => expect(held.waiting).toBe(1));
    await edit(third);
    held.release();
    await running;
    expect((await history())[3]).toBe('assistant: Answer to the first');
    const again = agent.model.hold(third);
    const correcting = run();
    await eventually(() => expect(again.waiting).toBe(1));
    await say(second);
    again.release();
    await correcting;
    await run();
    expect(await history()).toEqual([
      `user: ${third}`,
      'assistant: Corrected',
      `user: ${first}`,
      'assistant: Answer to the first',
      `user: ${second}`,
      `assistant: Echo: ${second}`,
    ]);
  });

  it('does not replace a good answer by the notice of an exhausted budget', async () => {
    const loop = `loop-${word}`;
    agent.model.script(loop, { calls: [{ name: 'nothing', arguments: { pad: 'x'.repeat(3_000) } }] });
    await edit(loop);
    await run();
    expect(await history()).toEqual([
      `user: ${loop}`,
      `assistant: Echo: typo-${word}.`,
      expect.stringContaining('more than I may spend'),
    ]);
    await edit('right');
    await run();
    expect((await history()).slice(0, 2)).toEqual(['user: right', 'assistant: Echo: right']);
  });

  it('of a chat that was blocked meanwhile leaves question and answer in the history', async () => {
    await edit('right');
    await agent.room.prisma.conversation.update({
      where: { id: conversation.id },
      data: { status: 'blocked' },
    });
    await run();
    const { epoch } = conversation;
    const messages = await agent.room.prisma.message.findMany(ofChat());
    expect(messages.map((message) => message.epoch)).toEqual([epoch, epoch]);
  });

  it('is taken over from a dead worker', async () => {
    await edit('right');
    const lease = await agent.room.lease(conversation.id);
    const claimed = await agent.claimNext(lease, conversation);
    expect(claimed).toMatchObject({ kind: 'turn', turn: { correctsId: expect.any(BigInt) } });
    await agent.room.expire(conversation.id);
    await run();
    expect(await history()).toEqual(['user: right', 'assistant: Echo: right']);
    expect(await replies()).toHaveLength(1);
  });

  it('takes the newest of several waiting edits, and does not begin if the setting is off', async () => {
    await edit('wrong');
    await edit('right');
    await edit('right');
    await run();
    expect(asked('wrong')).toHaveLength(0);
    expect(await history()).toEqual(['user: right', 'assistant: Echo: right']);
    Object.assign(agent.busy, { correctEditedAnswers: false });
    await edit('other');
    Object.assign(agent.busy, { correctEditedAnswers: true });
    await run();
    expect(await history()).toEqual(['user: other', 'assistant: Echo: right']);
  });
});

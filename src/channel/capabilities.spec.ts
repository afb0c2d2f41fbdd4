import { silentReply } from '../agent/streaming/streamed-reply.js';
import { StreamedReplies } from '../agent/streaming/streamed-replies.js';
import { destinationOf } from './destination-of.js';
import { ChannelMessageId, ChatId, NO_THREAD, UserId } from './ids.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../test/support/agent-room.js';
import { bookOf } from '../../test/support/book-tool.js';
import { delivererOf } from '../../test/support/delivery-parts.js';
import { inboxOf } from '../../test/support/inbox.js';
import { Lanes } from '../../test/support/lanes.js';
import { newChatId, nextUpdateId } from '../../test/support/updates.js';
import { AccessPolicy } from '../access/access-policy.js';
import { BusyIndicator } from '../agent/loop/busy-indicator.js';
import { Placeholder } from '../agent/loop/placeholder.js';
import { TurnReaction } from '../agent/loop/turn-reaction.js';
import type { Conversation } from '../generated/prisma/client.js';
import { UnusedUpdates } from '../inbox/unused-updates.js';
import { Metrics } from '../platform/observability/metrics.js';
import { MinimalChannel, type MinimalPayload } from './minimal-channel.fixture.js';

const never = new AbortController().signal;

let channel: MinimalChannel;
let agent: AgentRoom;
let lanes: Lanes;
let chatId: string;

beforeAll(async () => {
  channel = new MinimalChannel();
  agent = await AgentRoom.open({
    channel,
    tools: [bookOf('')],
    toolSettings: { requireApproval: ['read'] },
  });
  lanes = await Lanes.open('postgresql', agent.room.url);
});
afterAll(async () => {
  await lanes.close();
  await agent.close();
});
beforeEach(() => {
  chatId = `room-${newChatId()}`;
});

/** A message arrives at the inbox. */
const arrive = (payload: unknown) =>
  inboxOf(agent.room, lanes.waker, { channel }).accept('minimal', payload, JSON.stringify(payload));
const say = (text: string, more: Partial<MinimalPayload> = {}) =>
  arrive({ id: String(nextUpdateId()), chatId, text, ...more });
const conversation = (): Promise<Conversation> =>
  agent.room.prisma.conversation.findFirstOrThrow({ where: { chatId } });
const run = async () => agent.runner().run((await conversation()).id);
const deliver = async () => delivererOf(agent.room, channel).run((await conversation()).id);

/** The texts that a message leads to. */
async function answersTo(text: string, more: Partial<MinimalPayload> = {}): Promise<readonly string[]> {
  const before = channel.shown.length;
  expect(await say(text, more)).toBe('queued');
  await run();
  await deliver();
  return channel.shown.slice(before);
}

describe('A channel with the core alone', () => {
  it('has whole conversations', async () => {
    expect(await answersTo('hello')).toEqual(['Echo: hello']);
    expect(await answersTo('and again')).toEqual(['Echo: and again']);
    expect(agent.model.calls.at(-1)?.messages.map(({ content }) => content)).toContain('Echo: hello');
  });

  it('answers commands', async () => {
    expect(await answersTo('/stop')).toEqual(['There is nothing to stop.']);
  });
});

describe('Without the capability', () => {
  it.each(['edit', 'draft'] as const)(
    'of showing partial answers, the whole one is sent: %s',
    async (mode) => {
      agent.streaming.mode = mode;
      const [before, calls] = [channel.shown.length, channel.calls.length];
      agent.model.script(`long ${mode}`, { text: 'one two' });
      await say(`long ${mode}`);
      const at = await conversation();
      const lease = await agent.room.lease(at.id);
      const claimed = await agent.claimNext(lease, at);
      if (claimed.kind !== 'turn') throw new Error('no turn');
      const shownRun = { lease, turn: claimed.turn, conversation: at, mayHaveDraft: false, signal: never };
      expect(await agent.get(StreamedReplies).openForTurn(shownRun)).toBe(silentReply);
      await agent.room.expire(at.id);
      await run();
      await deliver();
      expect(channel.shown.slice(before)).toEqual(['one two']);
      expect(channel.calls.slice(calls)).toEqual(['send']);
    },
  );

  it('of previews, a turn that began one elsewhere shows nothing more of itself', async () => {
    agent.streaming.mode = 'draft';
    await say('begun elsewhere');
    const { id } = await conversation();
    const lease = await agent.room.lease(id);
    const claimed = await agent.claimNext(lease, await conversation());
    if (claimed.kind !== 'turn') throw new Error('no turn');
    await agent.drafts.beginPreview(lease, claimed.turn.id, 'so far');
    await agent.room.expire(id);
    const before = channel.calls.length;
    await run();
    await deliver();
    expect(channel.calls.slice(before)).toEqual(['send']);
    expect(channel.shown.at(-1)).toBe('Echo: begun elsewhere');
  });

  it('of typing, reactions and single messages, nothing is shown besides messages', async () => {
    await answersTo('hello');
    const calls = channel.calls.length;
    const at = await conversation();
    new BusyIndicator(channel).show(destinationOf(at), never)();
    new TurnReaction(channel).begin(destinationOf(at), ChannelMessageId('5'))('done');
    const lease = await agent.room.lease(at.id);
    await agent.get(Placeholder).show({ lease, conversation: at, signal: never });
    expect(channel.calls).toHaveLength(calls);
    expect(await conversation()).toMatchObject({ via: null });
  });

  it('of files, an attachment is one that could not be fetched', async () => {
    const attachment = { ref: 'a', mediaType: null, bytes: 5, seconds: null, isSpeech: false };
    await answersTo('look', { attachments: [{ ...attachment, kind: 'file', name: 'notes.txt' }] });
    expect(agent.model.calls.at(-1)?.news.join()).toContain('not read; the user is to be told: I could not');
    await answersTo('and see', { attachments: [{ ...attachment, kind: 'image', name: 'a.jpg' }] });
    expect(JSON.stringify(agent.model.calls.at(-1)?.messages)).toContain('could not be');
  });

  it('of rights, nobody is known to run a group', async () => {
    const group = { chatType: 'group' };
    expect(await answersTo('/settings answer all', group)).toEqual([
      'I could not find out whether you are an admin of this group. Please try again in a moment.',
    ]);
    const { chatType: type } = await conversation();
    const chat = {
      chatId: ChatId('crowd'),
      threadId: NO_THREAD,
      via: null,
      type,
      title: null,
      username: null,
    };
    const name = { firstName: 'Group', lastName: null, username: null, languageCode: null };
    const sender = { userId: UserId(chat.chatId), isChat: true, ...name };
    await agent.room.prisma.personAccess.create({
      data: { channel: 'minimal', userId: 'eve', blockedAt: new Date() },
    });
    expect(await agent.get(AccessPolicy).mayHideBlocked({ channel: 'minimal', chat, sender }, never)).toBe(
      false,
    );
  });

  it('of buttons, a question says how an operator decides, and loses its words with the decision', async () => {
    agent.model.script('page 7', { calls: [{ name: 'read', arguments: { page: 7 } }] }, { text: 'Read.' });
    const asked = await answersTo('page 7');
    const { id } = await agent.room.prisma.approval.findFirstOrThrow({
      where: { conversationId: (await conversation()).id },
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^May I do this\?/);
    expect(asked[0]).toContain(`\`POST /admin/approvals/${id}/approve\``);
    await agent.approvals.decideAsOperator(id, 'approved', null);
    await run();
    await deliver();
    expect(channel.shown.slice(-2)).toEqual([expect.stringMatching(/^Approved by the operator:\n/), 'Read.']);
  });

  it('of quotes, a correction that cannot be edited in is a plain message', async () => {
    await answersTo('wrong');
    const at = await conversation();
    const { turnId, messageId } = await agent.room.prisma.reply.findFirstOrThrow({
      where: { conversationId: at.id },
    });
    if (turnId === null || messageId === null) throw new Error('no answer');
    await agent.room.prisma.reply.deleteMany({ where: { conversationId: at.id } });
    const lease = await agent.room.lease(at.id);
    const correction = {
      conversationId: at.id,
      turnId,
      messageId,
      text: 'right',
      question: ChannelMessageId('5'),
    };
    await agent.room.prisma.$transaction(async (tx) => {
      // As the end of a turn does.
      await agent.room.leases.assertHeld(tx, lease);
      await agent.outbox.correct(tx, { ...correction, formerTurnId: turnId });
    });
    expect(await agent.room.prisma.reply.findMany({ where: { conversationId: at.id } })).toMatchObject([
      { body: { text: 'right' } },
    ]);
  });

  it('of unused payloads, they are dropped and counted together', async () => {
    expect(await arrive({ poll: {} })).toBe('ignored');
    const unused = new UnusedUpdates(channel, new Metrics());
    unused.noteUnused('minimal', { poll: {} });
    expect(Object.fromEntries(unused.counts)).toEqual({ other: 1 });
    unused.onModuleDestroy();
  });

  it('of a probe, a send of unknown outcome is repeated once without asking first', async () => {
    channel.failing.push({ kind: 'unknown', error: 'the connection broke' });
    expect(await answersTo('hello')).toEqual([]);
    await agent.room.pool.query('UPDATE replies SET available_at = now()');
    await deliver();
    expect(channel.shown.at(-1)).toBe('Echo: hello');
    expect(
      await agent.room.prisma.reply.findFirst({ where: { conversationId: (await conversation()).id } }),
    ).toMatchObject({ state: 'uncertain' });
  });
});

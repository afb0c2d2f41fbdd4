import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ChannelMessageId } from '../channel/ids.js';
import { AgentRoom } from '../../test/support/agent-room.js';
import type { Conversation } from '../generated/prisma/client.js';
import type { Lease } from '../queue/lease/lease.repository.js';
import type { QuestionText } from './outbox.js';
import { type OpenReply, ReplyRepository } from './reply.repository.js';

const DAY_MS = 86_400_000;

const withoutButtons = 'An operator decides.';

describe('Outbox', () => {
  let agent: AgentRoom;
  let replies: ReplyRepository;

  beforeAll(async () => {
    agent = await AgentRoom.open();
    replies = new ReplyRepository(agent.room.prisma, agent.room.leases, agent.gate);
  });
  afterAll(() => agent.close());

  /** A question that is being sent: its arrival is not known yet. */
  async function questionUnderWay(): Promise<{
    conversation: Conversation;
    questionId: string;
    lease: Lease;
    question: OpenReply;
  }> {
    const conversation = await agent.room.conversation();
    const questionId = crypto.randomUUID();
    const choices = [{ label: 'Yes', data: 'yes' }];
    await agent.room.prisma.$transaction((tx) =>
      agent.outbox.ask(tx, {
        conversationId: conversation.id,
        text: { whole: 'May I?' },
        questionId,
        choices,
        withoutButtons,
      }),
    );
    const lease = await agent.room.lease(conversation.id, 'deliveries');
    const question = await replies.nextOpen(conversation.id);
    if (!question) throw new Error('nothing is asked');
    await replies.markSending(lease, question);
    return { conversation, questionId, lease, question };
  }

  const answer = (questionId: string) =>
    agent.room.prisma.$transaction((tx) =>
      agent.outbox.answerQuestion(tx, questionId, async () => ({ whole: 'Approved' })),
    );

  it('removes the buttons of a question that was decided while it was being sent', async () => {
    const { conversation, questionId, lease, question } = await questionUnderWay();
    await answer(questionId);
    const isWorkLeft = await replies.sent(lease, question, 'sent', ChannelMessageId('77'));
    expect(isWorkLeft).toBe(true);
    const edit = await replies.nextOpen(conversation.id);
    expect(edit).toMatchObject({ state: 'pending', channelMessageId: '77', body: { text: 'Approved' } });
    expect(edit?.body).not.toHaveProperty('choices');
  });

  it('edits a question once when it was sent before its decision', async () => {
    const { conversation, questionId, lease, question } = await questionUnderWay();
    await replies.sent(lease, question, 'sent', ChannelMessageId('78'));
    expect(await replies.nextOpen(conversation.id)).toBeNull();
    await answer(questionId);
    const edit = await replies.nextOpen(conversation.id);
    expect(edit).toMatchObject({ channelMessageId: '78', body: { text: 'Approved' } });
    if (edit) await replies.sent(lease, edit, 'sent', ChannelMessageId('78'));
    expect(await replies.nextOpen(conversation.id)).toBeNull();
  });

  it('computes the age of a reply by the database’s clock, however wrong the machine’s is', async () => {
    const { id: conversationId } = await agent.room.conversation();
    for (const aheadMs of [-DAY_MS, DAY_MS]) {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + aheadMs });
      await agent.room.prisma
        .$transaction((tx) => agent.outbox.add(tx, { conversationId, text: 'Hello' }))
        .finally(() => vi.useRealTimers());
    }
    expect(
      await agent.room.rows(`
        SELECT created_at BETWEEN clock_timestamp() - interval '1 hour' AND clock_timestamp() AS "isNew"
        FROM replies WHERE conversation_id = '${conversationId}'`),
    ).toEqual([{ isNew: true }, { isNew: true }]);
  });

  it('asks without leaving text out, and puts the buttons under the last message alone', async () => {
    const conversation = await agent.room.conversation();
    const about = Array.from({ length: 1_500 }, (_, line) => `line ${line}.`).join('\n\n');
    const text = { whole: `May I?\n\n${about}`, apart: { about, text: 'May I do what stands above?' } };
    const choices = [{ label: 'Yes', data: 'yes' }];
    const questionId = crypto.randomUUID();
    const askWith = (given: QuestionText) =>
      agent.room.prisma.$transaction((tx) =>
        agent.outbox.ask(tx, {
          conversationId: conversation.id,
          text: given,
          questionId,
          choices,
          withoutButtons,
        }),
      );
    const asked = async () => {
      const where = { conversationId: conversation.id };
      const rows = await agent.room.prisma.reply.findMany({ where, orderBy: { id: 'asc' } });
      await agent.room.prisma.reply.deleteMany({ where });
      return rows.map(({ body }) => Object(body));
    };
    await askWith(text);
    const apart = await asked();
    expect(apart.at(-1)).toMatchObject({ text: 'May I do what stands above?', choices });
    await askWith({ whole: text.whole });
    const inOne = await asked();
    for (const bodies of [apart, inOne]) {
      expect(bodies.map(({ text: words }) => words).join('\n')).toMatch(
        /line 0\.[^]*line 749\.[^]*line 1499\./,
      );
      expect(bodies.map((body) => 'choices' in body)).toEqual(
        bodies.map((_, part) => part === bodies.length - 1),
      );
    }
  });

  it('leaves no gap between send and decision when both happen at once', async () => {
    const { conversation, questionId, lease, question } = await questionUnderWay();
    let sending: Promise<unknown> = Promise.resolve();
    await agent.room.prisma.$transaction((tx) =>
      agent.outbox.answerQuestion(tx, questionId, async () => {
        // The decision has read the question by now.
        sending = replies.sent(lease, question, 'sent', ChannelMessageId('79'));
        await Promise.race([sending, agent.room.somebodyWaitsForALock()]);
        return { whole: 'Approved' };
      }),
    );
    await sending;
    const edit = await replies.nextOpen(conversation.id);
    expect(edit).toMatchObject({ channelMessageId: '79', body: { text: 'Approved' } });
  });
});

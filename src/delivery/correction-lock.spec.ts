import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../test/support/agent-room.js';
import { ReplyRepository } from './reply.repository.js';

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

describe('A correction of an answer that is being sent', () => {
  it('waits for the record of the send and then edits the sent message', async () => {
    const { prisma, leases } = agent.room;
    const conversation = await agent.room.conversation();
    const { turn, lease } = await agent.begin(conversation, 'a question');
    await agent.completion.finish(lease, turn, { text: 'an answer', model: null, errorCode: null });
    const [answer] = await prisma.message.findMany({ where: { turnId: turn.id, role: 'assistant' } });
    const replies = new ReplyRepository(prisma, leases, agent.gate);
    const open = await replies.nextOpen(conversation.id);
    if (!answer || !open) throw new Error('no answer');
    const correction = {
      conversationId: conversation.id,
      turnId: turn.id,
      messageId: answer.id,
      text: 'another answer',
      formerTurnId: turn.id,
      question: null,
    };
    const correcting = await prisma.$transaction(async (tx) => {
      // Does what the sender's record does, without committing it.
      await tx.reply.update({
        where: { id: open.id },
        data: { state: 'sent', settledAt: new Date(), channelMessageId: '7' },
      });
      const pending = prisma.$transaction(async (other) => {
        await leases.assertHeld(other, lease);
        await agent.outbox.correct(other, correction);
      });
      await agent.room.somebodyWaitsForALock();
      return { pending };
    });
    await correcting.pending;
    const rows = await prisma.reply.findMany({ where: { conversationId: conversation.id } });
    expect(rows).toMatchObject([
      {
        id: open.id,
        state: 'pending',
        settledAt: null,
        channelMessageId: '7',
        body: { text: 'another answer' },
      },
    ]);
  });
});

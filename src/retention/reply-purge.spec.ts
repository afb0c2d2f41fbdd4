import { describe, expect, it } from 'vitest';
import type { Prisma } from '../generated/prisma/client.js';
import { ReplyPurgeRepository } from './reply-purge.repository.js';
import {
  aLetter,
  aReply,
  daysAgo,
  deadLetters,
  exists,
  OLD,
  retention,
  room,
  YOUNG,
  useRetentionFixture,
} from './retention.fixture.js';

useRetentionFixture();

describe('Replies', () => {
  it('are deleted long after they were settled; open ones stay', async () => {
    const conversation = await room.conversation();
    const createdAt = daysAgo(1_000);
    const settled = [
      await aReply(conversation),
      await aReply(conversation, { state: 'uncertain' }),
      await aReply(conversation, { state: 'failed' }),
    ];
    const kept = [
      await aReply(conversation, { settledAt: YOUNG, createdAt }),
      await aReply(conversation, { state: 'pending', settledAt: null, createdAt }),
      await aReply(conversation, { state: 'sending', settledAt: null, createdAt }),
      await aReply(conversation, { state: 'uncertain', settledAt: null, createdAt }),
    ];
    expect((await retention().run()).replies).toBe(3);
    expect(await Promise.all(settled.map(exists))).toEqual(settled.map(() => false));
    expect(await Promise.all(kept.map(exists))).toEqual(kept.map(() => true));
  });

  it('stay while they are a dead letter: a replay sends the same body', async () => {
    const conversation = await room.conversation();
    const id = await aReply(conversation, { state: 'failed' });
    const letter = await aLetter(conversation, 'reply', String(id));
    await retention().run();
    await deadLetters.replay(letter);
    await retention().run();
    expect(await room.prisma.reply.findUnique({ where: { id } })).toMatchObject({
      state: 'pending',
      body: { text: 'hi' },
    });
  });

  it('of one message are deleted together or not at all', async () => {
    const conversation = await room.conversation();
    const message = { conversationId: conversation.id, epoch: 0, role: 'assistant', text: 'long' } as const;
    const messageOf = async (...parts: Partial<Prisma.ReplyUncheckedCreateInput>[]) => {
      const { id: messageId } = await room.prisma.message.create({ data: message });
      const ids: bigint[] = [];
      for (const [part, change] of parts.entries())
        ids.push(await aReply(conversation, { messageId, part, ...change }));
      return ids;
    };
    const gone = await messageOf({}, {});
    const openPart = await messageOf({}, { state: 'pending', settledAt: null });
    const youngPart = await messageOf({}, { settledAt: YOUNG });
    const deadPart = await messageOf({}, { state: 'failed' }, {});
    await aLetter(conversation, 'reply', String(deadPart[1]));
    expect((await retention().run()).replies).toBe(2);
    expect(await Promise.all(gone.map(exists))).toEqual([false, false]);
    const kept = [...openPart, ...youngPart, ...deadPart];
    expect(await Promise.all(kept.map(exists))).toEqual(kept.map(() => true));
  });

  it('are deleted in more than one batch, without leaving parts', async () => {
    const { id } = await room.conversation();
    await room.pool.query(
      `WITH m AS (
         INSERT INTO messages (conversation_id, epoch, role, text)
         SELECT $1, 0, 'assistant', 'long' FROM generate_series(1, 700) RETURNING id)
       INSERT INTO replies (conversation_id, message_id, part, body, state, settled_at)
       SELECT $1, m.id, part, '{}', 'sent', $2 FROM m, generate_series(0, 2) AS part`,
      [id, OLD],
    );
    const after = { purged: 0, left: 0 };
    for await (const purged of new ReplyPurgeRepository(room.prisma).batches(daysAgo(10))) {
      after.purged += purged;
      const halves = await room.rows('SELECT FROM replies GROUP BY message_id HAVING count(*) < 3');
      after.left += halves.length;
    }
    expect(after).toEqual({ purged: 2_100, left: 0 });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { ReplyRepository } from '../../delivery/reply.repository.js';
import type { Conversation } from '../../generated/prisma/client.js';

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

/** A value that no column has by default, by its type. */
const unusual: Readonly<Record<string, string>> = {
  bool: 'true',
  int4: '7',
  int8: '9007199254740995',
  jsonb: `'{"allowed": ["recall"]}'`,
  text: `'unusual'`,
  timestamptz: `'2026-02-03T04:05:06.789Z'`,
  uuid: `'0198c1d2-7a5b-7c3d-8e4f-5a6b7c8d9e0f'`,
};

/** The tables' own keys, and the columns by which these rows are found. */
const KEYS =
  /^(id|conversation_id|turn_id|message_id|erased_at|state|class|channel_message_id)$|^(settled|gated)_at$/;

/** Sets every other column of the row to an unusual value, so that one that is read wrong or not at all shows. */
async function makeUnusual(table: string, id: string | bigint): Promise<void> {
  const columns = await agent.room.rows<{ name: string; type: string }>(
    `SELECT attname AS name, t.typname AS type FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND t.typtype = 'b'`,
    [table],
  );
  const changes = columns.filter(({ name }) => !KEYS.test(name));
  const set = changes.map(({ name, type }) => `${name} = ${unusual[type] ?? `no value of ${type}`}`);
  await agent.room.rows(`UPDATE ${table} SET ${set.join(', ')} WHERE id = $1`, [id]);
}

async function unusualConversation(): Promise<Conversation> {
  const { id } = await agent.room.conversation();
  await agent.room.rows(`INSERT INTO leases VALUES ($1, 'turns', 1, '-infinity')`, [id]);
  await makeUnusual('conversations', id);
  return await agent.room.prisma.conversation.findUniqueOrThrow({ where: { id } });
}

describe('A row that is read by hand equals the row of its model', () => {
  it('as a lane’s conversation, alone and with the lease', async () => {
    const conversation = await unusualConversation();
    const alone = await agent.laneStates.read(conversation.id);
    expect(alone?.conversation).toEqual(conversation);
    const reading = agent.laneStates.reading(conversation.id);
    const taken = await agent.room.leases.acquireAndRead(conversation.id, 'turns', reading);
    expect(taken?.state?.conversation).toMatchObject(conversation);
  });

  it('as a turn that begins, with its messages', async () => {
    const { turn, run } = await agent.begin(await agent.room.conversation(), 'one', 'two');
    expect(turn).toMatchObject(await agent.room.prisma.turn.findUniqueOrThrow({ where: { id: turn.id } }));
    expect(run.records?.messages).toEqual(
      await agent.room.prisma.message.findMany({ where: { turnId: turn.id }, orderBy: { id: 'asc' } }),
    );
  });

  it('as an open reply', async () => {
    const { id: conversationId } = await agent.room.conversation();
    await agent.room.prisma.$transaction((tx) =>
      agent.outbox.add(tx, { conversationId, text: 'hello', class: 'background' }),
    );
    const { id } = await agent.room.prisma.reply.findFirstOrThrow({ where: { conversationId } });
    await makeUnusual('replies', id);
    const replies = new ReplyRepository(agent.room.prisma, agent.room.leases, agent.gate);
    expect(await replies.nextOpen(conversationId)).toMatchObject(
      await agent.room.prisma.reply.findUniqueOrThrow({ where: { id } }),
    );
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { textUpdate } from '../../../test/support/updates.js';
import type { Rights } from '../../channel/channel.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

/** A turn of a group for which these people have written; null: it cannot be read any more who. */
async function turnOf(...writers: readonly (number | null)[]) {
  const conversation = await agent.room.conversation();
  const chat = Number(conversation.chatId);
  for (const writer of writers) {
    const from = writer === null ? undefined : { id: writer, is_bot: false, first_name: 'Bo' };
    await agent.room.event(conversation, 'do it', {}, textUpdate(chat, 'do it', { from }));
  }
  return { conversation, ...(await agent.begin(conversation)) };
}

describe('Who alone is behind a turn', () => {
  it.each([
    ['the one who wrote all of it', [7, 7], 7n],
    ['nobody, of two who wrote for it', [7, 8], null],
    ['nobody, of one who wrote for it and one who is not known', [7, null], null],
  ])('is %s', async (_, writers, only) => {
    const { turn } = await turnOf(...writers);
    expect(await agent.claim.onlySenderOf(turn)).toBe(only);
  });
});

describe('A call that nobody alone is behind', () => {
  /** Asked in the conversation of the turn. @returns presses Approve: who, and as what, in a chat of this type */
  async function asked(askedBy: bigint | null) {
    const { conversation, lease, turn } = await turnOf(7);
    const call = { stepIndex: 1, tool: 'a_tool', arguments: '{}', askedBy, why: 'outside' as const };
    await agent.approvals.ask(lease, conversation, turn, [call], 'en');
    return { conversation, turn, press: pressOf(conversation, turn) };
  }

  const pressOf =
    (conversation: Conversation, turn: Turn) =>
    async (
      by: bigint,
      rights: Rights,
      type = 'supergroup',
      chatId = conversation.chatId,
    ): Promise<string> => {
      const approval = await agent.room.prisma.approval.findFirstOrThrow({ where: { turnId: turn.id } });
      const press = { id: '1', data: `approval:yes:${approval.id}` };
      const update = textUpdate(Number(chatId), 'a question');
      const received = agent.channel.read('telegram', update);
      if (!received?.sender) throw new Error('not read');
      const chat = { ...received.chat, chatId, type };
      const sender = { ...received.sender, userId: by };
      const pressed = await agent.room.prisma.$transaction((tx) =>
        agent.approvals.press(tx, press, { ...received, chat, sender }, rights),
      );
      return pressed.words;
    };

  it('is allowed by who runs the group, and by no member', async () => {
    const { press } = await asked(null);
    expect(await press(7n, 'member')).toMatch(/not for you/);
    expect(await press(7n, 'unknown')).toMatch(/not for you/);
    expect(await press(9n, 'admin')).toBe('Thank you.');
  });

  it('is not allowed by who runs another group, or a private chat, and makes the press up', async () => {
    const { conversation, press } = await asked(null);
    expect(await press(9n, 'admin', 'supergroup', conversation.chatId - 1n)).toMatch(/not for you/);
    expect(await press(9n, 'admin', 'private')).toMatch(/not for you/);
  });

  it('says so in its question, and one that somebody is behind does not', async () => {
    const questionOf = async ({ id }: Conversation) =>
      JSON.stringify(
        await agent.room.prisma.reply.findMany({ where: { conversationId: id }, select: { body: true } }),
      );
    expect(await questionOf((await asked(null)).conversation)).toContain('only an admin can decide');
    expect(await questionOf((await asked(7n)).conversation)).not.toContain('only an admin');
  });

  it('is not allowed where a message that shows it has failed', async () => {
    const { conversation, lease, turn } = await turnOf(7);
    const given = JSON.stringify({ text: 'x'.repeat(10_000) });
    const call = { stepIndex: 1, tool: 'a_tool', arguments: given, askedBy: 7n, why: 'rule' as const };
    await agent.approvals.ask(lease, conversation, turn, [call], 'en');
    const press = pressOf(conversation, turn);
    const parts = await agent.room.prisma.reply.findMany({
      where: { conversationId: conversation.id },
      orderBy: { id: 'asc' },
    });
    const ids = parts.map(({ id }) => id);
    const settle = (id: bigint | undefined, state: 'sent' | 'failed') =>
      agent.room.prisma.reply.updateMany({ where: { id }, data: { state, settledAt: new Date() } });
    for (const id of ids.slice(0, -1)) await settle(id, 'sent');
    await settle(ids[1], 'failed');
    expect(await press(7n, 'member')).toMatch(/Not all of it could be shown/);
    await settle(ids[1], 'sent');
    expect(await press(7n, 'member')).toBe('Thank you.');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatId, UserId } from '../../channel/ids.js';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { textUpdate } from '../../../test/support/updates.js';
import type { Influence } from '../context/outside-influence.js';
import type { Rights } from '../../channel/capabilities.js';
import type { Conversation, Prisma, Turn } from '../../generated/prisma/client.js';

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

/** A turn of a group for messages of these people; null: the authors cannot be read any more. */
async function turnOf(...writers: readonly (number | null)[]) {
  const conversation = await agent.room.conversation({ chatType: 'supergroup' });
  const chat = Number(conversation.chatId);
  for (const writer of writers) {
    const from = writer === null ? undefined : { id: writer, is_bot: false, first_name: 'Bo' };
    await agent.room.event(conversation, 'do it', {}, textUpdate(chat, 'do it', { from }));
  }
  return { conversation, ...(await agent.begin(conversation)) };
}

describe('The single person behind a turn', () => {
  it.each([
    ['the one who wrote all of it', [7, 7], '7'],
    ['nobody, of two who wrote for it', [7, 8], null],
    ['nobody, of one who wrote for it and one who is not known', [7, null], null],
  ])('is %s', async (_, writers, only) => {
    const { run } = await turnOf(...writers);
    expect(await agent.origins.findOnlyPerson(run, 'people')).toBe(only);
  });

  describe('when text from outside led to its call', () => {
    /**
     * Ends the first turn, which has a message of one of them; 7 writes for the second.
     * @returns the person behind that
     */
    async function behindNext(
      by: number,
      first: Prisma.TurnUpdateInput & { outside: boolean },
      influence: Influence,
    ) {
      const { conversation, lease, turn } = await turnOf(by);
      const { outside, ...data } = first;
      await agent.completion.finish(lease, turn, {
        model: 'm',
        text: 'Done.',
        errorCode: null,
        ...(outside ? { outside } : {}),
      });
      await agent.room.prisma.turn.update({ where: { id: turn.id }, data });
      await agent.room.leases.release(lease);
      const from = { id: 7, is_bot: false, first_name: 'Bo' };
      const chat = Number(conversation.chatId);
      await agent.room.event(conversation, 'hurry', {}, textUpdate(chat, 'hurry', { from }));
      const next = await agent.begin(conversation);
      return {
        conversation,
        next: next.turn,
        only: () => agent.origins.findOnlyPerson(next.run, influence),
      };
    }

    it.each([
      ['nobody, after another brought it in an earlier turn', 8, { outside: true }, null],
      [
        'nobody, after another wrote for a turn that was not answered',
        8,
        { outside: false, state: 'failed' },
        null,
      ],
      ['the one who brought it in an earlier turn too', 7, { outside: true }, '7'],
      ['the one who wrote for it, after others only wrote themselves', 8, { outside: false }, '7'],
    ] as const)('is %s', async (_, by, first, only) => {
      expect(await (await behindNext(by, first, 'outside')).only()).toBe(only);
    });

    it('is null where the request contains group context', async () => {
      const { conversation, next, only } = await behindNext(7, { outside: false }, 'outside');
      const data = { turnId: next.id, conversationId: conversation.id, text: 'talk' };
      await agent.room.prisma.turnGroupContext.create({ data });
      expect(await only()).toBe(null);
    });

    it('is the author of its messages where people alone led to the call', async () => {
      expect(await (await behindNext(8, { outside: true }, 'people')).only()).toBe('7');
    });
  });
});

describe('A call without a single person behind it', () => {
  /** Asked in the conversation of the turn. @returns the press of Approve: by this person, in a chat of this type */
  async function asked(askedBy: UserId | null) {
    const { conversation, lease, turn } = await turnOf(7);
    const call = { stepIndex: 1, tool: 'a_tool', arguments: '{}', askedBy, why: 'outside' as const };
    await agent.approvals.ask(lease, conversation, turn, [call], 'en');
    return { conversation, turn, press: pressOf(conversation, turn) };
  }

  const pressOf =
    (conversation: Conversation, turn: Turn) =>
    async (
      by: UserId,
      rights: Rights,
      type = 'supergroup',
      chatId = ChatId(conversation.chatId),
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

  it('is approved by an admin of the group, and by no member', async () => {
    const { press } = await asked(null);
    expect(await press(UserId('7'), 'member')).toMatch(/not for you/);
    expect(await press(UserId('7'), 'unknown')).toMatch(/not for you/);
    expect(await press(UserId('9'), 'admin')).toBe('Thank you.');
  });

  it('is not approved by an admin of another group or by a private chat, with a made-up press', async () => {
    const { conversation, press } = await asked(null);
    expect(await press(UserId('9'), 'admin', 'supergroup', ChatId(`${conversation.chatId}1`))).toMatch(
      /not for you/,
    );
    expect(await press(UserId('9'), 'admin', 'private')).toMatch(/not for you/);
  });

  it('names the approvers in its question, unlike one with a single person behind it', async () => {
    const questionOf = async ({ id }: Conversation) =>
      JSON.stringify(
        await agent.room.prisma.reply.findMany({ where: { conversationId: id }, select: { body: true } }),
      );
    expect(await questionOf((await asked(null)).conversation)).toContain('only an admin can decide');
    expect(await questionOf((await asked(UserId('7'))).conversation)).not.toContain('only an admin');
  });

  it('is not approved where a message that shows it has failed', async () => {
    const { conversation, lease, turn } = await turnOf(7);
    const given = JSON.stringify({ text: 'x'.repeat(10_000) });
    const call = {
      stepIndex: 1,
      tool: 'a_tool',
      arguments: given,
      askedBy: UserId('7'),
      why: 'rule' as const,
    };
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
    expect(await press(UserId('7'), 'member')).toMatch(/Not all of it could be shown/);
    await settle(ids[1], 'sent');
    expect(await press(UserId('7'), 'member')).toBe('Thank you.');
  });
});

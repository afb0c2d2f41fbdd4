import { describe, expect, it } from 'vitest';
import { membershipUpdate, nextUpdateId, reactionUpdate } from '../../../test/support/updates.js';
import { openTurnFixture } from '../loop/turn.fixture.js';

const fixture = openTurnFixture();

/** A turn whose reply was sent as a message of this id. */
async function answered(messageId: number) {
  await fixture.say(`Hello ${fixture.word}`);
  await fixture.run();
  await fixture.agent.room.prisma.reply.updateMany({
    where: { conversationId: fixture.conversation.id, channelMessageId: null },
    data: { channelMessageId: String(messageId), state: 'sent', settledAt: new Date() },
  });
}

async function happens(payload: object, conversationId = fixture.conversation.id) {
  await fixture.agent.room.prisma.event.create({
    data: {
      source: 'telegram',
      externalId: String(nextUpdateId()),
      conversationId,
      kind: 'command',
      payload: JSON.parse(JSON.stringify(payload)),
    },
  });
  return await fixture.agent.commands.handleWaiting(conversationId, null);
}

const chat = () => Number(fixture.conversation.chatId);
const feedback = async () => (await fixture.turns()).map((turn) => turn.feedback);

describe('A reaction', () => {
  it('is stored on the turn that made the message, and gets no answer', async () => {
    await answered(71);
    await answered(72);
    const { replied } = await happens(reactionUpdate(chat(), 72, { now: '👍' }));
    expect(await feedback()).toEqual([null, 'up']);
    expect(replied).toBe(false);
    expect(await fixture.replies()).toHaveLength(2);
  });

  it('is replaced by the latest, also by none, whichever arrives last', async () => {
    await answered(73);
    await happens(reactionUpdate(chat(), 73, { now: '👍', at: 100 }));
    await happens(reactionUpdate(chat(), 73, { before: '👍', now: '👎', at: 300 }));
    await happens(reactionUpdate(chat(), 73, { before: '👎', now: '👍', at: 200 }));
    expect(await feedback()).toEqual(['down']);
    await happens(reactionUpdate(chat(), 73, { before: '👎', now: null, at: 400 }));
    expect(await feedback()).toEqual([null]);
  });

  it('finds the message in a topic, which Telegram does not name', async () => {
    await answered(74);
    const general = await fixture.agent.room.conversation({
      chatId: fixture.conversation.chatId,
      threadId: '99',
    });
    await happens(reactionUpdate(chat(), 74, { now: '👍' }), general.id);
    expect(await feedback()).toEqual(['up']);
  });

  it('changes nothing for a message of no turn, or in another chat', async () => {
    await answered(75);
    const other = await fixture.agent.room.conversation();
    await happens(reactionUpdate(chat(), 7_500, { now: '👍' }));
    await happens(reactionUpdate(Number(other.chatId), 75, { now: '👍' }), other.id);
    expect(await feedback()).toEqual([null]);
  });
});

describe('A membership change', () => {
  const unreachableAt = async (id = fixture.conversation.id) =>
    (await fixture.agent.room.conversations.find(id))?.unreachableAt ?? null;

  it('is recorded in all topics of the chat, until the bot is added again', async () => {
    const topic = await fixture.agent.room.conversation({
      chatId: fixture.conversation.chatId,
      threadId: '7',
    });
    await happens(membershipUpdate(chat(), 'member', 'kicked'));
    expect(await unreachableAt()).not.toBeNull();
    expect(await unreachableAt(topic.id)).not.toBeNull();
    await happens(membershipUpdate(chat(), 'kicked', 'member'));
    expect(await unreachableAt()).toBeNull();
    expect(await unreachableAt(topic.id)).toBeNull();
    expect(await fixture.replies()).toHaveLength(0);
  });

  it('applies to senders who wrote before it, and not to those who write afterwards', async () => {
    const receivedAt = new Date(Date.now() - 60_000);
    await fixture.agent.room.event(fixture.conversation, `${fixture.word} before`, { receivedAt });
    await happens(membershipUpdate(chat(), 'member', 'kicked'));
    await fixture.run();
    expect(fixture.asked()).toHaveLength(0);
    await fixture.say(`${fixture.word} I am back`);
    await fixture.run();
    expect(fixture.asked().map(({ news }) => news)).toEqual([[`${fixture.word} I am back`]]);
    expect(await unreachableAt()).toBeNull();
  });
});

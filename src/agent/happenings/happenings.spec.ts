import { describe, expect, it } from 'vitest';
import { membershipUpdate, nextUpdateId, reactionUpdate } from '../../../test/support/updates.js';
import { openTurnScene } from '../turn/turn-scene.spec-support.js';

const scene = openTurnScene();

/** A turn whose reply was sent as a message of this id. */
async function answered(messageId: number) {
  await scene.say(`Hello ${scene.word}`);
  await scene.run();
  await scene.agent.room.prisma.reply.updateMany({
    where: { conversationId: scene.conversation.id, channelMessageId: null },
    data: { channelMessageId: BigInt(messageId), state: 'sent', settledAt: new Date() },
  });
}

async function happens(payload: object, conversationId = scene.conversation.id) {
  await scene.agent.room.prisma.event.create({
    data: {
      source: 'telegram',
      externalId: String(nextUpdateId()),
      conversationId,
      kind: 'command',
      payload: JSON.parse(JSON.stringify(payload)),
    },
  });
  return await scene.agent.commands.handleWaiting(conversationId, null);
}

const chat = () => Number(scene.conversation.chatId);
const feedback = async () => (await scene.turns()).map((turn) => turn.feedback);

describe('a reaction', () => {
  it('is stored on the turn that made the message, and says nothing', async () => {
    await answered(71);
    await answered(72);
    const { replied } = await happens(reactionUpdate(chat(), 72, { now: '👍' }));
    expect(await feedback()).toEqual([null, 'up']);
    expect(replied).toBe(false);
    expect(await scene.replies()).toHaveLength(2);
  });

  it('is followed by the latest, also to nothing, whichever arrives last', async () => {
    await answered(73);
    await happens(reactionUpdate(chat(), 73, { now: '👍', at: 100 }));
    await happens(reactionUpdate(chat(), 73, { before: '👍', now: '👎', at: 300 }));
    await happens(reactionUpdate(chat(), 73, { before: '👎', now: '👍', at: 200 }));
    expect(await feedback()).toEqual(['down']);
    await happens(reactionUpdate(chat(), 73, { before: '👎', now: null, at: 400 }));
    expect(await feedback()).toEqual([null]);
  });

  it('finds the message in a topic, of which Telegram says nothing', async () => {
    await answered(74);
    const general = await scene.agent.room.conversation({ chatId: scene.conversation.chatId, threadId: 99n });
    await happens(reactionUpdate(chat(), 74, { now: '👍' }), general.id);
    expect(await feedback()).toEqual(['up']);
  });

  it('to what no turn has said, or in another chat, changes nothing', async () => {
    await answered(75);
    const other = await scene.agent.room.conversation();
    await happens(reactionUpdate(chat(), 7_500, { now: '👍' }));
    await happens(reactionUpdate(Number(other.chatId), 75, { now: '👍' }), other.id);
    expect(await feedback()).toEqual([null]);
  });
});

describe('a bot that is shut out', () => {
  const unreachableAt = async (id = scene.conversation.id) =>
    (await scene.agent.room.conversations.find(id))?.unreachableAt ?? null;

  it('is marked so in all topics of the chat, until it is let in', async () => {
    const topic = await scene.agent.room.conversation({ chatId: scene.conversation.chatId, threadId: 7n });
    await happens(membershipUpdate(chat(), 'member', 'kicked'));
    expect(await unreachableAt()).not.toBeNull();
    expect(await unreachableAt(topic.id)).not.toBeNull();
    await happens(membershipUpdate(chat(), 'kicked', 'member'));
    expect(await unreachableAt()).toBeNull();
    expect(await unreachableAt(topic.id)).toBeNull();
    expect(await scene.replies()).toHaveLength(0);
  });

  it('works for nobody there who wrote before, and for whoever writes afterwards', async () => {
    const receivedAt = new Date(Date.now() - 60_000);
    await scene.agent.room.event(scene.conversation, `${scene.word} before`, { receivedAt });
    await happens(membershipUpdate(chat(), 'member', 'kicked'));
    await scene.run();
    expect(scene.asked()).toHaveLength(0);
    await scene.say(`${scene.word} I am back`);
    await scene.run();
    expect(scene.asked().map(({ news }) => news)).toEqual([[`${scene.word} I am back`]]);
    expect(await unreachableAt()).toBeNull();
  });
});

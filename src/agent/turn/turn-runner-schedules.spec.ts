import { describe, expect, it } from 'vitest';
import { externalIdOf, SCHEDULE_SOURCE, writeScheduledEvent } from '../../schedules/scheduled-event.js';
import { TurnWatchRepository } from './turn-watch.repository.js';
import { openTurnScene } from './turn-scene.spec-support.js';

const scene = openTurnScene();
const { run, say, turns, history } = scene;
const sender = { userId: 7n, firstName: 'Grace', lastName: null, username: null, languageCode: 'pt' };

/** What a schedule that is due has put into the inbox. */
async function task(text: string, by: typeof sender | null = sender): Promise<void> {
  const { room } = scene.agent;
  const event = { number: 3, dueAt: '2026-11-25T09:00:00.000Z', text, sender: by };
  await room.prisma.event.create({
    data: {
      source: SCHEDULE_SOURCE,
      externalId: externalIdOf(room.ids.next(), new Date()),
      conversationId: scene.conversation.id,
      kind: 'message',
      payload: JSON.parse(writeScheduledEvent(event)),
    },
  });
}

describe('A turn of a schedule', () => {
  it('does what was planned, marked as what nobody writes now, for the one who planned it', async () => {
    await task(`${scene.word} news`);
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: true });
    const [asked] = scene.asked();
    expect(asked?.messages.at(-1)?.content).toMatch(/^\[Schedule 3 [^]*Nobody writes this now[^]*news$/);
    expect(asked?.messages[0]?.content).toContain('You are talking to Grace');
    expect(await turns()).toMatchObject([{ state: 'done', userId: 7n }]);
    expect((await history())[0]).toMatch(/^user: \[Schedule 3 /);
  });

  it('leaves the chat’s title and the name of who writes in a group as they are', async () => {
    const { prisma } = scene.agent.room;
    const where = { id: scene.conversation.id };
    await prisma.conversation.update({ where, data: { chatType: 'supergroup', title: 'Readers' } });
    await task(`${scene.word} news`, null);
    await run();
    expect(await prisma.conversation.findUnique({ where })).toMatchObject({
      title: 'Readers',
      chatType: 'supergroup',
    });
    expect(scene.asked()[0]?.messages.at(-1)?.content).toMatch(/^\[Schedule 3 /);
  });

  it('interrupts nobody in the mode in which a message does', async () => {
    const { agent, conversation } = scene;
    await agent.begin(conversation, `${scene.word} question`);
    const watch = new TurnWatchRepository(agent.room.prisma);
    const news = async () => (await watch.look([conversation.id])).map((sight) => sight.news !== null);
    await task(`${scene.word} news`);
    expect(await news()).toEqual([false]);
    await say(`${scene.word} more`);
    expect(await news()).toEqual([true]);
  });
});

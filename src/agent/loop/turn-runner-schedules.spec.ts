import { describe, expect, it } from 'vitest';
import { UserId } from '../../channel/ids.js';
import { SCHEDULE_SOURCE } from '../../channel/event-source.js';
import { externalIdOf, writeScheduledEvent } from '../../schedules/scheduled-event.js';
import { TurnWatchRepository } from './busy/turn-watch.repository.js';
import { openTurnFixture } from './turn.fixture.js';

const fixture = openTurnFixture();
const { run, say, turns, history } = fixture;
const sender = {
  userId: UserId('7'),
  isChat: false,
  firstName: 'Grace',
  lastName: null,
  username: null,
  languageCode: 'pt',
};

/** Puts a task of a due schedule into the inbox. */
async function task(text: string, by: typeof sender | null = sender): Promise<void> {
  const { room } = fixture.agent;
  const event = { number: 3, dueAt: '2026-11-25T09:00:00.000Z', text, sender: by };
  await room.prisma.event.create({
    data: {
      source: SCHEDULE_SOURCE,
      externalId: externalIdOf(room.ids.next(), new Date()),
      conversationId: fixture.conversation.id,
      kind: 'message',
      payload: JSON.parse(writeScheduledEvent(event)),
    },
  });
}

describe('A turn of a schedule', () => {
  it('does the planned task for its planner, marked as text that nobody writes now', async () => {
    await task(`${fixture.word} news`);
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: true });
    const [asked] = fixture.asked();
    expect(asked?.messages.at(-1)?.content).toMatch(/^\[Schedule 3 [^]*Nobody writes this now[^]*news$/);
    expect(asked?.messages[0]?.content).toContain('You are talking to Grace');
    expect(await turns()).toMatchObject([{ state: 'done', userId: '7' }]);
    expect((await history())[0]).toMatch(/^user: \[Schedule 3 /);
  });

  it('leaves the chat’s title and the writer’s name in a group as they are', async () => {
    const { prisma } = fixture.agent.room;
    const where = { id: fixture.conversation.id };
    await prisma.conversation.update({ where, data: { chatType: 'supergroup', title: 'Readers' } });
    await task(`${fixture.word} news`, null);
    await run();
    expect(await prisma.conversation.findUnique({ where })).toMatchObject({
      title: 'Readers',
      chatType: 'supergroup',
    });
    expect(fixture.asked()[0]?.messages.at(-1)?.content).toMatch(/^\[Schedule 3 /);
  });

  it('interrupts no turn in the mode interrupt', async () => {
    const { agent, conversation } = fixture;
    await agent.begin(conversation, `${fixture.word} question`);
    const watch = new TurnWatchRepository(agent.room.prisma);
    const news = async () => (await watch.look([conversation.id])).map((sight) => sight.news !== null);
    await task(`${fixture.word} news`);
    expect(await news()).toEqual([false]);
    await say(`${fixture.word} more`);
    expect(await news()).toEqual([true]);
  });
});

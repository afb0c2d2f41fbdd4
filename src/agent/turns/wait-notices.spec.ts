import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { delivererOf } from '../../../test/support/delivery-parts.js';
import { failures } from '../../../test/support/telegram-double.js';
import type { Conversation } from '../../generated/prisma/client.js';

const PERIOD_MS = 40_000;
let agent: AgentRoom;
let conversation: Conversation;
let chat: number;

beforeAll(async () => {
  agent = await AgentRoom.open({ limits: { limit: 1, periodMs: PERIOD_MS } });
});
afterAll(() => agent.close());
beforeEach(async () => {
  conversation = await agent.room.conversation();
  chat = Number(conversation.chatId);
});
afterEach(() => {
  agent.telegram.heal();
  agent.limits.waitNotice = true;
});

const run = () => agent.runner().run(conversation.id);
const shown = () => agent.telegram.textsOf(chat);
const deliver = () => delivererOf(agent.room, agent.channel, { gate: agent.gate }).run(conversation.id);
const replies = () =>
  agent.room.prisma.reply.findMany({ where: { conversationId: conversation.id }, orderBy: { id: 'asc' } });
const notice = () => agent.room.prisma.waitNotice.findUnique({ where: { conversationId: conversation.id } });
const sends = () => agent.telegram.callsOf('sendMessage', chat).length;
const waitText = 'You have written more than I may answer at once. I go on in about 40 seconds.';

/** Makes a chat that has used up its limit, and whose answer is sent. */
async function usedUp(): Promise<void> {
  await agent.room.event(conversation, 'first');
  await run();
  await deliver();
  expect(shown()).toHaveLength(1);
}

/** Ends the chat's window. */
const windowEnds = () => {
  agent.windows.now += PERIOD_MS;
};

/** Ends the channel's pause. */
const pauseEnds = () => agent.room.pool.query('UPDATE flood_windows SET paused_until = NULL');

describe('A chat over its limit', () => {
  it('is notified once of its waiting time, and the notice becomes the answer', async () => {
    await usedUp();
    await agent.room.event(conversation, 'second');
    for (let look = 0; look < 3; look += 1) expect((await run()).lane).toMatchObject({ next: 'later' });
    expect(shown().slice(1)).toEqual([waitText]);
    windowEnds();
    await run();
    await deliver();
    expect(shown()).toHaveLength(2);
    expect(shown()[1]).not.toBe(waitText);
    expect(sends()).toBe(2);
    expect((await replies()).at(-1)).toMatchObject({ state: 'sent', unknownSends: 0 });
    expect(await notice()).toBeNull();
  });

  it('is notified anew of the next waiting message', async () => {
    await usedUp();
    await agent.room.event(conversation, 'second');
    await agent.room.event(conversation, 'third');
    await run();
    windowEnds();
    await run();
    // Only after the answer to the second.
    await run();
    expect(shown()).toHaveLength(2);
    await deliver();
    await run();
    expect(shown()).toHaveLength(3);
    expect(shown()[2]).toBe(waitText);
    windowEnds();
    await run();
    await deliver();
    expect(shown()).toHaveLength(3);
    expect(shown()).not.toContain(waitText);
  });

  it('is not notified of a shorter time, or if notices are off', async () => {
    await usedUp();
    agent.limits.waitNotice = false;
    await agent.room.event(conversation, 'second');
    await run();
    expect(sends()).toBe(1);
    agent.limits.waitNotice = true;
    await agent.notices.tellWaiting(conversation.id, { position: 1, waitMs: 4_999 });
    expect(sends()).toBe(1);
  });

  it.each([
    ['is refused', failures.blocked],
    ['is limited', failures.limited(30)],
    ['may have arrived', failures.resetAfter],
  ])('is not notified twice if the notice %s, and is answered in a new message', async (_name, failure) => {
    await usedUp();
    await agent.room.event(conversation, 'second');
    agent.telegram.failNext({ method: 'sendMessage', chat, with: failure });
    await run();
    await run();
    expect(sends()).toBe(2);
    windowEnds();
    await run();
    await pauseEnds();
    await deliver();
    expect(sends()).toBe(3);
    expect((await replies()).at(-1)).toMatchObject({ state: 'sent', unknownSends: 0 });
  });

  it('is notified when the flood gate opens, and not before: the lane comes back for it', async () => {
    await usedUp();
    await agent.gate.limited(conversation, 20_000);
    await agent.room.event(conversation, 'second');
    const { lane } = await run();
    expect(sends()).toBe(1);
    expect(await notice()).toBeNull();
    expect(lane).toMatchObject({ next: 'later' });
    expect(lane.next === 'later' && lane.delayMs).toBeLessThanOrEqual(20_000);
    await pauseEnds();
    await run();
    expect(shown().slice(1)).toEqual([waitText]);
  });

  it('counts its notice at the flood gate, and passes on a pause that Telegram asks for', async () => {
    await usedUp();
    const hits = async () =>
      agent.room.rows<{ hits: number; paused: boolean }>(
        'SELECT cardinality(hits) AS hits, paused_until IS NOT NULL AS paused FROM flood_windows WHERE key = $1',
        [`telegram:${chat}`],
      );
    const [before] = await hits();
    agent.telegram.failNext({ method: 'sendMessage', chat, with: failures.limited(30) });
    await agent.room.event(conversation, 'second');
    await run();
    expect(await hits()).toEqual([{ hits: (before?.hits ?? 0) + 1, paused: true }]);
    await pauseEnds();
  });

  it('is answered in a new message if the process died before it knew of the notice', async () => {
    await usedUp();
    const eventId = await agent.room.event(conversation, 'second');
    const lease = await agent.room.lease(conversation.id);
    await agent.waitNotices.begin(lease, eventId, conversation);
    await agent.room.leases.release(lease);
    windowEnds();
    await run();
    await deliver();
    expect(sends()).toBe(2);
    expect((await replies()).at(-1)).toMatchObject({ state: 'sent', unknownSends: 0 });
    expect(await notice()).toBeNull();
  });

  it('is notified of a stop in the same message, whether its turn had begun or not', async () => {
    await usedUp();
    await agent.room.event(conversation, 'second');
    await run();
    await agent.room.event(conversation, '/stop');
    await agent.commands.handleWaiting(conversation.id, null);
    await deliver();
    expect(shown().slice(1)).toEqual(['Stopped.']);

    await agent.room.event(conversation, 'third');
    await run();
    windowEnds();
    await agent.begin(conversation);
    await agent.room.event(conversation, '/stop');
    await agent.commands.handleWaiting(conversation.id, null);
    await deliver();
    expect(shown().slice(1)).toEqual(['Stopped.', 'Stopped.']);
  });

  it('keeps no stale notice when a newer message interrupts its turn', async () => {
    await usedUp();
    await agent.room.event(conversation, 'second');
    await run();
    windowEnds();
    const { lease, turn } = await agent.begin(conversation);
    await agent.room.prisma.$transaction(async (tx) => {
      await agent.room.leases.assertHeld(tx, lease);
      await agent.completion.interrupt(tx, turn);
    });
    await deliver();
    expect(shown().slice(1)).toEqual(['…']);
    const history = await agent.room.prisma.message.findMany({ where: { turnId: turn.id } });
    expect(history.map(({ role }) => role)).toEqual(['user']);
  });

  it('is notified of its place in the line by any worker, unless a turn is under way', async () => {
    await agent.room.event(conversation, 'hello');
    const wait = { position: 3, waitMs: 62_000 };
    expect(await agent.notices.tellWaiting(conversation.id, wait)).toBe(true);
    expect(await agent.notices.tellWaiting(conversation.id, wait)).toBe(true);
    expect(shown()).toEqual(['You are number 3 in line: about 1 minute.']);
    const busy = await agent.room.conversation();
    await agent.begin(busy, 'hello');
    expect(await agent.notices.tellWaiting(busy.id, wait)).toBe(false);
    expect(agent.telegram.textsOf(Number(busy.chatId))).toEqual([]);
  });

  it('is not notified of planned tasks', async () => {
    await agent.room.prisma.event.create({
      data: {
        source: 'schedule',
        externalId: `${conversation.id}:1`,
        conversationId: conversation.id,
        kind: 'message',
        payload: { number: 1, dueAt: new Date().toISOString(), text: 'tea', sender: null },
      },
    });
    await agent.notices.tellWaiting(conversation.id, { position: 1, waitMs: 60_000 });
    expect(sends()).toBe(0);
  });
});

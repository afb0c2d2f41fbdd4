import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Lanes } from '../../../test/support/lanes.js';
import { Room } from '../../../test/support/room.js';
import { SteeredClock } from '../../../test/support/steered.js';
import { telegramChannel } from '../../../test/support/telegram-channel.js';
import { newChatId } from '../../../test/support/updates.js';
import { BudgetLimits } from '../../budget/budget-limits.js';
import { BudgetSettings } from '../../budget/budget.settings.js';
import { Outbox } from '../../delivery/outbox.js';
import { SweepAdditions } from '../../queue/sweep-additions.js';
import { AlertRepository } from './alert.repository.js';
import { AlertWatch } from './alert-watch.js';
import { AlertSettings } from './alert.settings.js';
import { AlertsService } from './alerts.service.js';
import { WatchRepository } from './watch.repository.js';

let room: Room;
let lanes: Lanes;
let chat: string;

beforeAll(async () => {
  room = await Room.open();
  lanes = await Lanes.open('postgresql', room.url);
});
afterAll(async () => {
  await lanes.close();
  await room.close();
});
beforeEach(async () => {
  chat = String(newChatId());
  await room.pool.query('TRUNCATE notifications, dead_letters, events, conversations, budget_days CASCADE');
});

/** The alerts of one process. */
function process(): AlertsService {
  const outbox = new Outbox(telegramChannel({ token: '1:a', root: 'http://127.0.0.1:9' }));
  const { prisma, conversations } = room;
  const settings = Object.assign(new AlertSettings(), { chat });
  const additions = new SweepAdditions();
  return new AlertsService(
    prisma,
    new AlertRepository(prisma),
    conversations,
    outbox,
    lanes.waker,
    settings,
    additions,
  );
}
function watch(budgets: Partial<BudgetSettings> = {}): AlertWatch {
  const limits = new BudgetLimits(Object.assign(new BudgetSettings(), budgets));
  const repository = new WatchRepository(room.prisma);
  return new AlertWatch(repository, limits, new AlertSettings(), new SteeredClock(), new SweepAdditions());
}
const letter = (reason: string, conversationId: string | null = null) =>
  room.prisma.deadLetter.create({
    data: {
      id: room.ids.next(),
      kind: 'event',
      subjectId: room.ids.next(),
      reason,
      attempts: 1,
      lastError: 'it broke',
      conversationId,
    },
  });
const alerts = async () => {
  const replies = await room.prisma.reply.findMany({
    orderBy: { id: 'asc' },
    include: { conversation: true },
  });
  return replies
    .filter(({ conversation }) => conversation.chatId === chat)
    .map(({ body }) => String(Object(body).text));
};
/** A minute is over. */
const passMinute = () => room.pool.query(`UPDATE alert_chats SET told_at = told_at - interval '1 minute'`);
const send = () => room.pool.query(`UPDATE replies SET state = 'sent', settled_at = now()`);
/** A minute is over, and the alert is sent. */
const passTime = async () => {
  await send();
  await passMinute();
};
const told = async () =>
  (await room.prisma.notification.findMany({ orderBy: { id: 'asc' } })).map(({ type, data }) => ({
    type,
    data,
  }));

describe('An alert', () => {
  it('tells the chat of all that went wrong within a minute, in one message, once', async () => {
    for (let count = 0; count < 3; count += 1) await letter('MODEL_401');
    await letter('EVENT_FAILED');
    await Promise.all([process().run(), process().run()]);
    const [first = '', ...others] = await alerts();
    expect(others).toEqual([]);
    expect(first).toContain('4 dead letters: MODEL_401 (3), EVENT_FAILED.');
    await letter('LATER');
    await send();
    await process().run();
    expect(await alerts()).toHaveLength(1);
    await passTime();
    await process().run();
    expect((await alerts()).at(-1)).toContain('1 dead letter: LATER.');
    await passTime();
    await process().run();
    expect(await alerts()).toHaveLength(2);
  });

  it('waits for the last one to be sent, and tells then of all that came up meanwhile', async () => {
    await letter('FIRST');
    await process().run();
    for (const reason of ['SECOND', 'THIRD']) {
      await letter(reason);
      await room.pool.query(`UPDATE notifications SET created_at = created_at - interval '2 hours'`);
      await passMinute();
      await process().run();
    }
    expect(await alerts()).toHaveLength(1);
    await send();
    await process().run();
    expect((await alerts()).at(-1)).toContain('2 dead letters: SECOND, THIRD.');
  });

  it('is committed together with what it tells of', async () => {
    await letter('X');
    const failing = process();
    const { outbox } = Object(failing);
    outbox.add = async () => {
      throw new Error('it cannot be written');
    };
    await expect(failing.run()).rejects.toThrow('it cannot be written');
    expect(await alerts()).toEqual([]);
    await process().run();
    expect(await alerts()).toHaveLength(1);
  });

  it('tells of no dead letter of its own chat, and at first of nothing that is old', async () => {
    await letter('OLD');
    await room.pool.query(`UPDATE notifications SET created_at = created_at - interval '61 minutes'`);
    await letter('FIRST');
    await process().run();
    expect((await alerts()).at(-1)).toContain('1 dead letter: FIRST.');
    const { id } = await room.prisma.conversation.findFirstOrThrow({ where: { chatId: chat } });
    await letter('REPLY_REFUSED', id);
    await passTime();
    await process().run();
    expect(await alerts()).toHaveLength(1);
    expect(await room.prisma.notification.count({ where: { alertedAt: null } })).toBe(0);
  });
});

describe('The watch', () => {
  it('tells once of a budget at 80 and at 100 percent', async () => {
    const spend = (scope: string, name: string, tokens: number) =>
      room.pool.query(
        `INSERT INTO budget_days (day, scope, key, spent_tokens)
         VALUES ((now() AT TIME ZONE 'UTC')::date, $1::budget_scope, $2, $3)
         ON CONFLICT (day, scope, key) DO UPDATE SET spent_tokens = EXCLUDED.spent_tokens`,
        [scope, name, tokens],
      );
    const one = watch({ dayTokens: 1_000, chatDayTokens: 100 });
    await spend('all', '', 799);
    await spend('user', 'telegram:1', 1_000_000);
    await one.look();
    expect(await told()).toEqual([]);
    await spend('all', '', 800);
    await spend('chat', 'telegram:1', 100);
    await Promise.all([one.look(), watch({ dayTokens: 1_000, chatDayTokens: 100 }).look()]);
    await one.look();
    const passed = (await told()).map(({ data }) => {
      const { scope, percent } = Object(data);
      return [scope, percent];
    });
    expect(new Set(passed.map(String))).toEqual(new Set(['all,80', 'chat,80', 'chat,100']));
    expect(passed).toHaveLength(3);
  });

  it('tells once an hour of messages that wait, and of a bot whose replies do', async () => {
    const conversation = await room.conversation();
    const id = await room.event(conversation, 'hello');
    await watch().look();
    expect(await told()).toEqual([]);
    await room.pool.query(`UPDATE events SET received_at = now() - interval '11 minutes' WHERE id = $1`, [
      id,
    ]);
    await room.prisma.reply.create({
      data: { conversationId: conversation.id, part: 0, body: {}, attempts: 1 },
    });
    await room.pool.query(`UPDATE replies SET created_at = now() - interval '6 minutes'`);
    await watch().look();
    await watch().look();
    expect((await told()).map(({ type }) => type).slice(0, 2)).toEqual(['backlog.old', 'bot.unreachable']);
    // A new hour may have begun in between.
    expect((await told()).length).toBeLessThanOrEqual(4);
    expect(await told()).toMatchObject([
      { data: { waiting: 1, minutes: 11 } },
      { data: { channel: 'telegram', replies: 1 } },
      ...(await told()).slice(2),
    ]);
    await process().run();
    expect((await alerts()).at(-1)).toMatch(/Out of reach: telegram, 1 replies wait\.[^]*Messages wait: 1, /);
  });

  it('leaves messages of a paused conversation alone', async () => {
    const conversation = await room.conversation({ status: 'paused' });
    const id = await room.event(conversation, 'hello');
    await room.pool.query(`UPDATE events SET received_at = now() - interval '1 day' WHERE id = $1`, [id]);
    await watch().look();
    expect(await told()).toEqual([]);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UserId } from '../../../channel/ids.js';
import { Room } from '../../../../test/support/room.js';
import { DatabaseClock } from '../../../platform/database/database-clock.js';
import type { Conversation } from '../../../generated/prisma/client.js';
import { ScheduleRepository } from '../../../schedules/schedule.repository.js';
import { SchedulesService } from '../../../schedules/schedules.service.js';
import { SchedulesTool } from './schedules.tool.js';

let room: Room;
let tool: SchedulesTool;
let conversation: Conversation;
let calls = 0;

beforeAll(async () => {
  room = await Room.open();
  tool = new SchedulesTool(
    new SchedulesService(new ScheduleRepository(room.prisma, room.ids), new DatabaseClock(room.prisma)),
  );
});
afterAll(() => room.close());
beforeEach(async () => {
  conversation = await room.conversation();
});

/** One more call of the model. */
function context() {
  calls += 1;
  const sender = {
    userId: UserId('7'),
    isChat: false,
    firstName: 'Ada',
    lastName: null,
    username: null,
    languageCode: 'en',
  };
  return {
    conversationId: conversation.id,
    turnId: 't',
    idempotencyKey: `t:${calls}`,
    progress: () => {},
    sender,
    languageCode: 'en',
  };
}
const planned = () => room.prisma.schedule.findMany({ where: { conversationId: conversation.id } });

describe('remind_me', () => {
  it('plans a reminder for the asker, and returns its time', async () => {
    const at = new Date(Date.now() + 3_600_000).toISOString().slice(0, 19);
    const said = await tool.remindMe({ text: 'Tea', at }, context());
    expect(said).toContain(`Planned as number 1: it will be sent at ${at}+00:00`);
    expect(said).toContain('UTC');
    expect(await planned()).toMatchObject([{ kind: 'reminder', text: 'Tea', cron: null, createdBy: '7' }]);
  });

  it('plans once when a call is repeated after a crash', async () => {
    const call = context();
    const said = await tool.remindMe({ text: 'Tea', at: '10m' }, call);
    expect(await tool.remindMe({ text: 'Tea', at: '10m' }, call)).toBe(said);
    expect(await planned()).toHaveLength(1);
    await tool.remindMe({ text: 'Tea', at: '10m' }, context());
    expect(await planned()).toHaveLength(2);
  });

  it.each([
    ['2020-01-01T00:00:00Z', 'SCHEDULE_TIME_PAST'],
    ['400d', 'SCHEDULE_TIME_TOO_FAR'],
    ['soon', 'SCHEDULE_TIME_INVALID'],
  ])('explains to the model why %s is impossible', async (at, code) => {
    await expect(tool.remindMe({ text: 'Tea', at }, context())).rejects.toMatchObject({ code });
    expect(await planned()).toEqual([]);
  });
});

describe('schedule', () => {
  it('plans a task by a rule, and returns its first time in its time zone', async () => {
    const rule = { text: 'Tell the news', cron: '30 9 * * *', timeZone: 'Asia/Kolkata' };
    expect(await tool.schedule(rule, context())).toMatch(
      /number 1.*T09:30:00\+05:30 \(\w+, Asia\/(Kolkata|Calcutta)\)/,
    );
    expect(await planned()).toMatchObject([{ ...rule, kind: 'task' }]);
    expect(await tool.schedule({ text: 'x', cron: '0 9 * * *' }, context())).toContain('T09:00:00+00:00');
  });

  it('refuses too frequent tasks', async () => {
    await expect(tool.schedule({ text: 'x', cron: '* * * * *' }, context())).rejects.toMatchObject({
      code: 'SCHEDULE_TOO_OFTEN',
      message: expect.stringContaining('5 is the least'),
    });
  });
});

import { describe, expect, it } from 'vitest';
import { ConversationEraser } from '../../admin/conversations/conversation-eraser.repository.js';
import { BudgetEraser } from '../../budget/budget-eraser.repository.js';
import { BudgetLedger } from '../../budget/budget-ledger.repository.js';
import { BudgetLimits } from '../../budget/budget-limits.js';
import { BudgetSettings } from '../../config/budget.settings.js';
import { PrismaService } from '../../database/prisma.service.js';
import { DueSchedules } from './due-schedules.repository.js';
import {
  AN_HOUR_MS,
  DAILY,
  anotherConversation,
  conversation,
  events,
  firing,
  found,
  ofConversation,
  processOn,
  replies,
  room,
  schedule,
  useFiringScene,
} from './firing-scene.spec-support.js';

useFiringScene();

function eraserOn(prisma: PrismaService): ConversationEraser {
  const ledger = new BudgetLedger(prisma, room.leases, new BudgetLimits(new BudgetSettings()));
  return new ConversationEraser(prisma, new BudgetEraser(ledger));
}

describe('A conversation that is not served', () => {
  it('while it is paused has its schedules wait, and each fires once when it goes on', async () => {
    await room.prisma.conversation.update({ where: { id: conversation.id }, data: { status: 'paused' } });
    const due = await schedule({ ...DAILY, nextAt: new Date(Date.now() - 40 * 24 * AN_HOUR_MS) });
    expect(await firing.run()).toEqual([]);
    expect((await found(due)).nextAt).toEqual(due.nextAt);
    await room.prisma.conversation.update({ where: { id: conversation.id }, data: { status: 'active' } });
    expect(await firing.run()).toHaveLength(1);
    expect(await events()).toHaveLength(1);
  });

  it('while it is paused takes no other one’s place, also where the pause begins after the look', async () => {
    await room.prisma.conversation.update({ where: { id: conversation.id }, data: { status: 'paused' } });
    const paused = await schedule({ nextAt: new Date(0) });
    await anotherConversation();
    const due = await schedule();
    const schedules = new DueSchedules(room.prisma);
    expect(await schedules.ids(1)).toEqual([due.id]);
    expect(await room.prisma.$transaction((tx) => schedules.take(tx, paused.id))).toBeNull();
    expect(await room.prisma.$transaction((tx) => schedules.take(tx, due.id))).toMatchObject({ id: due.id });
  });

  it.each([
    [
      'blocked',
      async () => {
        await room.prisma.conversation.update({
          where: { id: conversation.id },
          data: { status: 'blocked' },
        });
        return firing;
      },
    ],
    ['not on the allow-list any more', () => Promise.resolve(processOn(room.prisma, ['1']))],
  ])('because it is %s has its times pass', async (_why, prepare) => {
    const process = await prepare();
    const once = await schedule();
    const daily = await schedule(DAILY);
    expect(await process.run()).toEqual([]);
    expect(await found(once)).toMatchObject({ state: 'cancelled', lastFiredAt: null });
    expect(await found(daily)).toMatchObject({ state: 'planned', lastFiredAt: null });
    expect((await found(daily)).nextAt.getTime()).toBeGreaterThan(Date.now());
    expect([await replies(), (await events()).length]).toEqual([0, 0]);
  });

  it('is served where its creator is on the allow-list', async () => {
    await room.prisma.person.create({ data: { channel: 'telegram', userId: 5n, firstName: 'Ada' } });
    await schedule({ createdBy: 5n });
    expect(await processOn(room.prisma, ['5']).run()).toHaveLength(1);
  });

  it('because it is being erased keeps nobody waiting, and takes its schedules with it', async () => {
    await schedule();
    const eraser = await room.pool.connect();
    await eraser.query('BEGIN');
    await eraser.query('SELECT 1 FROM conversations WHERE id = $1 FOR UPDATE', [conversation.id]);
    expect(await firing.run()).toEqual([]);
    await eraser.query('ROLLBACK');
    eraser.release();
    await Promise.all([eraserOn(room.prisma).erase(conversation.id), firing.run()]);
    expect(await room.prisma.schedule.count(ofConversation())).toBe(0);
    expect([await replies(), (await events()).length]).toEqual([0, 0]);
    expect(await firing.run()).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { ConversationErasureRepository } from '../../memory/erasure/conversation-erasure.repository.js';
import { BudgetErasureRepository } from '../../budget/budget-erasure.repository.js';
import { BudgetLedgerRepository } from '../../budget/budget-ledger.repository.js';
import { BudgetLimits } from '../../budget/budget-limits.js';
import { BudgetSettings } from '../../budget/budget.settings.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { DueSchedulesRepository } from './due-schedules.repository.js';
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
  useFiringFixture,
} from './firing.fixture.js';

useFiringFixture();

function eraserOn(prisma: PrismaService): ConversationErasureRepository {
  const ledger = new BudgetLedgerRepository(prisma, room.leases, new BudgetLimits(new BudgetSettings()));
  return new ConversationErasureRepository(prisma, new BudgetErasureRepository(ledger));
}

describe('A conversation that is not served', () => {
  it('delays its schedules while it is paused, and each fires once when it is resumed', async () => {
    await room.prisma.conversation.update({ where: { id: conversation.id }, data: { status: 'paused' } });
    const due = await schedule({ ...DAILY, nextAt: new Date(Date.now() - 40 * 24 * AN_HOUR_MS) });
    expect(await firing.run()).toEqual([]);
    expect((await found(due)).nextAt).toEqual(due.nextAt);
    await room.prisma.conversation.update({ where: { id: conversation.id }, data: { status: 'active' } });
    expect(await firing.run()).toHaveLength(1);
    expect(await events()).toHaveLength(1);
  });

  it('takes no other one’s place while it is paused, even if the pause begins after the search', async () => {
    await room.prisma.conversation.update({ where: { id: conversation.id }, data: { status: 'paused' } });
    const paused = await schedule({ nextAt: new Date(0) });
    await anotherConversation();
    const due = await schedule();
    const schedules = new DueSchedulesRepository(room.prisma);
    expect(await schedules.ids(1)).toEqual([due.id]);
    expect(await room.prisma.$transaction((tx) => schedules.lockDue(tx, paused.id))).toBeNull();
    expect(await room.prisma.$transaction((tx) => schedules.lockDue(tx, due.id))).toMatchObject({
      id: due.id,
    });
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
  ])('lets its times pass when it is %s', async (_why, prepare) => {
    const process = await prepare();
    const once = await schedule();
    const daily = await schedule(DAILY);
    expect(await process.run()).toEqual([]);
    expect(await found(once)).toMatchObject({ state: 'cancelled', lastFiredAt: null });
    expect(await found(daily)).toMatchObject({ state: 'planned', lastFiredAt: null });
    expect((await found(daily)).nextAt.getTime()).toBeGreaterThan(Date.now());
    expect([await replies(), (await events()).length]).toEqual([0, 0]);
  });

  it('is served when its creator is on the allow-list', async () => {
    await room.prisma.person.create({ data: { channel: 'telegram', userId: '5', firstName: 'Ada' } });
    await schedule({ createdBy: '5' });
    expect(await processOn(room.prisma, ['5']).run()).toHaveLength(1);
  });

  it('delays no other one while it is being erased, and its schedules are erased too', async () => {
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

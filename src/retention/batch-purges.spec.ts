import { describe, expect, it } from 'vitest';
import { retention, room, useRetentionFixture } from './retention.fixture.js';

useRetentionFixture();

describe('Schedules', () => {
  it('are deleted long after their end, even more than a batch holds; planned ones stay however old', async () => {
    const { id } = await room.conversation();
    await room.pool.query(
      `INSERT INTO schedules (id, conversation_id, number, kind, text, next_at, state, created_at, ended_at)
       SELECT gen_random_uuid(), $1, row_number() OVER (), 'reminder', 'x', now(), state::schedule_state,
              now() - interval '1 year', now() - back * interval '1 day'
       FROM (VALUES ('done', 9), ('cancelled', 12), ('done', 13), ('planned', NULL)) AS kinds (state, back),
            generate_series(1, 700)`,
      [id],
    );
    expect(await retention({ stepDays: 0 }).run()).toMatchObject({ schedules: 0 });
    expect(await retention().run()).toMatchObject({ schedules: 1_400 });
    const left = await room.prisma.schedule.groupBy({
      by: ['state'],
      _count: true,
      orderBy: { state: 'asc' },
    });
    expect(left).toMatchObject([
      { state: 'planned', _count: 700 },
      { state: 'done', _count: 700 },
    ]);
  });
});

describe('Budgets', () => {
  it('are deleted with their days, even more than a batch holds, and recent ones stay', async () => {
    await room.pool.query(
      `INSERT INTO budget_days (day, scope, key)
       SELECT now()::date - back, 'chat', 'telegram:' || n
       FROM unnest(ARRAY[9, 12, 13]) AS back, generate_series(1, 700) AS n`,
    );
    expect(await retention({ budgetDays: 0 }).run()).toMatchObject({ budgets: 0 });
    expect(await retention().run()).toMatchObject({ budgets: 1_400 });
    const left = await room.prisma.budgetDay.groupBy({ by: ['day'], _count: true });
    expect(left).toMatchObject([{ _count: 700 }]);
    await room.prisma.budgetDay.deleteMany();
  });
});

describe('Notifications', () => {
  it('are deleted with their deliveries, even more than a batch holds, and recent ones stay', async () => {
    await room.pool.query(
      `WITH told AS (
         INSERT INTO notifications (type, data, created_at)
         SELECT 'dead_letter.created', '{}', now() - back * interval '1 day'
         FROM unnest(ARRAY[9, 12, 13]) AS back, generate_series(1, 700) RETURNING id
       )
       INSERT INTO notification_deliveries (endpoint_id, notification_id) SELECT gen_random_uuid(), id FROM told`,
    );
    expect(await retention({ replyDays: 0 }).run()).toMatchObject({ notifications: 0 });
    expect(await retention().run()).toMatchObject({ notifications: 1_400 });
    expect(await room.prisma.notification.count()).toBe(700);
    expect(await room.prisma.notificationDelivery.count()).toBe(700);
    await room.prisma.notificationDelivery.deleteMany();
  });
});

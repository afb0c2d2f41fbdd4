import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserId } from '../../channel/ids.js';
import { AdminApp } from '../../../test/support/admin-app.js';
import { planOf } from '../../../test/support/query-plan.js';
import { Prisma } from '../../generated/prisma/client.js';
import { approvalRows } from '../approvals/approval-listing.repository.js';
import { spenderRows } from '../budgets/budget-listing.repository.js';
import { conversationRows } from '../conversations/conversation-listing.repository.js';
import { deadLetterRows } from '../dead-letters/dead-letter-listing.repository.js';
import { eventRows } from '../events/event-listing.repository.js';
import { personRows } from '../people/person-listing.repository.js';
import { scheduleRows } from '../schedules/schedule-listing.repository.js';
import { turnRows } from '../turns/turn-listing.repository.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await AdminApp.start();
  await admin.fill(50_000);
});

afterAll(() => admin.stop());

describe('The queries on filled tables', () => {
  const after = { micros: 1_577_836_800_002_500n, id: '80000000-0000-4000-8000-000000000000' };
  const anyEvent = { source: null, triggerId: null, state: null, conversationId: null, from: null, to: null };
  const none = { status: null, search: null };

  it.each([
    ['the first conversations', conversationRows(none, null, 51), 'conversations_last_message_at_id_idx'],
    [
      'conversations after a cursor',
      conversationRows(none, after, 51),
      'conversations_last_message_at_id_idx',
    ],
    ['the first turns', turnRows({ conversationId: null, state: null }, null, 51), 'turns_pkey'],
    ['turns after a cursor', turnRows({ conversationId: null, state: null }, after.id, 51), 'turns_pkey'],
    [
      'a conversation’s turns',
      turnRows({ conversationId: after.id, state: null }, null, 51),
      'turns_conversation_id',
    ],
    ['a day’s chats', spenderRows('chat', '2020-01-01', null, 51), 'budget_days_pkey'],
    ['a day’s chats after a cursor', spenderRows('chat', '2020-01-01', 'filler:5', 51), 'budget_days_pkey'],
    ['the first schedules', scheduleRows({ conversationId: null, state: null }, null, 51), 'schedules_pkey'],
    [
      'schedules after a cursor',
      scheduleRows({ conversationId: null, state: null }, after.id, 51),
      'schedules_pkey',
    ],
    [
      'a conversation’s schedules',
      scheduleRows({ conversationId: after.id, state: null }, null, 51),
      'schedules_conversation_id',
    ],
    ['the first approvals', approvalRows({ conversationId: null, state: null }, null, 51), 'approvals_pkey'],
    [
      'approvals after a cursor',
      approvalRows({ conversationId: null, state: null }, after.id, 51),
      'approvals_pkey',
    ],
    [
      'a conversation’s approvals',
      approvalRows({ conversationId: after.id, state: null }, null, 51),
      'approvals_conversation_id',
    ],
    ['people after a cursor', personRows({ channel: 'filler', userId: UserId('5') }, 51), 'people_pkey'],
    ['the first dead letters', deadLetterRows(null, 51), 'dead_letters_created_at_id_idx'],
    ['the first events', eventRows(anyEvent, null, 51), 'events_pkey'],
    ['events after a cursor', eventRows(anyEvent, 40_000n, 51), 'events_pkey'],
    [
      'the events of a trigger',
      eventRows({ ...anyEvent, triggerId: '00000000-0000-7000-8000-000000000001' }, null, 51),
      'trigger_outcomes_trigger_id_event_id_idx',
    ],
    ['dead letters after a cursor', deadLetterRows(after, 51), 'dead_letters_created_at_id_idx'],
  ])('read %s from an index and no further than needed', async (_what, query, index) => {
    const { text: plan } = await planOf(admin.prisma, query);
    expect(plan).toContain(index);
    expect(plan).not.toContain('Seq Scan');
    for (const [, read] of plan.matchAll(/rows=(\d+)/g)) expect(Number(read)).toBeLessThanOrEqual(51);
    expect(plan).not.toMatch(/Rows Removed by Filter: \d{3}/);
  });

  it('read a conversation’s messages from an index', async () => {
    const { text } = await planOf(
      admin.prisma,
      Prisma.sql`SELECT * FROM messages
                 WHERE conversation_id = ${after.id}::uuid AND id < 1000000 ORDER BY id DESC LIMIT 51`,
    );
    expect(text).toContain('messages_conversation_id_id_idx');
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Room } from '../../../test/support/room.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { ScheduleRepository } from '../../schedules/schedule.repository.js';
import { en } from '../../platform/i18n/en.js';
import { es } from '../../platform/i18n/es.js';
import { ScheduleList } from './schedule-list.js';

let room: Room;
let schedules: ScheduleRepository;
let list: ScheduleList;
let conversation: Conversation;

beforeAll(async () => {
  room = await Room.open();
  schedules = new ScheduleRepository(room.prisma, room.ids);
  list = new ScheduleList(schedules);
});
afterAll(() => room.close());
beforeEach(async () => {
  conversation = await room.conversation();
});

const typed = (args: string, i18n = en) =>
  room.prisma.$transaction((tx) => list.handle(tx, conversation.id, args, i18n));
const plan = (text: string, cron: string | null = null) =>
  schedules.add({
    conversationId: conversation.id,
    kind: cron === null ? 'reminder' : 'task',
    text,
    cron,
    timeZone: cron === null ? 'UTC' : 'Europe/Berlin',
    nextAt: new Date('2126-11-25T08:00:00Z'),
    createdBy: null,
    idempotencyKey: null,
  });

describe('/schedules', () => {
  it('reports an empty list', async () => {
    expect(await typed('')).toMatch(/^Nothing is planned/);
  });

  it('lists schedules by number, with the next time, the rule and the beginning of the text', async () => {
    await plan('Drink\n\ntea');
    await plan('😀'.repeat(100), '0 9 * * *');
    expect(await typed('')).toBe(
      [
        '**What is planned here**',
        '- **1**: 2126-11-25T08:00:00+00:00 (Monday, UTC): Drink tea',
        '- **2**: 2126-11-25T09:00:00+01:00 (Monday, Europe/Berlin) and then by the rule `0 9 * * *`: ' +
          `${'😀'.repeat(60)} …`,
        '',
        'To cancel number 1, type /schedules cancel 1',
      ].join('\n'),
    );
  });

  it('names the weekday in the sender’s language', async () => {
    await plan('Bebe té', '0 9 * * *');
    expect(await typed('', es)).toContain(
      '**1**: 2126-11-25T09:00:00+01:00 (lunes, Europe/Berlin) y después según la regla `0 9 * * *`: Bebe té',
    );
  });

  it('cancels a schedule by its number, which no other gets, and none of another conversation', async () => {
    await plan('one');
    await plan('two');
    expect(await typed('cancel 1')).toMatch(/^Cancelled: .*one$/);
    expect(await typed('CANCEL  #1')).toMatch(/no number 1/);
    expect(await typed('')).not.toContain('one');
    conversation = await room.conversation();
    expect(await typed('cancel 2')).toMatch(/no number 2/);
  });

  it.each(['cancel', 'cancel all', 'help', 'cancel 99999999999', 'cancel -1'])(
    'explains its usage at %j',
    async (args) => {
      expect(await typed(args)).toMatch(/^Type \/schedules to see/);
    },
  );
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../../../test/support/room.js';
import { EventTriesRepository } from './event-tries.repository.js';
import { errorText } from '../../../../test/support/error-texts.js';

let room: Room;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

describe('EventTriesRepository', () => {
  it('counts no failure of a lane that read the event before another one put it off', async () => {
    const repository = new EventTriesRepository(room.prisma, room.ids);
    const conversation = await room.conversation();
    const id = await room.event(conversation, '/help');
    const event = { id, source: 'telegram', payload: {}, conversationId: conversation.id };
    const fail = () =>
      repository.record(event, { kind: 'attempt', error: errorText('an error') }, () => ({
        kind: 'again',
        delayMs: 3_600_000,
      }));
    expect(await fail()).toEqual({ kind: 'again', delayMs: 3_600_000 });
    expect(await fail()).toMatchObject({ kind: 'again' });
    expect(await room.prisma.eventFailure.findUnique({ where: { eventId: id } })).toMatchObject({
      attempts: 1,
    });
  });
});

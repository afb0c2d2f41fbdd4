import { describe, expect, it } from 'vitest';
import { EventRepository } from '../inbox/event.repository.js';
import {
  aLetter,
  aTurn,
  daysAgo,
  deadLetters,
  hasPayload,
  OLD,
  retention,
  room,
  YOUNG,
  useRetentionFixture,
} from './retention.fixture.js';

useRetentionFixture();

describe('Payloads', () => {
  it('are emptied for old finished events, and the update is still recognised as a duplicate', async () => {
    const conversation = await room.conversation();
    const finished = ['done', 'dropped', 'dead'] as const;
    const old = await Promise.all(
      finished.map((state) => room.event(conversation, 'hello', { state, receivedAt: OLD })),
    );
    const young = await room.event(conversation, 'hello', { state: 'done', receivedAt: YOUNG });
    expect(await retention().run()).toEqual({
      payloads: 3,
      steps: 0,
      replies: 0,
      budgets: 0,
      schedules: 0,
      notifications: 0,
    });
    expect(await Promise.all([...old, young].map(hasPayload))).toEqual([false, false, false, true]);
    const rows = await room.prisma.event.findMany({ where: { id: { in: old } }, orderBy: { id: 'asc' } });
    const again = rows.map(({ source, externalId }) => ({
      source,
      externalId,
      conversationId: conversation.id,
      kind: 'message' as const,
      payload: '{}',
      dropped: false,
    }));
    // As long as an id is a duplicate at all: see `EventRepository.store`.
    await room.pool.query('UPDATE events SET received_at = $2 WHERE id = ANY ($1)', [old, daysAgo(5)]);
    const stored = await new EventRepository(room.pool).store(again);
    expect(stored).toEqual(again.map(() => ({ kind: 'duplicate' })));
    expect(await retention().run()).toEqual({
      payloads: 0,
      steps: 0,
      replies: 0,
      budgets: 0,
      schedules: 0,
      notifications: 0,
    });
  });

  it('stay with a waiting or claimed event, however old it is', async () => {
    const conversation = await room.conversation();
    const turnId = await aTurn(conversation, { state: 'running', finishedAt: null });
    const waiting = await room.event(conversation, 'hello', { receivedAt: daysAgo(1_000) });
    const claimed = await room.event(conversation, 'hello', {
      state: 'claimed',
      turnId,
      receivedAt: daysAgo(1_000),
    });
    await retention().run();
    expect(await Promise.all([waiting, claimed].map(hasPayload))).toEqual([true, true]);
  });

  it('stay while their turn or event is a dead letter, and are emptied once it is discarded', async () => {
    const conversation = await room.conversation();
    const turnId = await aTurn(conversation, { state: 'failed' });
    const dead = { state: 'dead', receivedAt: OLD } as const;
    const ofTurn = await room.event(conversation, 'hello', { ...dead, turnId });
    const own = await room.event(conversation, 'hello', dead);
    const letters = [
      await aLetter(conversation, 'turn', turnId),
      await aLetter(conversation, 'event', String(own)),
    ];
    expect((await retention().run()).payloads).toBe(0);
    expect(await Promise.all([ofTurn, own].map(hasPayload))).toEqual([true, true]);
    for (const letter of letters) await deadLetters.discard(letter);
    expect((await retention().run()).payloads).toBe(2);
  });

  it('are emptied even if more than a batch before them stays, all of the same microsecond', async () => {
    const conversation = await room.conversation();
    const turnId = await aTurn(conversation, { state: 'failed' });
    const letter = await aLetter(conversation, 'turn', turnId);
    await room.pool.query(
      `INSERT INTO events (source, external_id, conversation_id, kind, state, payload, received_at, turn_id)
       SELECT 'many', n, $1, 'message', 'dead', '{}', $2, CASE WHEN n <= 2500 THEN $3::uuid END
       FROM generate_series(1, 5000) AS n`,
      [conversation.id, OLD, turnId],
    );
    expect((await retention().run()).payloads).toBe(2_500);
    await deadLetters.discard(letter);
    expect((await retention().run()).payloads).toBe(2_500);
  });

  it('of events that another session has locked are left to the next pass', async () => {
    const conversation = await room.conversation();
    const id = await room.event(conversation, 'hello', { state: 'done', receivedAt: OLD });
    const other = await room.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query('SELECT FROM events WHERE id = $1 FOR UPDATE', [id]);
      expect((await retention().run()).payloads).toBe(0);
      await other.query('COMMIT');
    } finally {
      other.release();
    }
    expect((await retention().run()).payloads).toBe(1);
  });
});

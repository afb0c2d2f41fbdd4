import { describe, expect, it } from 'vitest';
import { smallestIdOf } from '../platform/runtime/ids.js';
import {
  aLetter,
  aTurn,
  daysAgo,
  deadLetters,
  OLD,
  retention,
  room,
  stepsOf,
  YOUNG,
  useRetentionFixture,
} from './retention.fixture.js';

useRetentionFixture();

describe('Steps', () => {
  it('are deleted at the age of their turn, all at once; the turn stays', async () => {
    const conversation = await room.conversation();
    const old = await aTurn(conversation);
    const young = await aTurn(conversation, { finishedAt: YOUNG });
    expect((await retention().run()).steps).toBe(2);
    expect([await stepsOf(old), await stepsOf(young)]).toEqual([0, 2]);
    expect(await room.prisma.turn.findUnique({ where: { id: old } })).toMatchObject({
      state: 'done',
      inputTokens: 7,
    });
  });

  it('stay with an unfinished turn, however long ago it began', async () => {
    const ids = [];
    for (const state of ['waiting', 'running'] as const)
      ids.push(await aTurn(await room.conversation(), { state, finishedAt: null }));
    await retention().run();
    expect(await Promise.all(ids.map(stepsOf))).toEqual([2, 2]);
  });

  it('stay with a dead letter, through its replay, and are deleted after it is discarded', async () => {
    const conversation = await room.conversation();
    const replayed = await aTurn(conversation, { state: 'failed' });
    const discarded = await aTurn(conversation, { state: 'failed' });
    const letters = [
      await aLetter(conversation, 'turn', replayed),
      await aLetter(conversation, 'turn', discarded),
    ] as const;
    expect((await retention().run()).steps).toBe(0);
    await deadLetters.replay(letters[0]);
    await deadLetters.discard(letters[1]);
    expect((await retention().run()).steps).toBe(2);
    expect([await stepsOf(replayed), await stepsOf(discarded)]).toEqual([2, 0]);
  });

  it('are deleted from more turns than one batch holds', async () => {
    const { id } = await room.conversation();
    await room.pool.query(
      `WITH t AS (
         INSERT INTO turns (id, conversation_id, epoch, state, finished_at)
         SELECT overlay($1 PLACING lpad(to_hex(n), 12, '0') FROM 25)::uuid, $2, 0, 'done', $3
         FROM generate_series(1, 700) AS n RETURNING id)
       INSERT INTO steps (turn_id, index, kind, name, request_digest, result, started_at)
       SELECT t.id, i, 'model', 'm', 'd', '{}', now() FROM t, generate_series(0, 2) AS i`,
      [smallestIdOf(daysAgo(12)), id, OLD],
    );
    expect((await retention().run()).steps).toBe(2_100);
  });
});

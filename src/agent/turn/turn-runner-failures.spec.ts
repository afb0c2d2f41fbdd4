import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { en } from '../../texts/en.js';
import { MAX_ATTEMPTS, MAX_TAKEOVERS } from './turn-failure.js';
import { openTurnScene } from './turn-scene.spec-support.js';

const scene = openTurnScene();
const { run, say, asked, turns, letters, replies, history, states, waitOver } = scene;

describe('TurnRunner, when a turn fails', () => {
  it('gives a turn up that took down every process that ran it', async () => {
    await say(scene.word);
    const { turn, lease } = await scene.agent.begin(scene.conversation);
    await scene.agent.room.leases.release(lease);
    await scene.agent.room.prisma.turn.update({ where: { id: turn.id }, data: { takeovers: MAX_TAKEOVERS } });
    expect(await run()).toMatchObject({ replied: true });
    expect(await letters()).toMatchObject([{ kind: 'turn', reason: 'TURN_POISON', subjectId: turn.id }]);
    expect(await history()).toEqual([`user: ${scene.word}`, `assistant: ${en.failed}`]);
    expect(asked()).toHaveLength(0);
  });

  it('counts no takeover where the database had no room for the answer, however often', async () => {
    await say(scene.word);
    await scene.agent.room.pool.query(`
      CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER no_room BEFORE INSERT ON replies FOR EACH ROW EXECUTE FUNCTION no_room()`);
    for (let time = 0; time < 3; time += 1) await expect(run()).rejects.toThrow('could not extend file');
    expect(await turns()).toMatchObject([{ state: 'waiting', takeovers: 0, attempts: 0 }]);
    await scene.agent.room.pool.query('DROP FUNCTION no_room CASCADE');
    expect(await run()).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done', takeovers: 0 }]);
    expect(asked()).toHaveLength(1);
  });

  it('tries again after a pause what may work later, and counts its tries', async () => {
    await say(scene.word);
    scene.agent.model.script(
      scene.word,
      { status: 503 },
      { status: 429, headers: { 'retry-after': '30' } },
      { text: 'At last.' },
    );
    const first = await run();
    expect(first).toMatchObject({ lane: { next: 'later' }, replied: false });
    expect(await run()).toMatchObject({ lane: { next: 'later' } });
    expect(asked()).toHaveLength(1);
    await waitOver();
    const second = await run();
    expect(second.lane.next === 'later' && second.lane.delayMs).toBe(30_000);
    await waitOver();
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: true });
    expect(await turns()).toMatchObject([
      { state: 'done', attempts: 2, firstError: expect.stringContaining('503') },
    ]);
    expect(await history()).toEqual([`user: ${scene.word}`, 'assistant: At last.']);
  });

  it('after the last try tells the user, keeps a dead letter, and answers the next message on its own', async () => {
    await say(scene.word);
    scene.agent.model.script(scene.word, { status: 500 });
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      await run();
      await waitOver();
    }
    expect(asked()).toHaveLength(MAX_ATTEMPTS);
    expect(await letters()).toMatchObject([{ kind: 'turn', reason: 'MODEL_500', attempts: MAX_ATTEMPTS }]);
    expect(await states()).toEqual(['dead']);
    expect(await history()).toEqual([`user: ${scene.word}`, `assistant: ${en.failed}`]);
    await say('something else');
    expect(await run()).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'failed' }, { state: 'done' }]);
    expect(await replies()).toHaveLength(2);
  });

  it('does not try again what the model will never take', async () => {
    await say(scene.word);
    scene.agent.model.script(scene.word, { status: 400 });
    await run();
    expect(asked()).toHaveLength(1);
    expect(await letters()).toMatchObject([{ reason: 'MODEL_400', attempts: 1 }]);
    expect((await history()).at(-1)).toBe(`assistant: ${en.modelRefusedRequest}`);
  });

  it('stops at the turn’s time, counted over all its tries', async () => {
    await say(scene.word);
    scene.agent.model.script(scene.word, { fault: 'hang' });
    const { turn, lease } = await scene.agent.begin(scene.conversation);
    await scene.agent.room.leases.release(lease);
    await scene.agent.room.prisma.turn.update({ where: { id: turn.id }, data: { spentMs: 59_950 } });
    await run();
    expect(await letters()).toMatchObject([{ reason: 'TURN_TIMEOUT' }]);
    expect((await history()).at(-1)).toBe(`assistant: ${en.timedOut}`);
  });

  it('and the time does not grow by how far the clock is set forward meanwhile', async () => {
    await say(scene.word);
    scene.agent.model.script(scene.word, { status: 503 }, { text: 'At last.' });
    const held = scene.agent.model.hold(scene.word);
    const first = run();
    await eventually(() => expect(held.waiting).toBe(1));
    scene.agent.clock.aheadMs = 600_000;
    held.release();
    expect(await first).toMatchObject({ lane: { next: 'later' } });
    scene.agent.clock.aheadMs = 0;
    await waitOver();
    await run();
    expect(await history()).toEqual([`user: ${scene.word}`, 'assistant: At last.']);
  });
});

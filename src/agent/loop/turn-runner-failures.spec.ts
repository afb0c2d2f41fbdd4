import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { en } from '../../platform/i18n/en.js';
import { MAX_OUTAGES } from '../turns/tries/event-failure.js';
import { MAX_ATTEMPTS, MAX_TAKEOVERS } from './turn-failure.js';
import { openTurnFixture } from './turn.fixture.js';

const fixture = openTurnFixture();
const { run, say, asked, turns, letters, replies, history, states, waitOver } = fixture;

describe('TurnRunner, when a turn fails', () => {
  it('gives up a turn that killed every process that ran it', async () => {
    await say(fixture.word);
    const { turn, lease } = await fixture.agent.begin(fixture.conversation);
    await fixture.agent.room.leases.release(lease);
    await fixture.agent.room.prisma.turn.update({
      where: { id: turn.id },
      data: { takeovers: MAX_TAKEOVERS },
    });
    expect(await run()).toMatchObject({ replied: true });
    expect(await letters()).toMatchObject([{ kind: 'turn', reason: 'TURN_POISON', subjectId: turn.id }]);
    expect(await history()).toEqual([`user: ${fixture.word}`, `assistant: ${en.failed}`]);
    expect(asked()).toHaveLength(0);
  });

  /** Lets the database do so at each statement of this kind until it is repaired. */
  const failing = async (statement: string, does: string) => {
    const { pool } = fixture.agent.room;
    await pool.query(`
      CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${does} RETURN NEW; END $$;
      CREATE TRIGGER trouble BEFORE ${statement} FOR EACH ROW EXECUTE FUNCTION trouble()`);
    return () => pool.query('DROP FUNCTION trouble CASCADE');
  };

  it.each([
    ['has no room', `RAISE EXCEPTION 'trouble' USING ERRCODE = 'disk_full';`],
    ['gives up a statement', `RAISE EXCEPTION 'trouble' USING ERRCODE = 'query_canceled';`],
    ['has the answer give way', `RAISE EXCEPTION 'trouble' USING ERRCODE = 'deadlock_detected';`],
    ['is read-only', `RAISE EXCEPTION 'trouble' USING ERRCODE = 'read_only_sql_transaction';`],
    ['gives no lock', `RAISE EXCEPTION 'trouble' USING ERRCODE = 'lock_not_available';`],
  ])('counts no takeover if the database %s for the answer, however often', async (_, does) => {
    await say(fixture.word);
    const mend = await failing('INSERT ON replies', does);
    for (let time = 1; time <= 3; time += 1) {
      await expect(run()).rejects.toThrow(/trouble|deadlock/);
      expect(await turns()).toMatchObject([{ state: 'waiting', takeovers: 0, attempts: 0 }]);
      await waitOver();
    }
    await mend();
    expect(await run()).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done', takeovers: 0 }]);
    expect(asked()).toHaveLength(1);
  });

  it('ends a turn that met nothing but the database’s failures for an hour, and notifies the user', async () => {
    await say(fixture.word);
    // The database refuses only the answer.
    const mend = await failing(
      'INSERT ON messages',
      `IF NEW.text LIKE 'Echo: %' THEN RAISE EXCEPTION 'trouble' USING ERRCODE = 'query_canceled'; END IF;`,
    );
    await expect(run()).rejects.toThrow('trouble');
    await expect(run()).resolves.toMatchObject({ lane: { next: 'later' } });
    expect(await turns()).toMatchObject([{ state: 'waiting', outages: 1 }]);
    await fixture.agent.room.prisma.turn.updateMany({
      where: { conversationId: fixture.conversation.id },
      data: { outages: MAX_OUTAGES - 2 },
    });
    await waitOver();
    await expect(run()).rejects.toThrow('trouble');
    await waitOver();
    await expect(run()).resolves.toMatchObject({ replied: true });
    await mend();
    expect(await turns()).toMatchObject([{ state: 'failed', errorCode: 'TURN_OUTAGES' }]);
    expect(await letters()).toMatchObject([
      { kind: 'turn', reason: 'TURN_OUTAGES', lastError: expect.stringContaining('trouble') },
    ]);
    expect(await history()).toEqual([`user: ${fixture.word}`, `assistant: ${en.failed}`]);
  });

  it('counts no takeover if the database is too slow for the transaction that ends it', async () => {
    await say(fixture.word);
    const mend = await failing('INSERT ON replies', 'PERFORM pg_sleep(5.2);');
    await expect(run()).rejects.toMatchObject({ code: '25P04' });
    expect(await turns()).toMatchObject([{ state: 'waiting', takeovers: 0 }]);
    await mend();
    await waitOver();
    expect(await run()).toMatchObject({ replied: true });
    expect(asked()).toHaveLength(1);
  });

  it('counts at most one takeover a process if not even that can be recorded', async () => {
    await say(fixture.word);
    const mend = await failing('INSERT ON replies', `RAISE EXCEPTION 'trouble' USING ERRCODE = '57014';`);
    const { pool } = fixture.agent.room;
    await pool.query(
      `CREATE TRIGGER laid_down BEFORE UPDATE ON turns FOR EACH ROW WHEN (NEW.state = 'waiting')
       EXECUTE FUNCTION trouble()`,
    );
    const processes = [fixture.agent.runner(), fixture.agent.runner()];
    for (let time = 0; time < MAX_TAKEOVERS + 2; time += 1)
      await expect(processes[time % 2]?.run(fixture.conversation.id)).rejects.toThrow('trouble');
    expect((await turns())[0]?.takeovers).toBeLessThanOrEqual(processes.length);
    await mend();
    expect(await run()).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done' }]);
    expect(asked()).toHaveLength(1);
  });

  it('counts no takeover if a failure cannot be recorded', async () => {
    await say(fixture.word);
    fixture.agent.model.script(fixture.word, { status: 503 }, { status: 503 }, { text: 'At last.' });
    const mend = await failing(
      'UPDATE ON turns',
      `IF NEW.attempts > OLD.attempts THEN RAISE EXCEPTION 'trouble' USING ERRCODE = '55P03'; END IF;`,
    );
    for (let time = 0; time < 2; time += 1) {
      await expect(run()).rejects.toThrow('trouble');
      await waitOver();
    }
    expect(await turns()).toMatchObject([{ state: 'waiting', takeovers: 0, attempts: 0 }]);
    await mend();
    expect(await run()).toMatchObject({ replied: true });
  });

  it('retries after a pause if a retry may work, and counts its tries', async () => {
    await say(fixture.word);
    fixture.agent.model.script(
      fixture.word,
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
    expect(await history()).toEqual([`user: ${fixture.word}`, 'assistant: At last.']);
  });

  it('notifies the user after the last try, keeps a dead letter, and answers the next message on its own', async () => {
    await say(fixture.word);
    fixture.agent.model.script(fixture.word, { status: 500 });
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      await run();
      await waitOver();
    }
    expect(asked()).toHaveLength(MAX_ATTEMPTS);
    expect(await letters()).toMatchObject([{ kind: 'turn', reason: 'MODEL_500', attempts: MAX_ATTEMPTS }]);
    expect(await states()).toEqual(['dead']);
    expect(await history()).toEqual([`user: ${fixture.word}`, `assistant: ${en.failed}`]);
    await say('something else');
    expect(await run()).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'failed' }, { state: 'done' }]);
    expect(await replies()).toHaveLength(2);
  });

  it('does not retry a request that the model will never accept', async () => {
    await say(fixture.word);
    fixture.agent.model.script(fixture.word, { status: 400 });
    await run();
    expect(asked()).toHaveLength(1);
    expect(await letters()).toMatchObject([{ reason: 'MODEL_400', attempts: 1 }]);
    expect((await history()).at(-1)).toBe(`assistant: ${en.modelRefusedRequest}`);
  });

  it('stops at the turn’s time limit, counted over all its tries', async () => {
    await say(fixture.word);
    fixture.agent.model.script(fixture.word, { fault: 'hang' });
    const { turn, lease } = await fixture.agent.begin(fixture.conversation);
    await fixture.agent.room.leases.release(lease);
    await fixture.agent.room.prisma.turn.update({ where: { id: turn.id }, data: { spentMs: 59_950 } });
    await run();
    expect(await letters()).toMatchObject([{ reason: 'TURN_TIMEOUT' }]);
    expect((await history()).at(-1)).toBe(`assistant: ${en.timedOut}`);
  });

  it('does not add a clock’s change to the turn’s time', async () => {
    await say(fixture.word);
    fixture.agent.model.script(fixture.word, { status: 503 }, { text: 'At last.' });
    const held = fixture.agent.model.hold(fixture.word);
    const first = run();
    await eventually(() => expect(held.waiting).toBe(1));
    fixture.agent.clock.aheadMs = 600_000;
    held.release();
    expect(await first).toMatchObject({ lane: { next: 'later' } });
    fixture.agent.clock.aheadMs = 0;
    await waitOver();
    await run();
    expect(await history()).toEqual([`user: ${fixture.word}`, 'assistant: At last.']);
  });
});

import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { openTurnFixture } from './turn.fixture.js';

const fixture = openTurnFixture();
const { run, say, asked, turns, letters, replies, history, states, setStatus, shown } = fixture;

describe('TurnRunner in a paused or blocked conversation', () => {
  it('keeps waiting messages in a paused conversation, and drops them in a blocked one', async () => {
    await say(fixture.word);
    await setStatus('paused');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await states()).toEqual(['waiting']);
    await setStatus('blocked');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await states()).toEqual(['dropped']);
    expect(asked()).toHaveLength(0);
  });

  it('ends an unfinished turn of a blocked chat without a reply, and settles its events', async () => {
    await say(fixture.word);
    fixture.agent.model.script(fixture.word, { status: 503 });
    expect(await run()).toMatchObject({ lane: { next: 'later' } });
    await say('came later');
    await setStatus('blocked');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await turns()).toMatchObject([
      { state: 'cancelled', errorCode: 'CHAT_BLOCKED', finishedAt: expect.any(Date) },
    ]);
    expect(await states()).toEqual(['dropped', 'dropped']);
    expect([await replies(), await letters(), asked().length]).toEqual([[], [], 1]);
    fixture.conversation = await fixture.agent.room.conversation();
    const left = await fixture.agent.begin(fixture.conversation, fixture.word);
    await fixture.agent.room.leases.release(left.lease);
    await setStatus('blocked');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await turns()).toMatchObject([{ state: 'cancelled' }]);
    expect(await states()).toEqual(['dropped']);
  });

  it.each([
    ['has its answer', { text: 'Too late.' }],
    ['fails for good', { status: 401 }],
  ])('sends no reply if a turn %s after its chat was blocked', async (_name, answer) => {
    await say(fixture.word);
    fixture.agent.model.script(fixture.word, answer);
    const hold = fixture.agent.model.hold(fixture.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await say('came meanwhile');
    await setStatus('blocked');
    hold.release();
    expect(await running).toEqual({ lane: { next: 'now' }, replied: false });
    await run();
    expect(await turns()).toMatchObject([{ state: 'cancelled' }]);
    expect(await states()).toEqual(['dropped', 'dropped']);
    expect([await replies(), await letters()]).toEqual([[], []]);
    expect(await history()).toEqual([`user: ${fixture.word}`]);
  });

  it('shows the model nothing of a cancelled turn after the chat is unblocked, and all of the others', async () => {
    await say(`${fixture.word} before`);
    await run();
    await say(`${fixture.word} ignored`);
    const left = await fixture.agent.begin(fixture.conversation);
    await fixture.agent.room.leases.release(left.lease);
    await setStatus('blocked');
    await run();
    await setStatus('active');
    await say(`${fixture.word} again`);
    expect(await run()).toMatchObject({ replied: true });
    expect(shown()).toEqual([
      `user: ${fixture.word} before`,
      `assistant: Echo: ${fixture.word} before`,
      `user: ${fixture.word} again`,
    ]);
  });

  it('lets an unfinished turn of a paused conversation wait, and continues it afterwards', async () => {
    await say(fixture.word);
    const left = await fixture.agent.begin(fixture.conversation);
    await fixture.agent.room.leases.release(left.lease);
    await setStatus('paused');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await turns()).toMatchObject([{ state: 'running', takeovers: 0 }]);
    expect(await states()).toEqual(['claimed']);
    await setStatus('active');
    expect(await run()).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done' }]);
    expect(await history()).toEqual([`user: ${fixture.word}`, `assistant: Echo: ${fixture.word}`]);
  });
});

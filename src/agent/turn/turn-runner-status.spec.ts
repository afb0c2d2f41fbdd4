import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { openTurnScene } from './turn-scene.spec-support.js';

const scene = openTurnScene();
const { run, say, asked, turns, letters, replies, history, states, setStatus, shown } = scene;

describe('TurnRunner in a paused or blocked conversation', () => {
  it('leaves what waits in a paused scene.conversation, and drops it in a blocked one', async () => {
    await say(scene.word);
    await setStatus('paused');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await states()).toEqual(['waiting']);
    await setStatus('blocked');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await states()).toEqual(['dropped']);
    expect(asked()).toHaveLength(0);
  });

  it('ends without a reply a turn that was put off or left when its chat was blocked, and settles its events', async () => {
    await say(scene.word);
    scene.agent.model.script(scene.word, { status: 503 });
    expect(await run()).toMatchObject({ lane: { next: 'later' } });
    await say('came later');
    await setStatus('blocked');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await turns()).toMatchObject([
      { state: 'cancelled', errorCode: 'CHAT_BLOCKED', finishedAt: expect.any(Date) },
    ]);
    expect(await states()).toEqual(['dropped', 'dropped']);
    expect([await replies(), await letters(), asked().length]).toEqual([[], [], 1]);
    scene.conversation = await scene.agent.room.conversation();
    const left = await scene.agent.begin(scene.conversation, scene.word);
    await scene.agent.room.leases.release(left.lease);
    await setStatus('blocked');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await turns()).toMatchObject([{ state: 'cancelled' }]);
    expect(await states()).toEqual(['dropped']);
  });

  it.each([
    ['has its answer', { text: 'Too late.' }],
    ['fails for good', { status: 401 }],
  ])('gives no reply when a turn %s after its chat was blocked', async (_name, answer) => {
    await say(scene.word);
    scene.agent.model.script(scene.word, answer);
    const hold = scene.agent.model.hold(scene.word);
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
    expect(await history()).toEqual([`user: ${scene.word}`]);
  });

  it('shows the model nothing of a cancelled turn, once the chat is let in again', async () => {
    await say(`${scene.word} ignored`);
    const left = await scene.agent.begin(scene.conversation);
    await scene.agent.room.leases.release(left.lease);
    await setStatus('blocked');
    await run();
    await setStatus('active');
    await say(`${scene.word} again`);
    expect(await run()).toMatchObject({ replied: true });
    expect(shown()).toEqual([`user: ${scene.word} again`]);
  });

  it('lets an unfinished turn of a paused conversation wait, and goes on with it afterwards', async () => {
    await say(scene.word);
    const left = await scene.agent.begin(scene.conversation);
    await scene.agent.room.leases.release(left.lease);
    await setStatus('paused');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await turns()).toMatchObject([{ state: 'running', takeovers: 0 }]);
    expect(await states()).toEqual(['claimed']);
    await setStatus('active');
    expect(await run()).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done' }]);
    expect(await history()).toEqual([`user: ${scene.word}`, `assistant: Echo: ${scene.word}`]);
  });
});

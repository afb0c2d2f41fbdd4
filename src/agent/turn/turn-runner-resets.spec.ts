import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { openTurnScene } from './turn-scene.spec-support.js';

const scene = openTurnScene();
const { run, say, turns, history, shown } = scene;

describe('TurnRunner at a reset', () => {
  it('shows the model nothing of what was said before a reset, and all that came after', async () => {
    await say(`${scene.word} before`);
    await run();
    await say('/reset');
    await say(`${scene.word} after`);
    expect(await run()).toMatchObject({ replied: true });
    expect(shown()).toEqual([`user: ${scene.word} after`]);
    await say(`${scene.word} later`);
    await run();
    expect(shown()).toEqual([
      `user: ${scene.word} after`,
      `assistant: Echo: ${scene.word} after`,
      `user: ${scene.word} later`,
    ]);
    expect(await history()).toHaveLength(6);
  });

  it('gives each of several resets in one backlog a beginning of its own, and its messages one grant each', async () => {
    scene.agent.limits.limit = 4;
    await say(`${scene.word} one`);
    await say('/reset');
    await say(`${scene.word} two`);
    await say(`${scene.word} two too`);
    await say('/reset');
    await say('/reset');
    await say(`${scene.word} three`);
    const seen: string[][] = [];
    for (const next of ['now', 'now', 'none']) {
      expect(await run()).toEqual({ lane: { next }, replied: true });
      seen.push(shown());
    }
    expect(seen).toEqual([
      [`user: ${scene.word} one`],
      [`user: ${scene.word} two`, `user: ${scene.word} two too`],
      [`user: ${scene.word} three`],
    ]);
    expect((await turns()).map(({ epoch }) => epoch)).toEqual([0, 1, 3]);
    await say(`${scene.word} four`);
    scene.agent.windows.now += scene.agent.limits.periodMs;
    await run();
    expect(shown()).toEqual([
      `user: ${scene.word} three`,
      `assistant: Echo: ${scene.word} three`,
      `user: ${scene.word} four`,
    ]);
  });

  it('answers in the epoch before the last reset what waited behind one that the version before handled', async () => {
    await say(`${scene.word} before`);
    const epochSince = await scene.agent.room.event(scene.conversation, '/reset', { state: 'done' });
    await scene.agent.room.prisma.conversation.update({
      where: { id: scene.conversation.id },
      data: { epoch: { increment: 1 }, epochSince },
    });
    await say(`${scene.word} after`);
    await run();
    expect(shown()).toEqual([`user: ${scene.word} before`]);
    await run();
    expect(shown()).toEqual([`user: ${scene.word} after`]);
    expect((await turns()).map(({ epoch }) => epoch)).toEqual([0, 1]);
  });

  it('keeps the answer of a turn that was running at the reset out of the new beginning', async () => {
    await say(`${scene.word} running`);
    const hold = scene.agent.model.hold(scene.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await say('/reset');
    await scene.agent.commands.handleWaiting(scene.conversation.id, null);
    hold.release();
    await running;
    await say('anew');
    await run();
    expect(shown()).toEqual(['user: anew']);
  });
});

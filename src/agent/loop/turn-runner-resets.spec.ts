import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { openTurnFixture } from './turn.fixture.js';

const fixture = openTurnFixture();
const { run, say, turns, history, shown } = fixture;

describe('TurnRunner at a reset', () => {
  it('shows the model no message from before a reset, and all from after it', async () => {
    await say(`${fixture.word} before`);
    await run();
    await say('/reset');
    await say(`${fixture.word} after`);
    expect(await run()).toMatchObject({ replied: true });
    expect(shown()).toEqual([`user: ${fixture.word} after`]);
    await say(`${fixture.word} later`);
    await run();
    expect(shown()).toEqual([
      `user: ${fixture.word} after`,
      `assistant: Echo: ${fixture.word} after`,
      `user: ${fixture.word} later`,
    ]);
    expect(await history()).toHaveLength(6);
  });

  it('gives each of several resets in one backlog its own epoch, and its messages one grant each', async () => {
    fixture.agent.limits.limit = 4;
    await say(`${fixture.word} one`);
    await say('/reset');
    await say(`${fixture.word} two`);
    await say(`${fixture.word} two too`);
    await say('/reset');
    await say('/reset');
    await say(`${fixture.word} three`);
    const seen: string[][] = [];
    for (const next of ['now', 'now', 'none']) {
      expect(await run()).toEqual({ lane: { next }, replied: true });
      seen.push(shown());
    }
    expect(seen).toEqual([
      [`user: ${fixture.word} one`],
      [`user: ${fixture.word} two`, `user: ${fixture.word} two too`],
      [`user: ${fixture.word} three`],
    ]);
    expect((await turns()).map(({ epoch }) => epoch)).toEqual([0, 1, 3]);
    await say(`${fixture.word} four`);
    fixture.agent.windows.now += fixture.agent.limits.periodMs;
    await run();
    expect(shown()).toEqual([
      `user: ${fixture.word} three`,
      `assistant: Echo: ${fixture.word} three`,
      `user: ${fixture.word} four`,
    ]);
  });

  it('answers messages behind a reset that the previous version handled in the epoch before the last reset', async () => {
    await say(`${fixture.word} before`);
    const epochSince = await fixture.agent.room.event(fixture.conversation, '/reset', { state: 'done' });
    await fixture.agent.room.prisma.conversation.update({
      where: { id: fixture.conversation.id },
      data: { epoch: { increment: 1 }, epochSince },
    });
    await say(`${fixture.word} after`);
    await run();
    expect(shown()).toEqual([`user: ${fixture.word} before`]);
    await run();
    expect(shown()).toEqual([`user: ${fixture.word} after`]);
    expect((await turns()).map(({ epoch }) => epoch)).toEqual([0, 1]);
  });

  it('keeps the answer of a turn that ran at the reset out of the new epoch', async () => {
    await say(`${fixture.word} running`);
    const hold = fixture.agent.model.hold(fixture.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await say('/reset');
    await fixture.agent.commands.handleWaiting(fixture.conversation.id, null);
    hold.release();
    await running;
    await say('anew');
    await run();
    expect(shown()).toEqual(['user: anew']);
  });
});

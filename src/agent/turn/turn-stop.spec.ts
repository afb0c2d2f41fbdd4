import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { openTurnScene } from './turn-scene.spec-support.js';

describe('TurnStop.cancelTurn', () => {
  const scene = openTurnScene();
  const cancel = (id: string) =>
    scene.agent.room.prisma.$transaction((tx) => scene.agent.turnStop.cancelTurn(tx, id));

  it('wins or loses against the end of the turn, never both, and the chat has one answer', async () => {
    for (let round = 0; round < 10; round += 1) {
      await scene.begin();
      await scene.say(`${scene.word} ${round}`);
      const held = scene.agent.model.hold(scene.word);
      const running = scene.run();
      await eventually(() => expect(held.waiting).toBe(1));
      const [turn] = await scene.turns();
      held.release();
      const cancellation = await cancel(turn?.id ?? '');
      await running;
      const [now] = await scene.turns();
      expect(now?.state).toBe(cancellation.kind === 'cancelled' ? 'cancelled' : 'done');
      expect(await scene.replies()).toHaveLength(1);
      expect(await scene.states()).toEqual(['done']);
    }
  });

  it('of a turn that waits for its next try keeps whoever was about to take it up from doing so', async () => {
    const { lease, turn } = await scene.agent.begin(scene.conversation, scene.word);
    await scene.agent.turns.layDown(lease, turn);
    expect(await cancel(turn.id)).toMatchObject({ kind: 'cancelled' });
    await expect(scene.agent.turns.takeOver(lease, turn)).rejects.toThrow(/lane turns/);
    expect((await scene.turns())[0]?.state).toBe('cancelled');
    await scene.run();
    expect(scene.asked()).toHaveLength(0);
  });

  it('says nothing in a blocked chat', async () => {
    const { turn } = await scene.agent.begin(scene.conversation, scene.word);
    await scene.setStatus('blocked');
    expect(await cancel(turn.id)).toMatchObject({ kind: 'cancelled' });
    expect(await scene.replies()).toEqual([]);
  });

  it('leaves what waits behind it to the next turn', async () => {
    const { lease, turn } = await scene.agent.begin(scene.conversation, scene.word);
    await scene.say(`${scene.word} behind`);
    await cancel(turn.id);
    await scene.agent.room.leases.release(lease);
    await scene.run();
    expect(await scene.states()).toEqual(['done', 'done']);
    expect(scene.asked().map(({ news }) => news)).toEqual([[`${scene.word} behind`]]);
  });
});

import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { openTurnFixture } from '../loop/turn.fixture.js';

describe('TurnStopRepository.cancelTurn', () => {
  const fixture = openTurnFixture();
  const cancel = (id: string) =>
    fixture.agent.room.prisma.$transaction((tx) => fixture.agent.turnStop.cancelTurn(tx, id));

  it('either wins or loses against the end of the turn, and the chat has one answer', async () => {
    for (let round = 0; round < 10; round += 1) {
      await fixture.begin();
      await fixture.say(`${fixture.word} ${round}`);
      const held = fixture.agent.model.hold(fixture.word);
      const running = fixture.run();
      await eventually(() => expect(held.waiting).toBe(1));
      const [turn] = await fixture.turns();
      held.release();
      const cancellation = await cancel(turn?.id ?? '');
      await running;
      const [now] = await fixture.turns();
      expect(now?.state).toBe(cancellation.kind === 'cancelled' ? 'cancelled' : 'done');
      expect(await fixture.replies()).toHaveLength(1);
      expect(await fixture.states()).toEqual(['done']);
    }
  });

  it('keeps a worker from resuming a turn that waits for its next try', async () => {
    const { lease, turn } = await fixture.agent.begin(fixture.conversation, fixture.word);
    await fixture.agent.turns.layDown(lease, turn);
    expect(await cancel(turn.id)).toMatchObject({ kind: 'cancelled' });
    await expect(fixture.agent.turns.takeOver(lease, turn)).rejects.toThrow(/lane turns/);
    expect((await fixture.turns())[0]?.state).toBe('cancelled');
    await fixture.run();
    expect(fixture.asked()).toHaveLength(0);
  });

  it('says nothing in a blocked chat', async () => {
    const { turn } = await fixture.agent.begin(fixture.conversation, fixture.word);
    await fixture.setStatus('blocked');
    expect(await cancel(turn.id)).toMatchObject({ kind: 'cancelled' });
    expect(await fixture.replies()).toEqual([]);
  });

  it('leaves messages behind it to the next turn', async () => {
    const { lease, turn } = await fixture.agent.begin(fixture.conversation, fixture.word);
    await fixture.say(`${fixture.word} behind`);
    await cancel(turn.id);
    await fixture.agent.room.leases.release(lease);
    await fixture.run();
    expect(await fixture.states()).toEqual(['done', 'done']);
    expect(fixture.asked().map(({ news }) => news)).toEqual([[`${fixture.word} behind`]]);
  });
});

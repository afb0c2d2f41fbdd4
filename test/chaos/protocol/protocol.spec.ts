import { describe, expect, it } from 'vitest';
import { DeliveryLane } from './delivery-lane.js';
import { EditLane, type EditGuard } from './edit-lane.js';
import { explore } from './explorer.js';
import { LeaseFailover } from './lease-failover.js';
import { TurnLane } from './turn-lane.js';

describe('The protocol of lane, lease and steps', () => {
  it('answers every message once and in order, whatever worker dies or stalls and whenever the queue is emptied, in every interleaving', () => {
    const { states, counterexample } = explore(new TurnLane(3, 2));
    expect(counterexample).toBeNull();
    expect(states).toBeGreaterThan(1_000);
  });

  it('could do its work twice without the fence', () => {
    const { counterexample } = explore(new TurnLane(2, 2, 'fence'));
    expect(counterexample?.reason).toMatch(/answered twice|asked for again/);
    expect(counterexample?.trace).toContain('the lease runs out');
  });

  it('could ask for a finished step again without looking at the checkpoints', () => {
    const { counterexample } = explore(new TurnLane(2, 2, 'checkpoint'));
    expect(counterexample).toMatchObject({ reason: 'a finished step was asked for again' });
  });

  it('could leave a message for ever without the sweep', () => {
    const { counterexample } = explore(new TurnLane(2, 2, 'sweep'));
    expect(counterexample).toMatchObject({ reason: 'no way to the end' });
  });
});

describe('The protocol of the outbox', () => {
  it('sends once, or twice and says so, in order, in every interleaving', () => {
    const { states, counterexample } = explore(new DeliveryLane(2, 2));
    expect(counterexample).toBeNull();
    expect(states).toBeGreaterThan(1_000);
  });

  it('could send twice and not know without the fence', () => {
    const { counterexample } = explore(new DeliveryLane(2, 2, 'fence'));
    expect(counterexample).not.toBeNull();
    expect(counterexample?.reason).not.toBe('no way to the end');
  });

  it('could send twice and not know without the mark of a send under way', () => {
    const { counterexample } = explore(new DeliveryLane(2, 2, 'marker'));
    expect(counterexample?.reason).toMatch(/^sent twice and recorded as sent|^sent 3 times/);
  });

  it('could leave a reply for ever without the sweep', () => {
    const { counterexample } = explore(new DeliveryLane(2, 2, 'sweep'));
    expect(counterexample).toMatchObject({ reason: 'no way to the end' });
  });
});

describe('The protocol of a lease whose database fails over', () => {
  it('lets no worker commit whose lease another one holds, if tokens have a random part', () => {
    const { states, counterexample } = explore(new LeaseFailover(3, 4, 'random'));
    expect(counterexample).toBeNull();
    expect(states).toBeGreaterThan(1_000);
  });

  it('could hand a token out twice if tokens only count', () => {
    const { counterexample } = explore(new LeaseFailover(3, 4, 'counter'));
    expect(counterexample?.reason).toBe('somebody committed whose lease another one holds');
    expect(counterexample?.trace).toContain('the standby takes over');
  });

  it('could let a lost holder commit without the fence', () => {
    expect(explore(new LeaseFailover(2, 3, 'random', 'fence')).counterexample?.reason).toMatch(/committed/);
  });

  it('could lock every worker out by a renewal that comes after the release', () => {
    expect(explore(new LeaseFailover(2, 3, 'random', 'held')).counterexample?.reason).toMatch(/nobody holds/);
  });
});

describe('The protocol of a reply that edits its message', () => {
  it('shows its last text in the end, in every interleaving', () => {
    const { states, counterexample } = explore(new EditLane(2, 1));
    expect(counterexample).toBeNull();
    expect(states).toBeGreaterThan(1_000);
  });

  it.each<EditGuard>(['mend', 'doubt', 'race', 'compare'])(
    'could be stale for good without `%s`',
    (guard) => {
      expect(explore(new EditLane(2, 1, guard)).counterexample?.reason).toMatch(/for good/);
    },
  );
});

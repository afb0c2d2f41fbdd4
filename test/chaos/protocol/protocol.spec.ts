import { describe, expect, it } from 'vitest';
import { DeliveryLane } from './delivery-lane.js';
import { explore } from './explorer.js';
import { TurnLane } from './turn-lane.js';

describe('The protocol of lane, lease and steps', () => {
  it('answers every message once and in order, whoever dies, stalls or empties the queue, in every interleaving', () => {
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

import { describe, expect, it } from 'vitest';
import { chatViews, type Evidence } from '../evidence.js';
import { CHAT, FIRST, healthy, records, request, withRecords } from '../evidence.fixture.js';
import { judgeSpent } from './budgets.js';

const judged = (spent: number, reserved = 0, change: Partial<Evidence> = {}) => {
  const day = { chat: CHAT, used: 300_000, spent, reserved };
  const evidence = { ...healthy, ...change };
  const views = chatViews({ ...evidence, records: { ...evidence.records, budgets: [day] } });
  return views.flatMap(judgeSpent).map(({ promise }) => promise);
};

describe('A chat’s day', () => {
  it('holds what its steps used, no more and no less, and nothing reserved', () => {
    expect(judged(300_000)).toEqual([]);
    expect(judged(300_001)).toEqual(['record']);
    expect(judged(299_999)).toEqual(['record']);
    expect(judged(300_000, 1)).toEqual(['record']);
  });

  it('may hold a request that came to no step, and not a whole answer', () => {
    const asked = { requests: [...healthy.requests, request(FIRST, 95, { answeredAt: null })] };
    expect(judged(301_437, 0, asked)).toEqual([]);
    expect(judged(450_000, 0, asked)).toEqual(['record']);
  });

  it('may hold a whole answer that came to no step, once', () => {
    const asked = { requests: [...healthy.requests, request(FIRST, 95)] };
    expect(judged(450_010, 0, asked)).toEqual([]);
    expect(judged(600_020, 0, asked)).toEqual(['record']);
  });

  it('may hold the request of a turn that ran out of time, though it never arrived', () => {
    const late = withRecords({
      turns: records.turns.map((turn) => (turn.id === 'b' ? { ...turn, state: 'failed' } : turn)),
    });
    expect(judged(301_437, 0, late)).toEqual([]);
  });
});

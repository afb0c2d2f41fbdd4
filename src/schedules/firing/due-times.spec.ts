import { describe, expect, it } from 'vitest';
import { decideDue, dueTimes, LATE_MS, MAX_DUE, MAX_RECORDED } from './due-times.js';

const at = (text: string) => new Date(`${text}Z`);
const shown = (times: readonly Date[]) => times.map((time) => time.toISOString().slice(0, 16));
const cron = (rule: string, timeZone: string, nextAt: string) => ({
  cron: rule,
  timeZone,
  everyMinutes: null,
  nextAt: at(nextAt),
});

describe('The times that have come', () => {
  it('are the only one of a schedule that happens once', () => {
    const once = { cron: null, timeZone: 'UTC', everyMinutes: null, nextAt: at('2026-01-05T08:00') };
    expect(dueTimes(once, at('2026-02-01T00:00'))).toEqual({ times: [once.nextAt], next: null });
  });

  it('are those of a rule from the next one on, with the first one that has not', () => {
    const daily = cron('0 9 * * *', 'UTC', '2026-01-05T09:00');
    const { times, next } = dueTimes(daily, at('2026-01-07T10:00'));
    expect(shown(times)).toEqual(['2026-01-05T09:00', '2026-01-06T09:00', '2026-01-07T09:00']);
    expect(next).toEqual(at('2026-01-08T09:00'));
  });

  it.each([
    ['Europe/Berlin', '30 2 * * *', '2026-03-28T01:30', ['03-28T01:30', '03-29T01:30', '03-30T00:30']],
    ['Europe/Berlin', '30 2 * * *', '2026-10-24T00:30', ['10-24T00:30', '10-25T00:30', '10-26T01:30']],
    ['America/New_York', '30 2 * * *', '2026-03-07T07:30', ['03-07T07:30', '03-08T07:30', '03-09T06:30']],
    ['America/New_York', '30 1 * * *', '2026-10-31T05:30', ['10-31T05:30', '11-01T05:30', '11-02T06:30']],
    ['Australia/Lord_Howe', '15 2 * * *', '2026-10-02T15:45', ['10-02T15:45', '10-03T15:45', '10-04T15:15']],
    ['Australia/Lord_Howe', '45 1 * * *', '2026-04-03T14:45', ['04-03T14:45', '04-04T14:45', '04-05T15:15']],
  ])('are one a day through a change of the clocks in %s (%s)', (zone, rule, nextAt, expected) => {
    const from = at(nextAt);
    const { times } = dueTimes(cron(rule, zone, nextAt), new Date(from.getTime() + 2.5 * 86_400_000));
    expect(shown(times)).toEqual(expected.map((time) => `2026-${time}`));
  });

  it('are exact multiples of an interval, however late they are found', () => {
    const interval = { cron: null, timeZone: 'UTC', everyMinutes: 7, nextAt: at('2026-01-05T08:00') };
    const { times, next } = dueTimes(interval, at('2026-01-05T08:15'));
    expect(shown(times)).toEqual(['2026-01-05T08:00', '2026-01-05T08:07', '2026-01-05T08:14']);
    expect(next).toEqual(at('2026-01-05T08:21'));
  });

  it('are the first of very many, with the one behind them', () => {
    for (const rule of [
      cron('*/5 * * * *', 'UTC', '2026-01-01T00:00'),
      { cron: null, timeZone: 'UTC', everyMinutes: 5, nextAt: at('2026-01-01T00:00') },
    ]) {
      const { times, next } = dueTimes(rule, at('2027-01-01T00:01'));
      expect(times).toHaveLength(MAX_RECORDED);
      expect(times[0]).toEqual(rule.nextAt);
      expect(next?.getTime()).toBe(rule.nextAt.getTime() + MAX_RECORDED * 300_000);
    }
  });
});

describe('The decision about them', () => {
  const times = ['2026-01-05T08:00', '2026-01-05T09:00', '2026-01-05T10:00'].map(at);
  const inTime = new Date(at('2026-01-05T10:00').getTime() + LATE_MS);
  const late = new Date(inTime.getTime() + 1);

  it.each([
    ['all', late, 3, 0],
    ['one', late, 1, 2],
    ['none', late, 0, 3],
    ['none', inTime, 1, 2],
  ] as const)('follows the policy %s', (policy, now, fired, missed) => {
    const { fire, missed: left } = decideDue(policy, { times, next: null }, now);
    expect([fire.length, left.length]).toEqual([fired, missed]);
    expect([...left, ...fire]).toEqual(times);
  });

  it.each([
    ['one', 1],
    ['all', MAX_DUE],
  ] as const)('comes to each time once and fires the newest, of however many, with %s', (policy, most) => {
    const first = at('2026-01-01T00:00');
    const nth = (n: number) => new Date(first.getTime() + n * 300_000);
    for (const many of [1, 100, 101, MAX_RECORDED, MAX_RECORDED + 1, 3 * MAX_RECORDED]) {
      const now = new Date(nth(many - 1).getTime() + 1_000);
      const seen: Date[] = [];
      const fired: Date[] = [];
      let next: Date | null = first;
      while (next !== null && next <= now) {
        const rule = { cron: null, timeZone: 'UTC', everyMinutes: 5, nextAt: next };
        const decision = decideDue(policy, dueTimes(rule, now), now);
        seen.push(...decision.missed, ...decision.fire);
        fired.push(...decision.fire);
        next = decision.next;
      }
      const all = Array.from({ length: many }, (_, n) => nth(n));
      expect(seen).toEqual(all);
      expect(fired).toEqual(all.slice(-most));
    }
  });

  it('fires a newest time that is in time, though the policy is none and very many were missed', () => {
    const newest = at('2026-02-01T00:00');
    const now = new Date(newest.getTime() + LATE_MS);
    let nextAt: Date | null = at('2026-01-01T00:00');
    const fired: Date[] = [];
    while (nextAt !== null && nextAt <= now) {
      const rule = { cron: '*/5 * * * *', timeZone: 'Europe/Berlin', everyMinutes: null, nextAt };
      const decision = decideDue('none', dueTimes(rule, now), now);
      fired.push(...decision.fire);
      nextAt = decision.next;
    }
    expect(fired).toEqual([newest]);
  });
});

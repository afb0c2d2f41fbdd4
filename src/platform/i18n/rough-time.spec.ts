import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roughTime } from './rough-time.js';
import { languages } from './i18n-for.js';

const unitMs = { second: 1_000, minute: 60_000, hour: 3_600_000 } as const;

describe('roughTime', () => {
  it.each([
    [0, 10, 'second'],
    [5_000, 10, 'second'],
    [26_000, 30, 'second'],
    [54_999, 50, 'second'],
    [55_000, 1, 'minute'],
    [89_000, 1, 'minute'],
    [3_500_000, 58, 'minute'],
    [3_590_000, 1, 'hour'],
    [86_400_000, 24, 'hour'],
  ] as const)('rounds %i ms to %i %s', (ms, count, unit) => {
    expect(roughTime(ms)).toEqual({ count, unit });
  });

  it('is whole, above nothing, and never off by more than half', () => {
    fc.assert(
      fc.property(fc.integer({ min: 7_000, max: 86_400_000 }), (ms) => {
        const { count, unit } = roughTime(ms);
        expect(Number.isInteger(count) && count > 0).toBe(true);
        expect(Math.abs(count * unitMs[unit] - ms)).toBeLessThanOrEqual(ms / 2);
      }),
    );
  });

  it('grows with the time', () => {
    const rounded = (ms: number) => {
      const { count, unit } = roughTime(ms);
      return count * unitMs[unit];
    };
    const time = fc.integer({ min: 0, max: 90_000_000 });
    fc.assert(fc.property(time, time, (a, b) => rounded(Math.min(a, b)) <= rounded(Math.max(a, b))));
  });
});

describe('The waiting time of a chat', () => {
  const waits = ([position, count]: [number | null, number]) =>
    Object.values(languages).map(({ waiting }) => waiting(position, { count, unit: 'minute' }));

  it('has every language’s words and plurals', () => {
    expect(waits([3, 1])).toEqual([
      '_You are number 3 in line: about 1 minute._',
      '_Du bist Nummer 3 in der Warteschlange: noch etwa 1 Minute._',
      '_Eres el número 3 de la cola. Tiempo de espera: 1 minuto, más o menos._',
      '_你排在第 3 位，大约还要等 1分钟。_',
      '_Вы в очереди под номером 3, ожидание: примерно 1 минута._',
    ]);
    expect(waits([null, 2])[4]).toContain('примерно 2 минуты.');
    expect(waits([null, 5])[4]).toContain('примерно 5 минут.');
  });
});

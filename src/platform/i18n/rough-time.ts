/** A rounded duration: `about 3 minutes`. */
export interface RoughTime {
  readonly count: number;
  readonly unit: 'second' | 'minute' | 'hour';
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Rounds to tens of seconds, then to whole minutes, then to whole hours; never zero. Pure. */
export function roughTime(milliseconds: number): RoughTime {
  const seconds = milliseconds / 1_000;
  if (seconds < 55) return { count: Math.max(1, Math.round(seconds / 10)) * 10, unit: 'second' };
  if (seconds < 59.5 * MINUTE) return { count: Math.max(1, Math.round(seconds / MINUTE)), unit: 'minute' };
  return { count: Math.round(seconds / HOUR), unit: 'hour' };
}

/** The duration in a language's words: `3 minutes`, `3 минуты`. */
export function timeText(locale: string, { count, unit }: RoughTime): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Milliseconds since 1970 that the clocks on the wall show: the local time, read as if it were UTC. Days of a cron rule
 * are counted in it, for it has no changes to and from summer time.
 */
export type WallMs = number;

/** The wall clocks of one time zone. */
export class ZoneTime {
  private readonly format: Intl.DateTimeFormat;

  /** @throws RangeError for a zone that this Node.js does not know */
  constructor(timeZone: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** The time that the wall clocks show at this moment. */
  wallAt(time: number): WallMs {
    const parts = new Map(this.format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    return Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
  }

  /**
   * The moment at which the wall clocks show this time. A time that they show twice is the first of both. One that they
   * skip is as much later as they skip: 02:30 is 03:30 where an hour is skipped. The same as `compatible` of
   * https://tc39.es/proposal-temporal/docs/ambiguity.html.
   */
  momentOf(wall: WallMs): number {
    // No zone is further than a day from UTC, and none changes twice within two days.
    const before = this.offsetAt(wall - DAY_MS);
    const after = this.offsetAt(wall + DAY_MS);
    const early = wall - before;
    if (before === after || this.wallAt(early) === wall) return early;
    const late = wall - after;
    return this.wallAt(late) === wall ? late : early;
  }

  /** The earliest wall time whose moment may be later than this one: those that a change skips come late. */
  earliestWallAfter(time: number): WallMs {
    return time + Math.min(this.offsetAt(time), this.offsetAt(time - DAY_MS));
  }

  /** Milliseconds that the wall clocks are ahead of UTC. */
  private offsetAt(time: number): number {
    const minute = Math.floor(time / MINUTE_MS) * MINUTE_MS;
    return this.wallAt(minute) - minute;
  }
}

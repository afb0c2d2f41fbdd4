/** A change of a zone's clocks to later times. */
export interface ZoneGap {
  /** The moment of the change. */
  readonly at: Date;
  /** The local time, as if it were UTC, at which the clocks stop: the first one that does not exist. */
  readonly fromLocal: Date;
  /** The first one that exists again. */
  readonly untilLocal: Date;
}

const MINUTE_MS = 60_000;
/** No zone changes its clocks twice within so long. */
const STEP_MS = 24 * 60 * MINUTE_MS;

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * Finds the first gap of a zone after `after`, up to `until`; null if there is none. Pure.
 * @throws RangeError for a zone that this Node.js does not know
 */
export function nextGap(timeZone: string, after: Date, until: Date): ZoneGap | null {
  let before = after.getTime();
  while (before < until.getTime()) {
    const then = Math.min(before + STEP_MS, until.getTime());
    if (offsetMs(timeZone, then) > offsetMs(timeZone, before)) return gapIn(timeZone, before, then);
    before = then;
  }
  return null;
}

/** The gap between two moments of which the second has the larger offset. */
function gapIn(timeZone: string, from: number, to: number): ZoneGap {
  const [former, latter] = [offsetMs(timeZone, from), offsetMs(timeZone, to)];
  let [before, then] = [Math.floor(from / MINUTE_MS), Math.ceil(to / MINUTE_MS)];
  while (then - before > 1) {
    const middle = Math.floor((before + then) / 2);
    if (offsetMs(timeZone, middle * MINUTE_MS) === former) before = middle;
    else then = middle;
  }
  const at = then * MINUTE_MS;
  return { at: new Date(at), fromLocal: new Date(at + former), untilLocal: new Date(at + latter) };
}

/** The zone's distance from UTC at a moment, in milliseconds. */
function offsetMs(timeZone: string, at: number): number {
  const known = formats.get(timeZone);
  const format =
    known ?? new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset', year: 'numeric' });
  if (!known) formats.set(timeZone, format);
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
}

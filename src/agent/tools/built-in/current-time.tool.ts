import { Injectable } from '@nestjs/common';
import { IsOptional, IsTimeZone } from 'class-validator';
import { Clock } from '../../../platform/runtime/clock.js';
import { Describe, Tool } from '../tool.decorator.js';

export class CurrentTimeParameters {
  @Describe('An IANA time zone, e.g. "Europe/Lisbon". Default: UTC.')
  @IsOptional()
  @IsTimeZone()
  timeZone?: string;
}

/** Gives the model the present time, which no model knows by itself. */
@Injectable()
export class CurrentTimeTool {
  constructor(private readonly clock: Clock) {}

  @Tool({
    name: 'current_time',
    description:
      'The current date and time as ISO 8601 with its UTC offset, the weekday and the time zone. ' +
      'Give the time zone of the user where it is known.',
    parameters: CurrentTimeParameters,
    sideEffects: false,
  })
  now({ timeZone = 'UTC' }: CurrentTimeParameters): string {
    return describeTime(this.clock.now(), timeZone);
  }
}

/** For example `2026-11-03T14:05:09+01:00 (Tuesday, Europe/Berlin)`; the weekday in the language of `locale`. */
export function describeTime(time: Date, timeZone: string, locale = 'en-US'): string {
  const format = new Intl.DateTimeFormat(locale, {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    weekday: 'long',
    timeZoneName: 'longOffset',
  });
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  // `longOffset` says "GMT+01:00", and bare "GMT" for no offset.
  const offset = part('timeZoneName').replace('GMT', '') || '+00:00';
  const date = `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
  const clock = `${part('hour')}:${part('minute')}:${part('second')}`;
  return `${date}T${clock}${offset} (${part('weekday')}, ${format.resolvedOptions().timeZone})`;
}

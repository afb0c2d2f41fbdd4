import { IsBoolean, IsIn } from 'class-validator';
import { flag, FromEnv } from '../config/variable.js';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export class LogSettings {
  @FromEnv('LOG_LEVEL', { description: 'fatal, error, warn, info, debug, trace or silent', example: 'info' })
  @IsIn(logLevels)
  level: (typeof logLevels)[number] = 'info';

  @FromEnv('LOG_PRETTY', {
    description: 'readable lines; default: on a terminal; JSON otherwise',
    example: 'false',
    parse: flag,
  })
  @IsBoolean()
  pretty = process.stdout.isTTY ?? false;
}

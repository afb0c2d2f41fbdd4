import { createRequire } from 'node:module';
import type { LoggerService } from '@nestjs/common';
import { destination, type DestinationStream, type Level, type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogSettings } from './log.settings.js';
import { type LogEntry, readLogCall } from './log-entry.js';
import { JoinedLines } from './joined-lines.js';
import { printable, printableText } from './log-fields.js';
import { currentLogIds } from './log-scope.js';
import { Redactor } from '../errors/redactor.js';

export interface PinoLoggerOptions {
  readonly settings: LogSettings;
  /** Exact secrets that must not occur in any line: see `secretsOf`. */
  readonly redactValues: readonly string[];
  /**
   * The destination of lines; default: standard output, written synchronously once a turn of the event loop, and before
   * the process ends.
   */
  readonly destination?: DestinationStream;
}

/** Nest's report of its start: useful for debugging the wiring, noise otherwise. */
const FRAMEWORK = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** A line's own field names. */
const RESERVED = new Set(['level', 'time', 'pid', 'hostname', 'context', 'msg', 'err']);

/**
 * Nest's logger on pino: one JSON object a line (`level`, `time`, `context`, `msg`, the given fields, `err` with its
 * stack), or a readable line with `LOG_PRETTY`. Without secrets, whatever it is given. The ids of the present log scope
 * are fields too.
 *
 * @example logger.warn({ msg: 'delivery refused', replyId, code })
 */
export class PinoLoggerService implements LoggerService {
  private readonly pino: Logger;
  private readonly redactor: Redactor;

  constructor({ settings, redactValues, destination: given }: PinoLoggerOptions) {
    this.redactor = new Redactor(redactValues);
    const out = given ?? standardOutput();
    const format = { level: (label: string) => ({ level: label }) };
    this.pino = pino(
      {
        level: settings.level,
        timestamp: stdTimeFunctions.isoTime,
        formatters: format,
        // Already printable; pino's own serializer would print every property of an error.
        serializers: { err: (err: unknown) => err },
      },
      settings.pretty ? readable(out) : out,
    );
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(wanted: Level, message: unknown, rest: readonly unknown[]): void {
    try {
      this.writeEntry(wanted, readLogCall(message, rest));
    } catch (err) {
      // A getter or a proxy threw: the logger must not throw at its caller.
      this.pino.error({ err: printable(err, this.redactor) }, 'a log line could not be printed');
    }
  }

  private writeEntry(wanted: Level, { context, msg, err, fields }: LogEntry): void {
    const level = wanted === 'info' && context !== null && FRAMEWORK.has(context) ? 'debug' : wanted;
    if (!this.pino.isLevelEnabled(level)) return;
    const line: Record<string, unknown> = {};
    if (context !== null) line.context = context;
    Object.assign(line, currentLogIds());
    for (const [name, field] of Object.entries(fields)) line[RESERVED.has(name) ? `${name}_` : name] = field;
    if (err !== undefined) line.err = err;
    const clean = printable(line, this.redactor);
    if (msg === null) this.pino[level](clean);
    else this.pino[level](clean, printableText(msg, this.redactor));
  }
}

/** Without a reader, pino drops every further line in silence: the process gets the signal of a closed terminal. */
function standardOutput(): DestinationStream {
  const out = destination({ fd: 1, sync: true });
  out.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.emit('SIGHUP');
  });
  return new JoinedLines(out);
}

/** Formats in the same call that writes: pino-pretty's own stream is asynchronous and would lose the last lines. */
function readable(out: DestinationStream): DestinationStream {
  const { isColorSupported, prettyFactory }: typeof import('pino-pretty') = createRequire(import.meta.url)(
    'pino-pretty',
  );
  const pretty = prettyFactory({
    colorize: isColorSupported,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return { write: (line) => out.write(pretty(line)) };
}

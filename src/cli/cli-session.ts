import { Logger } from '@nestjs/common';
import type { Environment } from '../platform/config/read-settings.js';
import { secretsOf } from '../platform/config/setting-secrets.js';
import { loadSettings, type Settings } from '../settings/settings.js';
import { Redactor } from '../platform/errors/redactor.js';
import { PinoLoggerService } from '../platform/observability/pino-logger.service.js';
import { visible, visibleInJson } from '../platform/i18n/visible-text.js';
import { type Input, readInput } from './read-input.js';

/** An output: standard output and error are such. */
export interface TextSink {
  write(text: string): unknown;
  /** The terminal's width; undefined without a terminal. */
  readonly columns?: number;
}

/** Levels of LOG_LEVEL that log more than warnings. */
const LOUD: ReadonlySet<string> = new Set(['trace', 'debug', 'info']);

/** One call of the command line: the settings, the output, standard input. */
export class CliSession {
  private readSettings: Settings | null = null;
  private redactor = new Redactor([]);

  constructor(
    private readonly environment: () => Environment,
    private readonly out: TextSink,
    private readonly err: TextSink,
    private readonly input: Input,
  ) {}

  /** Reads the settings at its first call. From then on the output never contains a secret of theirs. */
  settings(): Settings {
    if (this.readSettings) return this.readSettings;
    const settings = loadSettings(this.environment());
    this.redactor = new Redactor(secretsOf(settings));
    Logger.overrideLogger(this.quietLogger(settings));
    this.readSettings = settings;
    return settings;
  }

  /** Prints a line on standard output. */
  print(line: string): void {
    this.out.write(`${this.clean(line)}\n`);
  }

  /** Prints a value as JSON on standard output. */
  printJson(value: unknown): void {
    this.out.write(`${jsonOnTerminal(value, this.redactor)}\n`);
  }

  /** Reads standard input to its end. */
  readInput(): Promise<string> {
    return readInput(this.input);
  }

  /**
   * The text without the secrets of the settings, which a provider may quote, and without control and invisible
   * characters.
   */
  clean(text: string): string {
    return onTerminal(this.redactor.text(text));
  }

  /** Warnings and errors only, and not on standard output, which belongs to the command. */
  private quietLogger(settings: Settings): PinoLoggerService {
    const { pretty, level } = settings.log;
    return new PinoLoggerService({
      settings: { pretty, level: LOUD.has(level) ? 'warn' : level },
      redactValues: secretsOf(settings),
      destination: { write: (line) => void this.err.write(line) },
    });
  }
}

/** Escapes a command's output for a terminal: control and invisible characters are written out. Tabs stay. */
export const onTerminal = (text: string): string => text.split('\t').map(visible).join('\t');

/** The value as JSON, without secrets in its texts and names, and with invisible characters escaped. */
export function jsonOnTerminal(value: unknown, redactor: Redactor): string {
  const redacted = (_name: string, part: unknown): unknown => {
    if (typeof part === 'string') return redactor.text(part);
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, held]) => [redactor.text(name), held]));
  };
  return visibleInJson(JSON.stringify(value, redacted, 2));
}

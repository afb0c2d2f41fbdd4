import { Command, Help, type HelpContext } from 'commander';
import { GiveUpError } from '../platform/errors/errors.js';
import type { TelegramSettings } from '../telegram/settings/telegram.settings.js';

/** The command was called wrongly: exit code 2. The message names the mistake in one line, and the usage. */
export class UsageError extends GiveUpError {
  constructor(fault: string, usage: string) {
    super('USAGE', `${fault}; usage: ${usage}`);
  }
}

/** A chat below zero with a topic, which commander takes for an option; it recognises only negative numbers. */
const NEGATIVE_PLACE = /^-\d+\/\d+$/;
/** Occurs in no argument of a process. */
const HIDING = '\0';

/**
 * A command of `npm run cli`, or a group of them: commander's class with our errors.
 *
 * @example
 * program.command('chats').argument('[SEARCH]').jsonOption().action(async (search, { json }) => …)
 */
export class CliCommand extends Command {
  override createCommand(name?: string): CliCommand {
    return new CliCommand(name);
  }

  /** Adds `--json`, for commands that list or show. */
  jsonOption(): this {
    return this.option('--json', 'print JSON, for scripts');
  }

  /** Adds `--bot NAME`; `findBot` finds the bot. */
  botOption(): this {
    return this.option(
      '--bot <NAME>',
      'the bot of that name in TELEGRAM_BOTS_FILE (default: the one of TELEGRAM_BOT_TOKEN)',
    );
  }

  /** Names a group's commands in its usage: `webhook set|info|delete`. */
  override createHelp(): Help {
    return Object.assign(super.createHelp(), {
      commandUsage: (command: Command) =>
        new Help()
          .commandUsage(command)
          .replace('[options] [command]', command.commands.map((one) => one.name()).join('|')),
    });
  }

  /** Accepts `-1001234567890/7` as an argument. */
  override parseOptions(words: string[]): ReturnType<Command['parseOptions']> {
    const parsed = super.parseOptions(
      words.map((word) => (NEGATIVE_PLACE.test(word) ? `${HIDING}${word}` : word)),
    );
    const asTyped = (word: string) => word.replace(HIDING, '');
    return { operands: parsed.operands.map(asTyped), unknown: parsed.unknown.map(asTyped) };
  }

  /** @throws UsageError always */
  override error(message: string): never {
    const fault = message
      .replace(/^error: /, '')
      .replace('\n(Did you mean', ' (did you mean')
      .replaceAll(/\s*\n\s*/g, ' ')
      .replace(/\.$/, '');
    throw new UsageError(fault, this.createHelp().commandUsage(this));
  }

  /** Shows the help. Calling a group without any of its commands is a usage error. */
  override help(context?: HelpContext | ((text: string) => string)): never {
    if (this.parent && typeof context === 'object' && context.error) this.error('missing command');
    return super.help();
  }
}

/** The option that `CliCommand.jsonOption` adds. */
export interface JsonOption {
  readonly json?: true;
}

/** A list as `--json` prints it. */
interface JsonList<Item> {
  readonly items: readonly Item[];
  /** Whether there are more than were listed. */
  readonly hasMore: boolean;
}

/** The first `limit` rows, from a query for one more. */
export function jsonList<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): JsonList<Item> {
  return { items: rows.slice(0, limit).map(toItem), hasMore: rows.length > limit };
}

/** The option that `CliCommand.botOption` adds. */
export interface BotOption {
  /** A name in TELEGRAM_BOTS_FILE. */
  readonly bot?: string;
}

/**
 * Finds the bot of `--bot NAME`, or without it the one of TELEGRAM_BOT_TOKEN.
 * @throws GiveUpError if TELEGRAM_BOTS_FILE has no such bot
 */
export function findBot({ bot: name }: BotOption, telegram: TelegramSettings): TelegramSettings {
  const bots = telegram.ofAll();
  const bot = bots.find((one) => one.name === (name ?? null));
  if (bot) return bot;
  const known = bots.flatMap((one) => one.name ?? []).join(', ') || 'none';
  throw new GiveUpError('BOT_UNKNOWN', `no bot "${name}" in TELEGRAM_BOTS_FILE`, `it has: ${known}`);
}

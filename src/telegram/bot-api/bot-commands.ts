import type { Command } from '../../channel/inbound.js';
import type { CommandName } from '../../platform/i18n/i18n.js';
import { type BotName, names } from './bot-name.js';

/** The commands in Telegram's menu. Any other slash word is an ordinary message. */
export const commandNames = [
  'start',
  'help',
  'reset',
  'stop',
  'mode',
  'memory',
  'usage',
  'schedules',
  'settings',
] as const satisfies readonly CommandName[];

const known: ReadonlySet<string> = new Set(commandNames);
const slashWord = /^\/([a-z0-9_]{1,32})(?:@(\w{1,64}))?(?=\s|$)/i;

/** A text that begins with a slash word, and the bot it addresses. */
export interface SlashText {
  /** `other`: it names another bot. */
  readonly for: 'anybody' | 'us' | 'other';
  /** The text without the bot's name behind the slash word. */
  readonly text: string;
  /** Set if the word is one of this bot's commands. */
  readonly command: Command | null;
}

/** Reads `/name`, `/name args` and `/name@bot args`; null for any other text. Names are compared without case. */
export function readSlashText(text: string, bot: BotName | null): SlashText | null {
  const match = slashWord.exec(text);
  if (!match) return null;
  const [head, word = '', addressee] = match;
  if (addressee !== undefined && !names(addressee, bot)) return { for: 'other', text, command: null };
  const rest = text.slice(head.length);
  const name = word.toLowerCase();
  return {
    for: addressee === undefined ? 'anybody' : 'us',
    text: `/${word}${rest}`,
    command: known.has(name) ? { name, args: rest.trim() } : null,
  };
}

import type { Call } from './telegram-double.js';

/** Telegram's limits as it documents them: https://core.telegram.org/bots/faq ("My bot is hitting limits"). */
const BOT = { limit: 30, periodMs: 1_000 };
/** "One message a second", with short bursts. */
const CHAT = { limit: 3, periodMs: 3_000 };
const GROUP = { limit: 20, periodMs: 60_000 };

const counted = new Set(['sendMessage', 'editMessageText']);

/** Counts the bot's messages, and refuses surplus ones. Refused calls do not count. */
export class TelegramLimits {
  /** The refused calls. */
  readonly violations: Call[] = [];
  private readonly taken: { readonly chat: number; readonly at: number }[] = [];

  /** @returns whether the call may have its effect */
  admit(call: Call): boolean {
    if (!counted.has(call.method)) return true;
    const chat = Number(call.params['chat_id']);
    const room = ({ limit, periodMs }: typeof BOT, own: boolean) =>
      this.taken.filter((one) => one.at > call.at - periodMs && (!own || one.chat === chat)).length < limit;
    if (room(BOT, false) && room(CHAT, true) && (chat > 0 || room(GROUP, true))) {
      this.taken.push({ chat, at: call.at });
      return true;
    }
    this.violations.push(call);
    return false;
  }
}

import type { Rights } from '../channel/channel.js';
import type { Inbound } from '../channel/inbound.js';
import { BoundedMap } from '../runtime/bounded-map.js';
import type { Clock } from '../runtime/clock.js';
import type { BotApi } from './bot-api/bot-api.js';
import type { CallFailure } from './sending/call-failure.js';

/** How long Telegram's word is taken for granted, in milliseconds: so long may who is no admin any more act as one. */
export const KNOWN_FOR_MS = 30_000;
/** A command waits for it. */
const ASK_TIMEOUT_MS = 5_000;
const CAPACITY = 10_000;

/** Who runs a group: https://core.telegram.org/bots/api#getchatmember */
export class ChatAdmins {
  private readonly known = new BoundedMap<string, { readonly rights: Rights; readonly untilMs: number }>(
    CAPACITY,
  );

  constructor(
    private readonly botApi: BotApi,
    private readonly clock: Clock,
  ) {}

  /** See `Channel.rightsOf`. Who writes in the group's own name is an anonymous admin of it; other chats run nothing. */
  async rightsOf({ chat, sender }: Pick<Inbound, 'chat' | 'sender'>, signal: AbortSignal): Promise<Rights> {
    if (chat.type === 'private') return 'admin';
    if (sender === null) return 'member';
    if (sender.userId === chat.chatId) return 'admin';
    if (sender.userId < 0n) return 'member';
    const key = `${chat.chatId}:${sender.userId}`;
    const nowMs = this.clock.monotonicMs();
    const known = this.known.get(key);
    if (known && known.untilMs > nowMs) return known.rights;
    const rights = await this.ask(Number(chat.chatId), Number(sender.userId), signal);
    if (rights !== 'unknown') this.known.set(key, { rights, untilMs: nowMs + KNOWN_FOR_MS });
    return rights;
  }

  private async ask(chatId: number, userId: number, signal: AbortSignal): Promise<Rights> {
    const member = { chat_id: chatId, user_id: userId };
    const told = await this.botApi.call((api) => api.getChatMember(member), signal, ASK_TIMEOUT_MS);
    if (!told.ok) return isNobody(told.failure) ? 'member' : 'unknown';
    return told.value.status === 'creator' || told.value.status === 'administrator' ? 'admin' : 'member';
  }
}

/** Telegram does not find the person in the chat: they run nothing. */
function isNobody(failure: CallFailure): boolean {
  return (
    failure.kind === 'answered' &&
    failure.status === 400 &&
    /(user|member) not found|PARTICIPANT_ID_INVALID|USER_ID_INVALID/i.test(failure.description)
  );
}

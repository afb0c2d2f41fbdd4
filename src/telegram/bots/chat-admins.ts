import { type ChatId, UserId } from '../../channel/ids.js';
import type { Rights } from '../../channel/capabilities.js';
import type { Inbound } from '../../channel/inbound.js';
import { BoundedMap } from '../../platform/runtime/bounded-map.js';
import type { Clock } from '../../platform/runtime/clock.js';
import type { BotApi } from '../bot-api/bot-api.js';
import type { BotCallFailure } from '../bot-api/call-failure.js';

/** How long Telegram's answer is reused, in milliseconds: for this long a former admin may still act as one. */
export const KNOWN_FOR_MS = 30_000;
/** A command waits for it. */
const ASK_TIMEOUT_MS = 5_000;
const CAPACITY = 10_000;

/** Finds the admins of a group: https://core.telegram.org/bots/api#getchatmember and `#getchatadministrators`. */
export class ChatAdmins {
  private readonly known = new BoundedMap<string, { readonly rights: Rights; readonly untilMs: number }>(
    CAPACITY,
  );
  private readonly knownAdmins = new BoundedMap<
    ChatId,
    { readonly ids: readonly UserId[]; readonly untilMs: number }
  >(CAPACITY);

  constructor(
    private readonly botApi: BotApi,
    private readonly clock: Clock,
  ) {}

  /**
   * See `ChatRights.rightsOf`. An author in the group's own name is an anonymous admin of it; other chats have no rights.
   */
  async rightsOf({ chat, sender }: Pick<Inbound, 'chat' | 'sender'>, signal: AbortSignal): Promise<Rights> {
    if (chat.type === 'private') return 'admin';
    if (sender === null) return 'member';
    if (sender.userId === UserId(chat.chatId)) return 'admin';
    if (sender.isChat) return 'member';
    const key = `${chat.chatId}:${sender.userId}`;
    const nowMs = this.clock.monotonicMs();
    const known = this.known.get(key);
    if (known && known.untilMs > nowMs) return known.rights;
    const rights = await this.ask(Number(chat.chatId), Number(sender.userId), signal);
    if (rights !== 'unknown') this.known.set(key, { rights, untilMs: nowMs + KNOWN_FOR_MS });
    return rights;
  }

  /** See `ChatRights.adminsOf`. Telegram lists anonymous admins too, and no other bots. */
  async adminsOf(chatId: ChatId, signal: AbortSignal): Promise<readonly UserId[]> {
    const nowMs = this.clock.monotonicMs();
    const known = this.knownAdmins.get(chatId);
    if (known && known.untilMs > nowMs) return known.ids;
    const chat = { chat_id: Number(chatId) };
    const answer = await this.botApi.call((api) => api.getChatAdministrators(chat), signal, ASK_TIMEOUT_MS);
    if (!answer.ok) return [];
    const ids = answer.value.map(({ user }) => UserId(String(user.id)));
    this.knownAdmins.set(chatId, { ids, untilMs: nowMs + KNOWN_FOR_MS });
    return ids;
  }

  private async ask(chatId: number, userId: number, signal: AbortSignal): Promise<Rights> {
    const member = { chat_id: chatId, user_id: userId };
    const answer = await this.botApi.call((api) => api.getChatMember(member), signal, ASK_TIMEOUT_MS);
    if (!answer.ok) return isNobody(answer.failure) ? 'member' : 'unknown';
    return answer.value.status === 'creator' || answer.value.status === 'administrator' ? 'admin' : 'member';
  }
}

/** Telegram does not find the person in the chat: they have no rights. */
function isNobody(failure: BotCallFailure): boolean {
  return (
    failure.kind === 'answered' &&
    failure.status === 400 &&
    /(user|member) not found|PARTICIPANT_ID_INVALID|USER_ID_INVALID/i.test(failure.description)
  );
}

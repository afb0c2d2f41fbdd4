import type { SendOutcome } from '../../channel/channel.js';
import { ChannelMessageId } from '../../channel/ids.js';
import { BotApi } from '../bot-api/bot-api.js';
import type { FormattedText } from '../formatting/formatted-text.js';
import type { GuestAnswer } from '../updates/chat-route.js';
import { fieldOf } from '../bot-api/update-fields.js';
import { outcomeOf, saysSoAlready } from './send-outcome.js';

/** The message has an id of another kind, which `conversations.via` keeps. */
const NO_ID = ChannelMessageId('0');

/**
 * The one message that a bot may send to a chat in which it is a guest: an answer to the query, edited from then on
 * (https://core.telegram.org/bots/api#answerguestquery).
 */
export class GuestMessages {
  constructor(private readonly botApi: BotApi) {}

  /** Sends it, once. @returns its id for edits; null if it was not sent, or the outcome is unknown */
  async open({ queryId }: GuestAnswer, message: FormattedText, signal: AbortSignal): Promise<string | null> {
    const result = await this.answer(queryId, message, signal);
    const id = result.ok ? fieldOf(result.value, 'inline_message_id') : null;
    return typeof id === 'string' ? id : null;
  }

  /** Sends it, or edits it if it was sent already. */
  async send(
    { queryId, inlineMessageId }: GuestAnswer,
    message: FormattedText,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    if (inlineMessageId === null) {
      const result = await this.answer(queryId, message, signal);
      return result.ok ? { kind: 'sent', channelMessageId: NO_ID } : outcomeOf(result.failure);
    }
    const edit = { inline_message_id: inlineMessageId, text: message.text, entities: [...message.entities] };
    const result = await this.botApi.call((api) => api.editMessageText(edit), signal);
    if (result.ok || saysSoAlready(result.failure)) return { kind: 'sent', channelMessageId: NO_ID };
    const outcome = outcomeOf(result.failure);
    // Repeating it has no second effect.
    return outcome.kind === 'unknown' ? { ...outcome, kind: 'unavailable' } : outcome;
  }

  private answer(queryId: string, { text, entities }: FormattedText, signal: AbortSignal) {
    const content = { message_text: text, ...(entities.length > 0 && { entities: [...entities] }) };
    const result = { type: 'article', id: '1', title: '…', input_message_content: content } as const;
    return this.botApi.call((api) => api.answerGuestQuery({ guest_query_id: queryId, result }), signal);
  }
}

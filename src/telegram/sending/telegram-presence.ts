import { Logger } from '@nestjs/common';
import type { Mood, PreviewOutcome } from '../../channel/capabilities.js';
import { TelegramSettings } from '../settings/telegram.settings.js';
import { BotApi } from '../bot-api/bot-api.js';
import type { FormattedText } from '../formatting/formatted-text.js';
import { outcomeOf } from './send-outcome.js';

/** Two of the reactions that a bot may use: https://core.telegram.org/bots/api#reactiontypeemoji. There is no ✅ among them. */
const reactions = { seen: '👀', done: '👌' } as const satisfies Record<Mood, string>;

/** A reaction that takes longer is of no use. */
const REACTION_TIMEOUT_MS = 5_000;

/** Signs of work in a chat besides messages: drafts and reactions. */
export class TelegramPresence {
  private readonly logger = new Logger(TelegramPresence.name);

  constructor(
    private readonly botApi: BotApi,
    private readonly settings: TelegramSettings,
  ) {}

  /** See `Previews.show`. https://core.telegram.org/bots/api#sendmessagedraft */
  async preview(
    address: { readonly chat_id: number; readonly message_thread_id?: number },
    draftId: number,
    { text, entities }: FormattedText,
    signal: AbortSignal,
  ): Promise<PreviewOutcome> {
    const draft = {
      ...address,
      draft_id: draftId,
      text,
      ...(entities.length > 0 && { entities: [...entities] }),
      can_stop: true,
      // Until the message itself is there.
      keep_on_stop: true,
    };
    const result = await this.botApi.call((api) => api.sendMessageDraft(draft), signal);
    if (result.ok) return { kind: 'shown' };
    const outcome = outcomeOf(result.failure);
    return outcome.kind === 'sent' ? { kind: 'shown' } : outcome;
  }

  /** See `Reactions.react`. https://core.telegram.org/bots/api#setmessagereaction */
  async react(chatId: number, messageId: number, mood: Mood | null, signal: AbortSignal): Promise<void> {
    if (!this.settings.reactions) return;
    const message = { chat_id: chatId, message_id: messageId };
    const reaction = mood === null ? [] : [{ type: 'emoji', emoji: reactions[mood] } as const];
    try {
      const result = await this.botApi.call(
        (api) => api.setMessageReaction({ ...message, reaction }),
        signal,
        REACTION_TIMEOUT_MS,
      );
      if (!result.ok) this.logger.debug({ msg: 'not reacted', chatId, error: result.failure.description });
    } catch {
      // Aborted: no caller waits for it any more.
    }
  }
}

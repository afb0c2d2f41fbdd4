import type { Buttons, Choice } from '../channel/capabilities.js';
import type { ReplyBody } from '../channel/channel.js';
import type { Press } from '../channel/inbound.js';
import type { Bots } from './bots/bots.js';
import type { MessageComposer } from './message-composer.js';
import { writeBody } from './sending/reply-body.js';

/** A press that takes longer to answer is of no use. */
const PRESS_TIMEOUT_MS = 5_000;

/** https://core.telegram.org/bots/api#inlinekeyboardmarkup */
export class TelegramButtons implements Buttons {
  constructor(
    private readonly bots: Bots,
    private readonly composer: MessageComposer,
  ) {}

  ask(markdown: string, choices: readonly Choice[]): readonly ReplyBody[] {
    const messages = this.composer.compose(markdown);
    return messages.map((message, place) => writeBody(message, place === messages.length - 1 ? choices : []));
  }

  /** https://core.telegram.org/bots/api#answercallbackquery */
  async answerPress(channel: string, { id }: Press, words: string, signal: AbortSignal): Promise<void> {
    try {
      const answer = { callback_query_id: id, ...(words !== '' && { text: words }) };
      await this.bots
        .findBot(channel)
        .api.call((api) => api.answerCallbackQuery(answer), signal, PRESS_TIMEOUT_MS);
    } catch {
      // Aborted: the button stops waiting by itself.
    }
  }
}

import { badRequest } from './bot-api-error.js';
import type { Params } from './params.js';

/** A pressed button that waits for the bot's answer. */
export interface CallbackQuery {
  readonly chatId: number;
  /** The message that has the button. */
  readonly messageId: number;
}

/** Queries kept; the oldest are too old to be answered. */
const MAX_QUERIES = 1_000;
/** https://core.telegram.org/bots/api#answercallbackquery: 0-200 characters. */
const MAX_TEXT_LENGTH = 200;

/** The button presses that the bot has not answered. Each is answered once. */
export class CallbackQueries {
  private readonly waiting = new Map<string, CallbackQuery>();

  /** @param id of the query, as the bot receives it */
  add(id: string, query: CallbackQuery): void {
    this.waiting.set(id, query);
    const oldest = this.waiting.keys().next();
    if (this.waiting.size > MAX_QUERIES && !oldest.done) this.waiting.delete(oldest.value);
  }

  /** @throws BotApiError for a query that does not exist, that was answered, or that is too old */
  answer(id: string): CallbackQuery {
    const query = this.waiting.get(id);
    if (!query) throw badRequest('query is too old and response timeout expired or query ID is invalid');
    this.waiting.delete(id);
    return query;
  }
}

/** The text that the presser sees; empty: none. */
export function readQueryAnswer(params: Params): string {
  const text = params.text('text').trim();
  if (text.length > MAX_TEXT_LENGTH) throw badRequest('MESSAGE_TOO_LONG');
  return text;
}

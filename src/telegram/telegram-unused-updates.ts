import type { Declining, UnusedPayloads } from '../channel/capabilities.js';
import type { Bots } from './bots/bots.js';
import { declineQuery } from './sending/decline-query.js';
import { queryOf, updateKindOf, updateLanguageOf } from './updates/declined.js';

/** A sender waits no longer than this for the answer. */
const DECLINE_TIMEOUT_MS = 5_000;

/** Updates that the bot has no use for. */
export class TelegramUnusedUpdates implements UnusedPayloads {
  constructor(private readonly bots: Bots) {}

  kindOf(payload: unknown): string {
    return updateKindOf(payload);
  }

  async decline(
    channel: string,
    payload: unknown,
    wordsIn: (languageCode: string | null) => Declining,
    signal: AbortSignal,
  ): Promise<void> {
    const query = queryOf(payload);
    if (query === null) return;
    const words = wordsIn(updateLanguageOf(payload));
    try {
      await this.bots
        .findBot(channel)
        .api.call((api) => declineQuery(api, query, words), signal, DECLINE_TIMEOUT_MS);
    } catch {
      // Aborted: the caller stops waiting by itself.
    }
  }
}

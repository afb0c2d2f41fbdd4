import type { FastifyRequest } from 'fastify';
import { channelOfBot, MAIN_CHANNEL } from '../channel/configured-bots.js';

/** The route parameter that names a bot of TELEGRAM_BOTS_FILE; a route without it is for the first bot. */
export const BOT_PARAM = 'bot';

/** The channel that a webhook request is for, even if it has no bot. Pure. */
export function channelOf({ params }: Pick<FastifyRequest, 'params'>): string {
  const { [BOT_PARAM]: bot }: Readonly<Record<string, unknown>> = Object(params);
  return typeof bot === 'string' ? channelOfBot(bot) : MAIN_CHANNEL;
}

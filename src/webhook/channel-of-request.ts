import type { FastifyRequest } from 'fastify';
import { channelOfBot, MAIN_CHANNEL } from '../config/telegram.settings.js';

/** The parameter of a route that says for which bot of TELEGRAM_BOTS_FILE it is; a route without: for the first one. */
export const BOT_PARAM = 'bot';

/** The channel that a webhook request is for, whether or not there is such a bot. Pure. */
export function channelOf({ params }: Pick<FastifyRequest, 'params'>): string {
  const { [BOT_PARAM]: bot }: Readonly<Record<string, unknown>> = Object(params);
  return typeof bot === 'string' ? channelOfBot(bot) : MAIN_CHANNEL;
}

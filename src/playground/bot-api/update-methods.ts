import { setTimeout as sleep } from 'node:timers/promises';
import type { Update } from '@grammyjs/types';
import { badRequest, BotApiError } from './bot-api-error.js';
import type { BotState } from './bot-state.js';
import type { MethodTable } from './method-table.js';
import type { Params } from './params.js';

const DEFAULT_CONNECTIONS = 40;
/** The longest time that Telegram holds a poll. */
const MAX_POLL_SECONDS = 50;

/** The methods by which the bot receives updates: https://core.telegram.org/bots/api#getting-updates */
export const updateMethods: MethodTable = {
  setWebhook: (bot, params) => {
    const url = params.text('url').trim();
    const secret = params.text('secret_token');
    const maxConnections = params.integer('max_connections') ?? DEFAULT_CONNECTIONS;
    if (url !== '') checkWebhookUrl(url);
    if (!/^[A-Za-z0-9_-]{0,256}$/.test(secret))
      throw badRequest('secret token contains unallowed characters');
    if (params.flag('drop_pending_updates')) bot.updates.clear();
    keepAllowedUpdates(bot, params);
    const connections = Math.min(Math.max(maxConnections, 1), 100);
    bot.setWebhook(url === '' ? null : { url, secret, maxConnections: connections });
    return true;
  },

  deleteWebhook: (bot, params) => {
    if (params.flag('drop_pending_updates')) bot.updates.clear();
    bot.setWebhook(null);
    return true;
  },

  getWebhookInfo: ({ webhook, webhookError, updates, allowedUpdates }) => ({
    url: webhook?.url ?? '',
    has_custom_certificate: false,
    pending_update_count: updates.size,
    ...(webhook ? { max_connections: webhook.maxConnections, ip_address: '127.0.0.1' } : {}),
    ...(webhookError
      ? { last_error_date: Math.floor(webhookError.at / 1000), last_error_message: webhookError.message }
      : {}),
    ...(allowedUpdates ? { allowed_updates: allowedUpdates } : {}),
  }),

  getUpdates: async (bot, params, signal) => {
    if (bot.webhook) {
      throw conflict(
        "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    }
    bot.endPoll?.('terminated by other getUpdates request; make sure that only one bot instance is running');
    keepAllowedUpdates(bot, params);
    const offset = params.integer('offset') ?? 0;
    const limit = Math.min(Math.max(params.integer('limit') ?? 100, 1), 100);
    const seconds = Math.min(Math.max(params.integer('timeout') ?? 0, 0), MAX_POLL_SECONDS);
    if (offset > 0) bot.updates.confirmBelow(offset);
    if (bot.updates.size === 0 && seconds > 0) await untilAdded(bot, seconds * 1000, signal);
    return waiting(bot, offset).slice(0, limit);
  },
};

/** A negative offset counts from the end, and forgets the updates before it. */
function waiting(bot: BotState, offset: number): Update[] {
  if (offset >= 0) return bot.updates.all();
  const last = bot.updates.all().slice(offset);
  if (last[0]) bot.updates.confirmBelow(last[0].update_id);
  return last;
}

/** @throws BotApiError 409 when another poller or a webhook takes over */
async function untilAdded(bot: BotState, milliseconds: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  let terminated: string | null = null;
  const onAdded = () => over.abort();
  const endPoll = (reason: string) => {
    terminated = reason;
    over.abort();
  };
  bot.updates.events.once('added', onAdded);
  bot.endPoll = endPoll;
  await sleep(milliseconds, undefined, { signal: AbortSignal.any([over.signal, signal]) }).catch(
    () => undefined,
  );
  bot.updates.events.off('added', onAdded);
  if (bot.endPoll === endPoll) bot.endPoll = null;
  if (terminated !== null) throw conflict(terminated);
}

function conflict(reason: string): BotApiError {
  return new BotApiError(409, `Conflict: ${reason}`);
}

/** Kept until changed; an empty list is the default set again. */
function keepAllowedUpdates(bot: BotState, params: Params): void {
  const given = params.json('allowed_updates');
  if (given === undefined) return;
  if (!Array.isArray(given)) throw badRequest("can't parse allowed_updates JSON object");
  const kinds = given.filter((kind): kind is string => typeof kind === 'string');
  bot.allowedUpdates = kinds.length > 0 ? kinds : null;
}

/** The simulator reaches this machine only, and without TLS, as a local Bot API server does. */
function checkWebhookUrl(url: string): void {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw badRequest('bad webhook: invalid webhook URL specified');
  }
  if (!isLoopback(parsed))
    throw badRequest('bad webhook: the simulator delivers to http on this machine only');
}

function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

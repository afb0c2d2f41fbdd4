import { GiveUpError } from '../errors/errors.js';
import { Random } from '../runtime/random.js';
import { BotApi } from '../telegram/bot-api/bot-api.js';
import { Pauses } from '../telegram/receiving/pauses.js';
import { WebhookRegistration } from '../telegram/receiving/webhook-registration.js';
import { botOf } from './bot-option.js';
import { type CliCommand, UsageError } from './cli-command.js';

/** Telegram's idea of our webhook. */
export const webhook: CliCommand = {
  name: 'webhook',
  usage: 'webhook set|info|delete [--bot NAME]',
  does: 'tells Telegram where to deliver, asks what it knows, ends it; NAME: of TELEGRAM_BOTS_FILE',
  run: async ([action, ...options], settings, print) => {
    const bot = botOf(options, settings.telegram, webhook.usage);
    if (!bot.botToken)
      throw new GiveUpError('TOKEN_MISSING', 'TELEGRAM_BOT_TOKEN is missing', 'get one from @BotFather');
    const api = new BotApi(bot);
    const { signal } = new AbortController();
    switch (action ?? '') {
      case 'set': {
        const { webhookUrl } = bot;
        if (webhookUrl === null) throw new GiveUpError('URL_MISSING', 'PUBLIC_URL is missing');
        const registration = new WebhookRegistration(bot, api, new Pauses(new Random()));
        return print(
          outcome(await registration.register(webhookUrl, signal), `Telegram delivers to ${webhookUrl}`),
        );
      }
      case 'info':
        return print(outcome(await api.call((raw) => raw.getWebhookInfo(), signal), null));
      case 'delete':
        return print(
          outcome(
            await api.call((raw) => raw.deleteWebhook({ drop_pending_updates: false }), signal),
            'Telegram delivers no more',
          ),
        );
      default:
        throw new UsageError(webhook.usage);
    }
  },
};

type Result = { ok: true; value: unknown } | { ok: false; failure: { description: string } };

function outcome(result: Result, done: string | null): string {
  if (!result.ok) throw new GiveUpError('TELEGRAM_REFUSED', result.failure.description);
  return done ?? JSON.stringify(result.value, null, 2);
}

import { GiveUpError } from '../errors/errors.js';
import { BotApi } from '../telegram/bot-api/bot-api.js';
import { TelegramModule } from '../telegram/telegram.module.js';
import { WebhookRegistration } from '../telegram/receiving/webhook-registration.js';
import { type CliCommand, UsageError } from './cli-command.js';
import { withContext } from './with-context.js';

/** Telegram's idea of our webhook. */
export const webhook: CliCommand = {
  name: 'webhook',
  usage: 'webhook set|info|delete',
  does: 'tells Telegram where to deliver, asks what it knows, ends it',
  run: ([action], settings, print) => {
    if (!settings.telegram.botToken) {
      throw new GiveUpError('TOKEN_MISSING', 'TELEGRAM_BOT_TOKEN is missing', 'get one from @BotFather');
    }
    return withContext(settings, [TelegramModule], async (context) => {
      const api = context.get(BotApi);
      const { signal } = new AbortController();
      switch (action ?? '') {
        case 'set': {
          const { webhookUrl } = settings.telegram;
          if (webhookUrl === null) throw new GiveUpError('URL_MISSING', 'PUBLIC_URL is missing');
          const result = await context.get(WebhookRegistration).register(webhookUrl, signal);
          return print(outcome(result, `Telegram delivers to ${webhookUrl}`));
        }
        case 'info':
          return print(outcome(await api.call((bot) => bot.getWebhookInfo(), signal), null));
        case 'delete':
          return print(
            outcome(
              await api.call((bot) => bot.deleteWebhook({ drop_pending_updates: false }), signal),
              'Telegram delivers no more',
            ),
          );
        default:
          throw new UsageError(webhook.usage);
      }
    });
  },
};

type Result = { ok: true; value: unknown } | { ok: false; failure: { description: string } };

function outcome(result: Result, done: string | null): string {
  if (!result.ok) throw new GiveUpError('TELEGRAM_REFUSED', result.failure.description);
  return done ?? JSON.stringify(result.value, null, 2);
}

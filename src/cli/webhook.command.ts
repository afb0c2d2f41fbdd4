import type { TelegramSettings } from '../telegram/settings/telegram.settings.js';
import { GiveUpError } from '../platform/errors/errors.js';
import { Random } from '../platform/runtime/random.js';
import { BotApi } from '../telegram/bot-api/bot-api.js';
import { Pauses } from '../telegram/bot-api/pauses.js';
import { WebhookRegistration } from '../telegram/receiving/webhook-registration.js';
import { type CliCommand, type BotOption, findBot } from './cli-command.js';
import type { CliSession } from './cli-session.js';

/** Sets, shows and deletes the webhook at Telegram. */
export function addWebhook(program: CliCommand, session: CliSession): void {
  const group = program.command('webhook').description('where Telegram delivers: set, info, delete');
  const botOf = (options: BotOption) => botWithToken(findBot(options, session.settings().telegram));
  const { signal } = new AbortController();

  group
    .command('set')
    .description('tell Telegram to deliver to PUBLIC_URL')
    .botOption()
    .action(async (options: BotOption) => {
      const bot = botOf(options);
      const { webhookUrl } = bot;
      if (webhookUrl === null) throw new GiveUpError('URL_MISSING', 'PUBLIC_URL is missing');
      const registration = new WebhookRegistration(bot, new BotApi(bot), new Pauses(new Random()));
      valueOf(await registration.register(webhookUrl, signal));
      session.print(`Telegram delivers to ${webhookUrl}`);
    });

  group
    .command('info')
    .description('ask Telegram what it knows, printed as JSON')
    .botOption()
    .jsonOption()
    .action(async (options: BotOption) => {
      const api = new BotApi(botOf(options));
      session.printJson(valueOf(await api.call((raw) => raw.getWebhookInfo(), signal)));
    });

  group
    .command('delete')
    .description('tell Telegram to deliver no more')
    .botOption()
    .action(async (options: BotOption) => {
      const api = new BotApi(botOf(options));
      valueOf(await api.call((raw) => raw.deleteWebhook({ drop_pending_updates: false }), signal));
      session.print('Telegram delivers no more');
    });
}

/** @throws GiveUpError if it has none */
function botWithToken(bot: TelegramSettings): TelegramSettings {
  if (bot.botToken) return bot;
  throw new GiveUpError('TOKEN_MISSING', 'TELEGRAM_BOT_TOKEN is missing', 'get one from @BotFather');
}

type Result = { ok: true; value: unknown } | { ok: false; failure: { description: string } };

/** @throws GiveUpError if Telegram refused */
function valueOf(result: Result): unknown {
  if (!result.ok) throw new GiveUpError('TELEGRAM_REFUSED', result.failure.description);
  return result.value;
}

import type { WebhookInfo } from '@grammyjs/types';
import type { TelegramSettings } from '../../telegram/settings/telegram.settings.js';
import type { BotApi } from '../../telegram/bot-api/bot-api.js';
import { allowedUpdates } from '../../telegram/receiving/allowed-updates.js';
import type { BotCallFailure } from '../../telegram/bot-api/call-failure.js';
import { type Finding, findingsAbout } from './finding.js';

const token = findingsAbout('token');
const webhook = findingsAbout('webhook');

/** An older error of Telegram's deliveries does not describe today's state. */
const RECENT_MS = 60 * 60_000;

/** Checks that the token is a bot's, and that Telegram delivers where this installation receives. */
export async function checkTelegram(
  settings: TelegramSettings,
  api: BotApi,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (settings.botToken === undefined) {
    return [token.skipped('TELEGRAM_BOT_TOKEN is unset: a simulator takes Telegram’s place')];
  }
  const me = await api.call((bot) => bot.getMe(), signal);
  if (!me.ok) return [token.failed(me.failure.description, refusedTodo(me.failure))];
  const named = token.ok(`@${me.value.username}, id ${me.value.id}, at ${new URL(settings.apiRoot).host}`);
  const groups = me.value.can_join_groups
    ? []
    : [token.warning('the bot cannot be added to groups', 'if it should be: /setjoingroups with @BotFather')];
  const info = await api.call((bot) => bot.getWebhookInfo(), signal);
  if (!info.ok) {
    return [named, ...groups, webhook.failed(info.failure.description, refusedTodo(info.failure))];
  }
  return [named, ...groups, ...webhookFindings(settings, info.value, Date.now())];
}

function refusedTodo(failure: BotCallFailure): string {
  if (failure.kind !== 'answered') return 'check TELEGRAM_API_ROOT, the network and a proxy in between';
  return failure.status === 401 || failure.status === 404
    ? 'ask @BotFather for the bot’s token (/mybots, API Token) and set that'
    : 'try again; https://core.telegram.org/bots/api says what the answer means';
}

/** Compares `getWebhookInfo` with the settings. Pure. */
function webhookFindings(settings: TelegramSettings, info: WebhookInfo, nowMs: number): Finding[] {
  const place = whereTo(settings, info.url ?? '');
  return [place, ...(place.verdict === 'ok' ? deliveryFindings(info, nowMs) : [])];
}

function whereTo({ receiving, webhookUrl }: TelegramSettings, url: string): Finding {
  if (receiving === 'polling') {
    return url === ''
      ? webhook.ok('none, as polling needs it')
      : webhook.failed(
          `Telegram delivers to ${url}, and polling gets nothing`,
          'if that is yours no more: npm run cli -- webhook delete; else use another bot here',
        );
  }
  if (url === '') {
    return receiving === 'passive'
      ? webhook.warning('Telegram delivers nowhere', 'register the address, or set TELEGRAM_MODE')
      : webhook.failed(
          `Telegram does not deliver to ${webhookUrl} yet`,
          'start the server, or: npm run cli -- webhook set',
        );
  }
  if (receiving === 'webhook' && url !== webhookUrl) {
    return webhook.failed(
      `Telegram delivers to ${url}, not to ${webhookUrl}`,
      'if no other installation uses this bot: npm run cli -- webhook set',
    );
  }
  return webhook.ok(`Telegram delivers to ${url}`);
}

function deliveryFindings(info: WebhookInfo, nowMs: number): Finding[] {
  const findings: Finding[] = [];
  const errorAtMs = (info.last_error_date ?? 0) * 1_000;
  if (nowMs - errorAtMs < RECENT_MS) {
    const at = new Date(errorAtMs).toISOString();
    findings.push(
      webhook.warning(
        `a delivery failed at ${at}: ${info.last_error_message ?? 'no reason given'}; ${info.pending_update_count} updates wait`,
        'see the line on the public address, and the server’s log of that time',
      ),
    );
  }
  // An empty or missing list is Telegram's default, which leaves out reactions.
  const kinds = new Set<string>(info.allowed_updates ?? []);
  const missing = info.url ? allowedUpdates.filter((kind) => !kinds.has(kind)) : [];
  if (missing.length > 0) {
    findings.push(
      webhook.warning(`Telegram keeps back: ${missing.join(', ')}`, 'npm run cli -- webhook set'),
    );
  }
  return findings;
}

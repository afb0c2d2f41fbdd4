import type { AgentSettings } from '../agent/context/agent.settings.js';
import { type BotProfile, readBotsFile } from '../telegram/settings/bots-file.js';
import type { BudgetSettings } from '../budget/budget.settings.js';
import type { ChatLimitSettings } from '../platform/throttling/chat-limit.settings.js';
import { guessableBecause } from '../platform/config/guessable.js';
import { modelNameOf, priceOf } from '../budget/model-prices.js';
import { modelTarget } from '../agent/llm/model-target.js';
import type { ModelSettings } from '../agent/llm/model.settings.js';
import type { Environment } from '../platform/config/read-settings.js';
import type { ServerSettings } from '../platform/http/server.settings.js';
import { channelOfBot } from '../channel/configured-bots.js';
import type { TelegramSettings } from '../telegram/settings/telegram.settings.js';

const SECRET_EXAMPLE = 'a-long-random-word_42';

/** The settings that a bot may override. */
interface OfBots {
  readonly server: ServerSettings;
  readonly telegram: TelegramSettings;
  readonly agent: AgentSettings;
  readonly model: ModelSettings;
  readonly chatLimit: ChatLimitSettings;
  readonly budget: BudgetSettings;
}

/**
 * Reads TELEGRAM_BOTS_FILE and adds each bot's own settings to the deployment's: each settings object answers by
 * channel.
 * @returns the faults, without secrets
 */
export function readBots(settings: OfBots, env: Environment): string[] {
  const { telegram, agent, model, chatLimit } = settings;
  if (!telegram.botsFile) return [];
  if (!telegram.botToken) {
    return [
      'TELEGRAM_BOT_TOKEN is missing: the bots of TELEGRAM_BOTS_FILE come besides its bot (get one from @BotFather)',
    ];
  }
  const { botToken: token, webhookSecret, previousWebhookSecret } = telegram;
  const webhookSecrets = [webhookSecret, previousWebhookSecret].filter((secret) => secret !== undefined);
  const { bots, secrets, problems } = readBotsFile(telegram.botsFile, env, { token, webhookSecrets });
  telegram.bots = bots;
  telegram.secrets = secrets;
  agent.promptsOfBots = ofEach(bots, ({ systemPrompt }) => systemPrompt);
  model.modelsOfBots = ofEach(bots, (bot) => bot.model);
  chatLimit.limitsOfBots = ofEach(bots, ({ chatRateLimit }) => chatRateLimit);
  const lacking = bots.flatMap((bot) => {
    return lacks(bot, settings).map((reason) => `bot ${JSON.stringify(bot.name)}: ${reason}`);
  });
  return [...problems, ...lacking].map((problem) => `TELEGRAM_BOTS_FILE ${telegram.botsFile}: ${problem}`);
}

function ofEach<T>(bots: readonly BotProfile[], own: (bot: BotProfile) => T | null): ReadonlyMap<string, T> {
  const values = new Map<string, T>();
  for (const bot of bots) {
    const value = own(bot);
    if (value !== null) values.set(channelOfBot(bot.name), value);
  }
  return values;
}

/** The required settings of a bot besides valid fields. */
function lacks(bot: BotProfile, { server, telegram, model, budget }: OfBots): string[] {
  const reasons: string[] = [];
  const { receiving } = telegram;
  if (
    bot.webhookSecret === null &&
    (receiving === 'webhook' || (receiving === 'passive' && server.production))
  )
    reasons.push(
      `webhookSecret is missing: without it anybody could post updates (for example "${SECRET_EXAMPLE}")`,
    );
  if (server.production)
    for (const secret of [bot.webhookSecret, bot.previousWebhookSecret]) {
      const reason = secret === null ? null : guessableBecause(secret, [SECRET_EXAMPLE]);
      if (reason) reasons.push(`a webhookSecret ${reason} (for example by: openssl rand -hex 24)`);
    }
  if (bot.model === null || !(model.providers instanceof Map)) return reasons;
  if (!modelTarget(bot.model, model.providers))
    reasons.push(
      `model names a provider or model that is not there: "${bot.model}" (providers are in OPENAI_PROVIDERS)`,
    );
  else if (budget.countsMoney && !priceOf(budget.prices, modelNameOf(bot.model)))
    reasons.push(
      `MODEL_PRICES has no price for ${modelNameOf(bot.model)}, so no budget in dollars could hold`,
    );
  return reasons;
}

import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import type { ModelSettings } from './model.settings.js';
import type { ModelCaller } from './model-caller.js';

type Parameters = Partial<Omit<ChatCompletionCreateParamsNonStreaming, 'messages' | 'model' | 'stream'>>;

/**
 * The parameters that a model accepts, by its name. OpenAI's names are known; any other model gets what the settings
 * say.
 */
type Family = 'reasoning' | 'plain' | 'unknown';

/**
 * The parameters of a request to this model besides its content. Pure.
 * @param answerTokens the limit by the turn's budget; besides OPENAI_MAX_OUTPUT_TOKENS
 */
export function requestParameters(
  model: string,
  baseUrl: string,
  settings: Pick<ModelSettings, 'reasoningEffort' | 'maxOutputTokens' | 'temperature' | 'sendEndUser'>,
  caller: ModelCaller,
  answerTokens?: number | null,
): Parameters {
  const { reasoningEffort, maxOutputTokens, temperature, sendEndUser } = settings;
  const family = familyOf(model);
  const limits = [maxOutputTokens, answerTokens].filter((limit) => typeof limit === 'number');
  return {
    ...(reasoningEffort !== undefined && family !== 'plain' ? { reasoning_effort: reasoningEffort } : {}),
    ...(temperature !== undefined && family !== 'reasoning' ? { temperature } : {}),
    ...(limits.length === 0 ? {} : lengthLimit(family, Math.min(...limits))),
    ...(sendEndUser ? identity(baseUrl, caller) : {}),
  };
}

/** `o3`, `gpt-5.4-mini`, `openai/gpt-4.1`; those named `-chat` answer without reasoning. */
function familyOf(model: string): Family {
  const name = model.replace(/^.*\//, '').toLowerCase();
  if (/^(gpt-3|gpt-4|chatgpt)|^gpt-[\d.]+-chat/.test(name)) return 'plain';
  return /^(o\d|gpt-\d)/.test(name) ? 'reasoning' : 'unknown';
}

/** OpenAI's reasoning models refuse the older name, servers of other models may not know the newer one. */
function lengthLimit(family: Family, tokens: number): Parameters {
  return family === 'unknown' ? { max_tokens: tokens } : { max_completion_tokens: tokens };
}

/** These refuse a request with any unknown field. */
const STRICT_HOSTS = /(^|\.)(mistral\.ai|googleapis\.com)$/;

/**
 * OpenAI itself has newer names, one for abuse and one for its prompt cache; elsewhere `user` is the name that has
 * always been in the API.
 * Source: https://platform.openai.com/docs/guides/safety-best-practices#safety-identifiers
 */
function identity(baseUrl: string, { endUser, cacheKey }: ModelCaller): Parameters {
  const { hostname } = new URL(baseUrl);
  if (/(^|\.)openai\.com$/.test(hostname)) return { safety_identifier: endUser, prompt_cache_key: cacheKey };
  return STRICT_HOSTS.test(hostname) ? {} : { user: endUser };
}

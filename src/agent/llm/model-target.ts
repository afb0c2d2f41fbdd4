import { splitName } from '../../platform/config/variable.js';

/** The provider of OPENAI_BASE_URL and OPENAI_API_KEY; not a name that a setting can define. */
export const DEFAULT_PROVIDER = '(default)';

/** A model and its provider. */
export interface ModelTarget {
  readonly provider: string;
  readonly model: string;
}

/**
 * Reads `model`, of the default provider, or `provider=model`. Models' own names hold `/` and `:`, not `=`.
 * @returns null if there is no provider of that name, or no model behind it
 */
export function modelTarget(text: string, providers: ReadonlyMap<string, string>): ModelTarget | null {
  if (!text.includes('=')) return { provider: DEFAULT_PROVIDER, model: text };
  const [provider, model] = splitName(text) ?? ['', ''];
  return providers.has(provider) && model !== '' ? { provider, model } : null;
}

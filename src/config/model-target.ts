import { splitName } from './variable.js';

/** The provider of OPENAI_BASE_URL and OPENAI_API_KEY; no name that a setting can give. */
export const DEFAULT_PROVIDER = '(default)';

/** A model, and whom to ask for it. */
export interface ModelTarget {
  readonly provider: string;
  readonly model: string;
}

/**
 * Reads `model`, of the default provider, or `provider=model`. Models' own names hold `/` and `:`, not `=`.
 * @returns null where there is no provider of that name, or no model behind it
 */
export function modelTarget(text: string, providers: ReadonlyMap<string, string>): ModelTarget | null {
  if (!text.includes('=')) return { provider: DEFAULT_PROVIDER, model: text };
  const [provider, model] = splitName(text) ?? ['', ''];
  return providers.has(provider) && model !== '' ? { provider, model } : null;
}

/** The model's own name, without its provider: what it costs is told by that. */
export function modelNameOf(text: string): string {
  return text.slice(text.indexOf('=') + 1);
}

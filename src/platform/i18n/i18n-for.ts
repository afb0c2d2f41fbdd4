import { de } from './de.js';
import { en } from './en.js';
import { es } from './es.js';
import { ru } from './ru.js';
import type { I18n } from './i18n.js';
import { zh } from './zh.js';

/** By their ISO 639-1 code. */
export const languages = { en, de, es, zh, ru } as const satisfies Readonly<Record<string, I18n>>;

const known: ReadonlyMap<string, I18n> = new Map(Object.entries(languages));

/**
 * The messages for a person whose app is set to this language.
 * @param languageCode an IETF tag such as `de`, `de-AT` or `zh-hans`: its first part counts; null, or an unsupported
 * language: English
 */
export function i18nFor(languageCode: string | null | undefined): I18n {
  const [language = ''] = (languageCode ?? '').trim().toLowerCase().split(/[-_]/);
  return known.get(language) ?? en;
}

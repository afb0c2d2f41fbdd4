import { de } from './de.js';
import { en } from './en.js';
import { es } from './es.js';
import { ru } from './ru.js';
import type { Texts } from './texts.js';
import { zh } from './zh.js';

/** By their ISO 639-1 code. */
export const languages = { en, de, es, zh, ru } as const satisfies Readonly<Record<string, Texts>>;

const known: ReadonlyMap<string, Texts> = new Map(Object.entries(languages));

/**
 * The texts for a person whose app is set to this language.
 * @param languageCode an IETF tag such as `de`, `de-AT` or `zh-hans`: its first part counts; null, or a language that
 * there is not: English
 */
export function textsFor(languageCode: string | null | undefined): Texts {
  const [language = ''] = (languageCode ?? '').trim().toLowerCase().split(/[-_]/);
  return known.get(language) ?? en;
}

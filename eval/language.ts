import { eld } from 'eld/small';

/** Those that dialogues are held in, and the nearest ones that they could be taken for. */
const LANGUAGES = ['en', 'de', 'es', 'fr', 'it', 'nl', 'pt'];

eld.setLanguageSubset(LANGUAGES);

/** ISO 639-1 of one of the languages of the dialogues; null where a text has none, as a number. */
export function languageOf(text: string): string | null {
  return eld.detect(text).language || null;
}

import { eld } from 'eld/small';

/** The languages of dialogues, and the nearest ones that they could be mistaken for. */
const LANGUAGES = ['en', 'de', 'es', 'fr', 'it', 'nl', 'pt'];

eld.setLanguageSubset(LANGUAGES);

/** ISO 639-1 of one of the languages of the dialogues; null for a text without one, such as a number. */
export function languageOf(text: string): string | null {
  return eld.detect(text).language || null;
}

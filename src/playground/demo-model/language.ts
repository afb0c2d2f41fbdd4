/** The languages in which the demo model answers. */
export type Language = 'en' | 'de' | 'es';

/** Words that most sentences of the language have, and few of others. */
const WORDS: Readonly<Record<Language, ReadonlySet<string>>> = {
  en: new Set('the is are what how i you my me and of to that please do does hello'.split(' ')),
  de: new Set('ist sind was wie ich du mein mir und der die das dass ein viel bitte hallo kannst'.split(' ')),
  es: new Set('es son qué que cómo cuánto yo mi me el la los una un por favor hola estoy puedes'.split(' ')),
};

/** The language of a text by its commonest words; English if they do not decide. Pure. */
export function languageIn(text: string): Language {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const score = (language: Language) => words.filter((word) => WORDS[language].has(word)).length;
  const [de, es] = [score('de'), score('es')];
  if (Math.max(de, es) <= score('en')) return 'en';
  return es > de ? 'es' : 'de';
}

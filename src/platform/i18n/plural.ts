type Forms = Partial<Readonly<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };

/**
 * A count with its noun, by the plural rules of the language: https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html
 *
 * @example
 * counter('ru', { one: 'токен', few: 'токена', many: 'токенов', other: 'токена' })(22n) // '22 токена'
 */
export function counter(locale: string, forms: Forms): (count: bigint) => string {
  const rules = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);
  return (count) => `${numbers.format(count)} ${forms[rules.select(Number(count))] ?? forms.other}`;
}

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMarkdown } from '../../telegram/formatting/format-markdown.js';
import { languages, i18nFor } from './i18n-for.js';
import type { I18n } from './i18n.js';

const commands = ['start', 'help', 'reset', 'stop', 'mode', 'memory', 'usage', 'schedules'] as const;
const all = Object.entries(languages);
const amount = '5';

/** Every message of a language, with arguments if it takes some. */
function allOf(i18n: I18n): string[] {
  const { usage, schedules, approvals, pairing, budget } = i18n;
  const line = { number: 7, time: 'noon', rule: '0 9 * * *', text: 'tea' };
  return [
    ...Object.values(i18n).filter((text) => typeof text === 'string'),
    ...Object.values(budget),
    ...(['queue', 'steer', 'interrupt', 'collect'] as const).map((mode) => i18n.mode(mode)),
    i18n.memory(['likes tea'], 'We spoke.'),
    i18n.memory([], ''),
    i18n.refusal.person('5'),
    i18n.refusal.group('-100'),
    i18n.working(['clock', 'sum']),
    i18n.waiting(3, { count: 1, unit: 'minute' }),
    i18n.waiting(null, { count: 40, unit: 'second' }),
    usage.title,
    ...([null, 'user', 'chat'] as const).flatMap((of) => [usage.today(of, amount), usage.month(of, amount)]),
    usage.left(amount),
    schedules.list([schedules.line(line), schedules.line({ ...line, rule: null })], 7),
    schedules.none,
    schedules.usage,
    schedules.cancelled('tea'),
    schedules.unknown(9),
    approvals.question,
    ...Object.values(approvals.why),
    approvals.byOperator('5'),
    approvals.waiting(['clock']),
    approvals.operator,
    pairing.byOperator('5'),
    ...(['approved', 'denied', 'expired', 'withdrawn'] as const).flatMap((ending) => [
      approvals.ending(ending, null),
      approvals.ending(ending, 'Ada'),
    ]),
  ];
}

/** Telegram shows these without formatting. */
function plainOf({ menu, approvals }: I18n): string[] {
  const { approve, deny, notYours, decided, decidedAlready } = approvals;
  return [...Object.values(menu), approve, deny, notYours, decided, decidedAlready];
}

describe('i18nFor', () => {
  it.each([
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE', 'de'],
    ['es-419', 'es'],
    ['zh-hans', 'zh'],
    ['zh-hant-tw', 'zh'],
    ['zh_CN', 'zh'],
    ['ru', 'ru'],
    ['en-gb', 'en'],
    ['pt-br', 'en'],
    ['deu', 'en'],
    ['', 'en'],
    [null, 'en'],
    [undefined, 'en'],
    ['constructor', 'en'],
    ['__proto__', 'en'],
  ] as const)('maps %j to %s', (code, language) => {
    expect(i18nFor(code)).toBe(languages[language]);
  });

  it('returns messages for any language code', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (code) => i18nFor(code).start !== ''));
  });
});

describe('The messages', () => {
  it.each(all)('of %s are valid Markdown: no mark is left', (_name, i18n) => {
    for (const text of allOf(i18n)) {
      expect(text.trim()).not.toBe('');
      expect(formatMarkdown(text).text).not.toMatch(/\*\*|(^|\s)_|_($|\s)|`/);
    }
    for (const text of plainOf(i18n)) expect(text).not.toMatch(/[*_`]/);
  });

  it.each(all)('of %s describe every command, and each within the limit of its menu', (_name, i18n) => {
    for (const command of commands) {
      expect(i18n.help).toContain(`/${command}`);
      expect(i18n.menu[command].length).toBeLessThanOrEqual(256);
    }
  });

  it.each(all)('of %s differ from the English ones', (name, i18n) => {
    if (name === 'en') return;
    const english = new Set([...allOf(languages.en), ...plainOf(languages.en)]);
    const shared = [...allOf(i18n), ...plainOf(i18n)].filter((text) => english.has(text));
    // A list of tools has no words.
    expect(shared).toEqual(name === 'zh' ? [] : [i18n.working(['clock', 'sum'])]);
  });

  it.each(all)('of %s are written in a locale that this machine knows', (_name, { locale }) => {
    expect(new Intl.NumberFormat(locale).resolvedOptions().locale).toBe(locale);
  });
});

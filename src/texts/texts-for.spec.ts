import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMarkdown } from '../telegram/formatting/format-markdown.js';
import { languages, textsFor } from './texts-for.js';
import type { Texts } from './texts.js';

const commands = ['start', 'help', 'reset', 'stop', 'mode', 'memory', 'usage', 'schedules'] as const;
const all = Object.entries(languages);
const amount = '5';

/** Every text of a language, with arguments where it takes some. */
function allOf(texts: Texts): string[] {
  const { usage, schedules, approvals, budget } = texts;
  const line = { number: 7, time: 'noon', rule: '0 9 * * *', text: 'tea' };
  return [
    ...Object.values(texts).filter((text) => typeof text === 'string'),
    ...Object.values(budget),
    ...(['queue', 'steer', 'interrupt', 'collect'] as const).map((mode) => texts.mode(mode)),
    texts.memory(['likes tea'], 'We spoke.'),
    texts.memory([], ''),
    texts.refusal.person('5'),
    texts.refusal.group('-100'),
    texts.working(['clock', 'sum']),
    texts.waiting(3, { count: 1, unit: 'minute' }),
    texts.waiting(null, { count: 40, unit: 'second' }),
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
    approvals.waiting(['clock']),
    approvals.operator,
    ...(['approved', 'denied', 'expired', 'withdrawn'] as const).flatMap((ending) => [
      approvals.ending(ending, null),
      approvals.ending(ending, 'Ada'),
    ]),
  ];
}

/** Shown by Telegram as they are. */
function plainOf({ menu, approvals }: Texts): string[] {
  const { approve, deny, notYours, decided, decidedAlready } = approvals;
  return [...Object.values(menu), approve, deny, notYours, decided, decidedAlready];
}

describe('textsFor', () => {
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
  ] as const)('takes %j for %s', (code, language) => {
    expect(textsFor(code)).toBe(languages[language]);
  });

  it('has texts for whatever a client calls its language', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (code) => textsFor(code).start !== ''));
  });
});

describe('the texts', () => {
  it.each(all)('of %s leave no mark of their Markdown behind', (_name, texts) => {
    for (const text of allOf(texts)) {
      expect(text.trim()).not.toBe('');
      expect(formatMarkdown(text).text).not.toMatch(/\*\*|(^|\s)_|_($|\s)|`/);
    }
    for (const text of plainOf(texts)) expect(text).not.toMatch(/[*_`]/);
  });

  it.each(all)('of %s describe every command, and each within what its menu holds', (_name, texts) => {
    for (const command of commands) {
      expect(texts.help).toContain(`/${command}`);
      expect(texts.menu[command].length).toBeLessThanOrEqual(256);
    }
  });

  it.each(all)('of %s are their own', (name, texts) => {
    if (name === 'en') return;
    const english = new Set([...allOf(languages.en), ...plainOf(languages.en)]);
    const shared = [...allOf(texts), ...plainOf(texts)].filter((text) => english.has(text));
    // A list of tools has no words.
    expect(shared).toEqual(name === 'zh' ? [] : [texts.working(['clock', 'sum'])]);
  });

  it.each(all)('of %s are written in a locale that this machine knows', (_name, { locale }) => {
    expect(new Intl.NumberFormat(locale).resolvedOptions().locale).toBe(locale);
  });
});

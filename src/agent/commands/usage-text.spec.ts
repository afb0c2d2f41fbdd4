import { describe, expect, it } from 'vitest';
import type { Amount, Limit } from '../../budget/amount.js';
import type { Usage } from '../../budget/usage.repository.js';
import { de } from '../../texts/de.js';
import { en } from '../../texts/en.js';
import { ru } from '../../texts/ru.js';
import type { Texts } from '../../texts/texts.js';
import { usageText } from './usage-text.js';

const nothing: Amount = { tokens: 0n, microUsd: 0n };
const unlimited: Limit = { tokens: null, microUsd: null };
const usage = (scope: 'user' | 'chat', change: Partial<Usage> = {}): Usage => ({
  scope,
  today: { tokens: 1_234n, microUsd: 12_340n },
  reserved: nothing,
  month: { tokens: 1_234_567n, microUsd: 12_345_678n },
  limit: unlimited,
  ...change,
});
const lines = (usages: readonly Usage[], chat: 'private' | 'group', texts: Texts = en) =>
  usageText(usages, chat, texts).split('\n').slice(1);

describe('the answer to /usage', () => {
  it('tells today and this month, in tokens and dollars', () => {
    expect(lines([usage('user'), usage('chat')], 'private')).toEqual([
      '- today: 1,234 tokens, $0.0123',
      '- this month: 1,234,567 tokens, $12.35',
    ]);
  });

  it('tells a group apart from who asks', () => {
    const limit = { tokens: 2_000n, microUsd: 1_000_000n };
    expect(lines([usage('user'), usage('chat', { limit })], 'group')).toEqual([
      '- you, today: 1,234 tokens, $0.0123',
      '- you, this month: 1,234,567 tokens, $12.35',
      '- this chat, today: 1,234 tokens, $0.0123; left: 766 tokens, $0.9877',
      '- this chat, this month: 1,234,567 tokens, $12.35',
    ]);
  });

  it('leaves what the tighter budget leaves, less what a running turn has reserved, and never less than nothing', () => {
    const user = usage('user', { limit: { tokens: 5_000n, microUsd: null } });
    const chat = usage('chat', {
      limit: { tokens: 2_000n, microUsd: 10_000n },
      reserved: { tokens: 700n, microUsd: 0n },
    });
    expect(lines([user, chat], 'private')[0]).toBe('- today: 1,234 tokens, $0.0123; left: 66 tokens, $0.00');
  });

  it('says nothing of money where nothing has a price, and tells the chat where nobody is known', () => {
    const free = { today: { tokens: 1n, microUsd: 0n }, month: { tokens: 2n, microUsd: 0n } };
    expect(lines([usage('chat', free)], 'group')).toEqual([
      '- this chat, today: 1 token',
      '- this chat, this month: 2 tokens',
    ]);
    expect(lines([usage('chat', free)], 'private')).toEqual(['- today: 1 token', '- this month: 2 tokens']);
  });

  it('writes numbers, sums and nouns as the language does', () => {
    expect(lines([usage('chat')], 'group', de)).toEqual([
      '- dieser Chat, heute: 1.234 Tokens, 0,0123\u00a0$',
      '- dieser Chat, in diesem Monat: 1.234.567 Tokens, 12,35\u00a0$',
    ]);
    const counts = [1n, 22n, 5n, 1_001n].map((tokens) => {
      const amount = { tokens, microUsd: 0n };
      return lines([usage('user', { today: amount, month: amount })], 'private', ru)[0];
    });
    expect(counts).toEqual([
      '- сегодня: 1 токен',
      '- сегодня: 22 токена',
      '- сегодня: 5 токенов',
      '- сегодня: 1\u00a0001 токен',
    ]);
  });
});

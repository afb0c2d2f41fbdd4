import { describe, expect, it } from 'vitest';
import type { Amount, Limit } from '../../budget/amount.js';
import type { Usage } from '../../budget/usage.repository.js';
import { de } from '../../platform/i18n/de.js';
import { en } from '../../platform/i18n/en.js';
import { ru } from '../../platform/i18n/ru.js';
import type { I18n } from '../../platform/i18n/i18n.js';
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
const lines = (usages: readonly Usage[], chat: 'private' | 'group', i18n: I18n = en) =>
  usageText(usages, chat, i18n).split('\n').slice(1);

describe('The answer to /usage', () => {
  it('shows today and this month, in tokens and dollars', () => {
    expect(lines([usage('user'), usage('chat')], 'private')).toEqual([
      '- today: 1,234 tokens, $0.0123',
      '- this month: 1,234,567 tokens, $12.35',
    ]);
  });

  it('separates a group from the asker', () => {
    const limit = { tokens: 2_000n, microUsd: 1_000_000n };
    expect(lines([usage('user'), usage('chat', { limit })], 'group')).toEqual([
      '- you, today: 1,234 tokens, $0.0123',
      '- you, this month: 1,234,567 tokens, $12.35',
      '- this chat, today: 1,234 tokens, $0.0123; left: 766 tokens, $0.9877',
      '- this chat, this month: 1,234,567 tokens, $12.35',
    ]);
  });

  it('shows the remainder of the tighter budget, less a running turn’s reservation, and never less than zero', () => {
    const user = usage('user', { limit: { tokens: 5_000n, microUsd: null } });
    const chat = usage('chat', {
      limit: { tokens: 2_000n, microUsd: 10_000n },
      reserved: { tokens: 700n, microUsd: 0n },
    });
    expect(lines([user, chat], 'private')[0]).toBe('- today: 1,234 tokens, $0.0123; left: 66 tokens, $0.00');
  });

  it('omits money without prices, and shows the chat for an unknown asker', () => {
    const free = { today: { tokens: 1n, microUsd: 0n }, month: { tokens: 2n, microUsd: 0n } };
    expect(lines([usage('chat', free)], 'group')).toEqual([
      '- this chat, today: 1 token',
      '- this chat, this month: 2 tokens',
    ]);
    expect(lines([usage('chat', free)], 'private')).toEqual(['- today: 1 token', '- this month: 2 tokens']);
  });

  it('formats numbers, sums and nouns by the language', () => {
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

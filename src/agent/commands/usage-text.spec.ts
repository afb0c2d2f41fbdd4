import { describe, expect, it } from 'vitest';
import type { Amount, Limit } from '../../budget/amount.js';
import type { Usage } from '../../budget/usage.repository.js';
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
const lines = (...given: Parameters<typeof usageText>) =>
  usageText(...given)
    .split('\n')
    .slice(1);

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
});

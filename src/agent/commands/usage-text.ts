import { type Amount, left, type Limit, limits, plus, tighter } from '../../budget/amount.js';
import type { Usage } from '../../budget/usage.repository.js';

/**
 * The answer to /usage, in Markdown. In a private chat the user and the chat are one and the same to who reads it: the
 * user's figures, and what both leave. Pure.
 */
export function usageText(usages: readonly Usage[], chat: 'private' | 'group'): string {
  const user = usages.find(({ scope }) => scope === 'user');
  const shown = chat === 'private' && user ? [user] : usages;
  const whole = usages.map(leftToday).reduce(tighter, unlimited);
  const lines = shown.flatMap((usage) => {
    const whose = chat === 'private' ? '' : usage.scope === 'user' ? 'you, ' : 'this chat, ';
    const remaining = chat === 'private' ? whole : leftToday(usage);
    return [
      `- ${whose}today: ${amountText(usage.today)}${leftText(remaining)}`,
      `- ${whose}this month: ${amountText(usage.month)}`,
    ];
  });
  return ['**What was used** (days and months are those of UTC)', ...lines].join('\n');
}

const unlimited: Limit = { tokens: null, microUsd: null };

function leftToday({ limit, today, reserved }: Usage): Limit {
  return left(limit, plus(today, reserved));
}

function leftText(remaining: Limit): string {
  if (!limits(remaining)) return '';
  const { tokens, microUsd } = remaining;
  const parts = [tokens === null ? [] : tokensText(tokens), microUsd === null ? [] : dollarsText(microUsd)];
  return `; left: ${parts.flat().join(', ')}`;
}

function amountText({ tokens, microUsd }: Amount): string {
  return microUsd === 0n ? tokensText(tokens) : `${tokensText(tokens)}, ${dollarsText(microUsd)}`;
}

function tokensText(tokens: bigint): string {
  return `${tokens.toLocaleString('en-US')} ${tokens === 1n ? 'token' : 'tokens'}`;
}

/** A dollar and more in cents, less than that in hundredths of a cent. */
function dollarsText(microUsd: bigint): string {
  const digits = microUsd >= 1_000_000n || microUsd === 0n ? 2 : 4;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `$${(Number(microUsd) / 1_000_000).toLocaleString('en-US', format)}`;
}

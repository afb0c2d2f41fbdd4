import { type Amount, left, type Limit, limits, plus, tighter } from '../../budget/amount.js';
import type { Usage } from '../../budget/usage.repository.js';
import type { Texts } from '../../texts/texts.js';

/**
 * The answer to /usage, in Markdown. In a private chat the user and the chat are one and the same to who reads it: the
 * user's figures, and what both leave. Pure.
 */
export function usageText(usages: readonly Usage[], chat: 'private' | 'group', texts: Texts): string {
  const user = usages.find(({ scope }) => scope === 'user');
  const shown = chat === 'private' && user ? [user] : usages;
  const whole = usages.map(leftToday).reduce(tighter, unlimited);
  const lines = shown.flatMap((usage) => {
    const whose = chat === 'private' ? null : usage.scope;
    const remaining = chat === 'private' ? whole : leftToday(usage);
    return [
      `- ${texts.usage.today(whose, amountText(usage.today, texts))}${leftText(remaining, texts)}`,
      `- ${texts.usage.month(whose, amountText(usage.month, texts))}`,
    ];
  });
  return [texts.usage.title, ...lines].join('\n');
}

const unlimited: Limit = { tokens: null, microUsd: null };

function leftToday({ limit, today, reserved }: Usage): Limit {
  return left(limit, plus(today, reserved));
}

function leftText(remaining: Limit, texts: Texts): string {
  if (!limits(remaining)) return '';
  const { tokens, microUsd } = remaining;
  const parts = [
    tokens === null ? [] : texts.usage.tokens(tokens),
    microUsd === null ? [] : dollarsText(microUsd, texts),
  ];
  return texts.usage.left(parts.flat().join(', '));
}

function amountText({ tokens, microUsd }: Amount, texts: Texts): string {
  const counted = texts.usage.tokens(tokens);
  return microUsd === 0n ? counted : `${counted}, ${dollarsText(microUsd, texts)}`;
}

/** A dollar and more in cents, less than that in hundredths of a cent. */
function dollarsText(microUsd: bigint, { locale }: Texts): string {
  const digits = microUsd >= 1_000_000n || microUsd === 0n ? 2 : 4;
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return format.format(Number(microUsd) / 1_000_000);
}

import { type Amount, left, type Limit, limits, plus, tighter } from '../../budget/amount.js';
import type { Usage } from '../../budget/usage.repository.js';
import type { I18n } from '../../platform/i18n/i18n.js';

/**
 * The answer to /usage, in Markdown. In a private chat the user and the chat are the same to the reader: the user's
 * figures, and the smaller remainder. Pure.
 */
export function usageText(usages: readonly Usage[], chat: 'private' | 'group', i18n: I18n): string {
  const user = usages.find(({ scope }) => scope === 'user');
  const shown = chat === 'private' && user ? [user] : usages;
  const whole = usages.map(leftToday).reduce(tighter, unlimited);
  const lines = shown.flatMap((usage) => {
    const whose = chat === 'private' ? null : usage.scope;
    const remaining = chat === 'private' ? whole : leftToday(usage);
    return [
      `- ${i18n.usage.today(whose, amountText(usage.today, i18n))}${leftText(remaining, i18n)}`,
      `- ${i18n.usage.month(whose, amountText(usage.month, i18n))}`,
    ];
  });
  return [i18n.usage.title, ...lines].join('\n');
}

const unlimited: Limit = { tokens: null, microUsd: null };

function leftToday({ limit, today, reserved }: Usage): Limit {
  return left(limit, plus(today, reserved));
}

function leftText(remaining: Limit, i18n: I18n): string {
  if (!limits(remaining)) return '';
  const { tokens, microUsd } = remaining;
  const parts = [
    tokens === null ? [] : i18n.usage.tokens(tokens),
    microUsd === null ? [] : dollarsText(microUsd, i18n),
  ];
  return i18n.usage.left(parts.flat().join(', '));
}

function amountText({ tokens, microUsd }: Amount, i18n: I18n): string {
  const counted = i18n.usage.tokens(tokens);
  return microUsd === 0n ? counted : `${counted}, ${dollarsText(microUsd, i18n)}`;
}

/** A dollar and more in cents, less than that in hundredths of a cent. */
function dollarsText(microUsd: bigint, { locale }: I18n): string {
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

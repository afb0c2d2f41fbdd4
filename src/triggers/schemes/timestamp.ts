import type { RefusalReason } from './verification.js';

/** The tolerance that Standard Webhooks, Stripe, Slack and HubSpot recommend. */
export const DEFAULT_TOLERANCE_SECONDS = 300;

/** From this number on a timestamp is in milliseconds: as seconds it would be the year 5138. */
const MILLISECONDS_FROM = 100_000_000_000;

/**
 * Checks when a request was signed, in both directions: a clock ahead of ours would otherwise sign requests that can be
 * repeated for longer.
 * @param text seconds or milliseconds since 1970, in decimal digits
 * @returns why the request is refused, or null if it is within the tolerance
 */
export function faultOfTimestamp(
  text: string | null,
  nowMs: number,
  toleranceSeconds: number,
): RefusalReason | null {
  if (text === null) return 'missing-timestamp';
  if (!/^\d{1,15}$/.test(text)) return 'malformed-timestamp';
  const number = Number(text);
  const signedMs = number < MILLISECONDS_FROM ? number * 1000 : number;
  if (nowMs - signedMs > toleranceSeconds * 1000) return 'stale';
  if (signedMs - nowMs > toleranceSeconds * 1000) return 'future';
  return null;
}

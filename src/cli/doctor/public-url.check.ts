import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect, type PeerCertificate } from 'node:tls';
import type { TelegramSettings } from '../../telegram/settings/telegram.settings.js';
import { type Finding, findingsAbout } from './finding.js';

const address = findingsAbout('address');
const tls = findingsAbout('TLS');
const secret = findingsAbout('secret');

const SHORT_SECRET = 16;
const DAY_MS = 24 * 3_600_000;
/** Let's Encrypt certificates are renewed with 30 of 90 days left: less than this means that the renewal fails. */
const EXPIRY_WARNING_DAYS = 14;
/** https://core.telegram.org/bots/webhooks#the-short-version */
const TELEGRAM_PORTS = new Set(['', '443', '80', '88', '8443']);

/**
 * Checks that Telegram can reach the webhook at PUBLIC_URL, over TLS it trusts, and that the webhook has our secret.
 */
export async function checkPublicUrl(
  { webhookUrl, webhookSecret, secretSetting, receiving }: TelegramSettings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (webhookUrl === null) {
    return receiving === 'polling'
      ? [address.skipped('PUBLIC_URL is unset: polling needs none')]
      : [address.skipped('PUBLIC_URL is unset, so it is not known from here')];
  }
  const url = new URL(webhookUrl);
  return [
    ...(await tlsFindings(url, signal)),
    ...(await doorFindings(url, webhookSecret, secretSetting, signal)),
    ...strengthFindings(webhookSecret, secretSetting),
  ];
}

async function tlsFindings(url: URL, signal: AbortSignal): Promise<Finding[]> {
  if (url.protocol !== 'https:') {
    return [
      tls.failed(
        `${url.origin} is not https, and Telegram delivers to nothing else`,
        'put a TLS proxy in front',
      ),
    ];
  }
  const port = TELEGRAM_PORTS.has(url.port)
    ? []
    : [
        tls.failed(
          `port ${url.port}: Telegram knows 443, 80, 88 and 8443`,
          'put PUBLIC_URL on one of these ports',
        ),
      ];
  try {
    const days = daysLeft(await certificateOf(url, signal));
    const says = `a trusted certificate, good for ${days} days`;
    return [
      ...port,
      days < EXPIRY_WARNING_DAYS ? tls.warning(says, 'see why it is not renewed') : tls.ok(says),
    ];
  } catch (error) {
    return [
      ...port,
      tls.failed(reasonOf(error), 'Telegram would refuse it too: mend the certificate or DNS'),
    ];
  }
}

/** The certificate that the server shows. @throws if the server cannot be reached or is not trusted */
async function certificateOf({ hostname, port }: URL, signal: AbortSignal): Promise<PeerCertificate> {
  const socket = connect({
    host: hostname,
    port: port === '' ? 443 : Number(port),
    ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
  });
  try {
    await once(socket, 'secureConnect', { signal });
    return socket.getPeerCertificate();
  } finally {
    socket.destroy();
  }
}

function daysLeft({ valid_to }: PeerCertificate): number {
  return Math.floor((Date.parse(valid_to) - Date.now()) / DAY_MS);
}

/** Two requests that store nothing: without the secret our webhook answers 401, with it that `update_id` is missing. */
async function doorFindings(
  url: URL,
  webhookSecret: string | undefined,
  secretSetting: string,
  signal: AbortSignal,
): Promise<Finding[]> {
  try {
    const stranger = await knock(url, {}, signal);
    if (stranger !== 401) {
      return [
        address.failed(
          `${url.href} answers ${stranger}, and this server’s door would say 401`,
          'see where the proxy leads, and that a process with APP_ROLE all or web runs behind it',
        ),
      ];
    }
    const door = address.ok(`${url.href} leads to the door`);
    if (webhookSecret === undefined) return [door];
    const known = await knock(url, { 'x-telegram-bot-api-secret-token': webhookSecret }, signal);
    return [
      door,
      known === 400
        ? secret.ok(`the server there has the same ${secretSetting}`)
        : secret.failed(
            `the server there answers ${known} to ${secretSetting}`,
            'start it with the settings that this command has',
          ),
    ];
  } catch (error) {
    return [address.failed(`${url.href}: ${reasonOf(error)}`, 'see that it can be reached from outside')];
  }
}

async function knock(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{}',
    redirect: 'manual',
    signal,
  });
  await response.body?.cancel();
  return response.status;
}

function strengthFindings(webhookSecret: string | undefined, secretSetting: string): Finding[] {
  if (webhookSecret === undefined || webhookSecret.length >= SHORT_SECRET) return [];
  return [
    secret.warning(
      `${secretSetting} has ${webhookSecret.length} characters`,
      'take a longer one: openssl rand -hex 32',
    ),
  ];
}

/** `fetch` hides the reason in `cause`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}

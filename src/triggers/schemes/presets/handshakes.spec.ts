import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Preset } from '../preset.js';
import type { SignedRequest } from '../signed-request.js';
import { verifyRequest } from '../verify-request.js';
import { discordPreset } from './discord.preset.js';
import { metaPreset } from './meta.preset.js';
import { slackPreset } from './slack.preset.js';
import { zoomPreset } from './zoom.preset.js';

const NOW_MS = 1_700_000_000_000;
const T = '1700000000';
const SECRET = 'secretValueTest';

const signatureOf = (body: string, secret: string): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${T}:${body}`).digest('hex')}`;

const ask = (
  preset: Preset,
  change: { body?: string; headers?: SignedRequest['headers']; url?: string; method?: string },
  secrets: readonly string[] = [SECRET],
) => {
  const { body = '', headers = {}, url = '/webhook/source', method = 'POST' } = change;
  const request = {
    method,
    url,
    publicUrl: `https://hooks.example.com${url}`,
    headers,
    body: Buffer.from(body),
  };
  return verifyRequest(preset, request, secrets, NOW_MS);
};
const wrong = { kind: 'refused', reason: 'wrong-signature' };

describe("Slack's handshake", () => {
  /** @see https://docs.slack.dev/reference/events/url_verification/ */
  const body =
    '{"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}';
  const headers = (secret = SECRET) => ({
    'x-slack-request-timestamp': T,
    'x-slack-signature': signatureOf(body, secret),
  });

  it('is answered with the challenge', () => {
    expect(ask(slackPreset, { body, headers: headers() })).toEqual({
      kind: 'handshake',
      answer: {
        status: 200,
        contentType: 'application/json',
        body: '{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}',
      },
    });
  });

  it('is refused with a wrong signature', () => {
    expect(ask(slackPreset, { body, headers: headers('other') })).toEqual(wrong);
    expect(ask(slackPreset, { body })).toEqual({ kind: 'refused', reason: 'missing-signature' });
  });
});

describe("Discord's handshake", () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const secrets = [Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url').toString('hex')];
  const body = '{"type":1}';
  const headers = (content: string) => ({
    'x-signature-timestamp': T,
    'x-signature-ed25519': sign(null, Buffer.from(T + content), privateKey).toString('hex'),
  });

  it('is answered with a PONG', () => {
    expect(ask(discordPreset, { body, headers: headers(body) }, secrets)).toMatchObject({
      kind: 'handshake',
      answer: { status: 200, contentType: 'application/json', body: '{"type":1}' },
    });
  });

  it('is refused with a wrong signature, as Discord tries', () => {
    expect(ask(discordPreset, { body, headers: headers('{"type":2}') }, secrets)).toEqual(wrong);
  });
});

describe("Zoom's handshake", () => {
  /** @see https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint */
  const body =
    '{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1654503849680,"event":"endpoint.url_validation"}';
  const headers = { 'x-zm-request-timestamp': T, 'x-zm-signature': signatureOf(body, SECRET) };

  it.each([[[SECRET]], [['other', SECRET]], [[SECRET, 'other']]])(
    'is answered by the secret that signed, of %j',
    (secrets) => {
      expect(ask(zoomPreset, { body, headers }, secrets)).toEqual({
        kind: 'handshake',
        answer: {
          status: 200,
          contentType: 'application/json',
          body: JSON.stringify({
            plainToken: 'qgg8vlvZRS6UYooatFL8Aw',
            encryptedToken: '70c1f2e2e6ca2d39297490d1f9142c7d701415ea8e6151f6562a08fa657a40ff',
          }),
        },
      });
    },
  );

  it('is refused with a wrong signature, since its answer signs a text of the sender', () => {
    expect(ask(zoomPreset, { body, headers }, ['other'])).toEqual(wrong);
  });
});

describe("Meta's handshake", () => {
  const secrets = ['app-secret', 'verify-token:meatyhamhock'];
  const get = (query: string, of = secrets) =>
    ask(metaPreset, { method: 'GET', url: `/webhook/meta?${query}` }, of);

  it('is answered with the challenge, as text', () => {
    const query = 'hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock';
    const answer = { status: 200, contentType: 'text/plain', body: '1158201444' };
    expect(get(query)).toEqual({ kind: 'handshake', answer });
  });

  it.each([
    'hub.mode=subscribe&hub.challenge=1&hub.verify_token=other',
    'hub.mode=subscribe&hub.challenge=1&hub.verify_token=',
    'hub.mode=subscribe&hub.challenge=1&hub.verify_token=app-secret',
    'hub.mode=subscribe&hub.challenge=1',
    'hub.mode=subscribe&hub.verify_token=meatyhamhock',
    'hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=meatyhamhock',
  ])('is refused for %s', (query) => {
    expect(get(query)).toEqual(wrong);
  });

  it.each([[[]], [['app-secret']], [['verify-token:']]])('is refused by the secrets %j', (others) => {
    expect(get('hub.mode=subscribe&hub.challenge=1&hub.verify_token=', others)).toEqual(wrong);
  });

  it('is needed for a GET', () => {
    expect(get('hub.challenge=1&hub.verify_token=meatyhamhock')).toEqual({
      kind: 'refused',
      reason: 'missing-signature',
    });
  });

  it('has a token that never signs', () => {
    const body = '{"object":"page"}';
    for (const key of ['meatyhamhock', 'verify-token:meatyhamhock']) {
      const signature = createHmac('sha256', key).update(body).digest('hex');
      expect(
        ask(metaPreset, { body, headers: { 'x-hub-signature-256': `sha256=${signature}` } }, secrets),
      ).toEqual(wrong);
    }
  });
});

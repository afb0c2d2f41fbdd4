import { generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { sign, verify } from '@octokit/webhooks-methods';
import { verifyKey } from 'discord-interactions';
import * as fc from 'fast-check';
import OpenAI from 'openai';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { Preset } from './preset.js';
import { discordPreset } from './presets/discord.preset.js';
import { githubPreset } from './presets/github.preset.js';
import { openaiPreset } from './presets/openai.preset.js';
import { standardWebhooksPreset } from './presets/standard-webhooks.preset.js';

const text = fc.string({ unit: 'binary', minLength: 1 });
/** In a header: no character that Node.js would not send. */
const id = fc.stringMatching(/^[\w-]{1,40}$/);
const nowMs = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000);

const isAuthentic = (
  { scheme }: Preset,
  secret: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  now = 0,
): boolean => {
  const url = '/webhook/source';
  const request = { method: 'POST', url, publicUrl: `https://hooks.example.com${url}`, headers, body };
  return scheme.verify(request, [secret], now).kind === 'authentic';
};

describe('Requests signed by the official library', () => {
  it('of Standard Webhooks are accepted', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), id, nowMs, text, (key, webhookId, now, body) => {
        const secret = `whsec_${Buffer.from(key).toString('base64')}`;
        const headers = {
          'webhook-id': webhookId,
          'webhook-timestamp': String(now / 1000),
          'webhook-signature': new Webhook(secret).sign(webhookId, new Date(now), body),
        };
        return isAuthentic(standardWebhooksPreset, secret, headers, Buffer.from(body), now);
      }),
    );
  });

  it('of GitHub are accepted, and no others', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, text, async (secret, body, other) => {
        const signature = await sign(secret, body);
        for (const sent of [body, other]) {
          const accepted = isAuthentic(
            githubPreset,
            secret,
            { 'x-hub-signature-256': signature },
            Buffer.from(sent),
          );
          expect(accepted).toBe(await verify(secret, sent, signature));
        }
      }),
    );
  });
});

describe('The official library', () => {
  it('of OpenAI accepts the same requests', async () => {
    const secret = 'whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=';
    const now = Date.now();
    const body = '{"id":"evt_1","type":"response.completed"}';
    const headers = {
      'webhook-id': 'wh_1',
      'webhook-timestamp': String(Math.floor(now / 1000)),
      'webhook-signature': new Webhook(secret).sign('wh_1', new Date(now), body),
    };
    const { webhooks } = new OpenAI({ apiKey: 'unused' });
    await expect(webhooks.verifySignature(body, headers, secret)).resolves.toBeUndefined();
    expect(isAuthentic(openaiPreset, secret, headers, Buffer.from(body), now)).toBe(true);
  });

  it('of Discord accepts the same requests', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const key = Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url').toString('hex');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.uint8Array(), nowMs, async (bytes, other, now) => {
        const timestamp = String(now / 1000);
        const content = Buffer.concat([Buffer.from(timestamp), bytes]);
        const signature = signBytes(null, content, privateKey).toString('hex');
        const headers = { 'x-signature-timestamp': timestamp, 'x-signature-ed25519': signature };
        for (const sent of [bytes, other].map((one) => Buffer.from(one))) {
          const accepted = isAuthentic(discordPreset, key, headers, sent, now);
          expect(accepted).toBe(await verifyKey(sent, signature, timestamp, key));
        }
      }),
    );
  });

  it('of Standard Webhooks takes two bodies for one where they are not UTF-8, which the scheme does not', () => {
    const secret = 'whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=';
    const webhook = new Webhook(secret);
    const [sent, changed] = [Buffer.from([0x22, 0xff, 0x22]), Buffer.from([0x22, 0xfe, 0x22])];
    const signature = webhook.sign('msg_1', new Date(0), sent);
    expect(webhook.sign('msg_1', new Date(0), changed)).toBe(signature);
    const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': '0', 'webhook-signature': signature };
    expect(isAuthentic(standardWebhooksPreset, secret, headers, changed)).toBe(false);
  });
});

import { createHmac, createPrivateKey, sign } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { alertmanagerPreset } from './alertmanager.preset.js';
import { basicPreset } from './basic.preset.js';
import { bearerPreset } from './bearer.preset.js';
import { discordPreset } from './discord.preset.js';
import { type Example, example, SIGNED_AT_SECONDS } from './example.fixture.js';
import { gitlabPreset } from './gitlab.preset.js';
import { grafanaPreset } from './grafana.preset.js';
import { intercomPreset } from './intercom.preset.js';
import { linearPreset } from './linear.preset.js';
import { metaPreset } from './meta.preset.js';
import { openaiPreset } from './openai.preset.js';
import { sentryPreset } from './sentry.preset.js';
import { shopifyPreset } from './shopify.preset.js';
import { slackPreset } from './slack.preset.js';
import { standardWebhooksPreset } from './standard-webhooks.preset.js';
import { vercelPreset } from './vercel.preset.js';
import { zoomPreset } from './zoom.preset.js';

const T = String(SIGNED_AT_SECONDS);
const secrets = { secret: 'a-secret-of-the-tests', otherSecret: 'a-secret-of-the-testS' };
const tokens = {
  secret: 'whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=',
  otherSecret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
};

const hex = (content: string, algorithm = 'sha256'): string =>
  createHmac(algorithm, secrets.secret).update(content).digest('hex');

/** The requests that the official library of Standard Webhooks signs. */
const standardHeaders = (body: string) => ({
  'webhook-id': 'msg_1',
  'webhook-timestamp': T,
  'webhook-signature': new Webhook(tokens.secret).sign('msg_1', new Date(SIGNED_AT_SECONDS * 1000), body),
});
const standard = {
  ...tokens,
  signature: 'webhook-signature',
  needs: ['webhook-id', 'webhook-timestamp'],
  isTimed: true,
};

/** The first key pair of RFC 8032, section 7.1, and the second public key. */
const ED25519 = {
  private: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
  public: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  other: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
};
const ed25519 = (content: string): string => {
  const [d, x] = [ED25519.private, ED25519.public].map((key) =>
    Buffer.from(key, 'hex').toString('base64url'),
  );
  const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x }, format: 'jwk' });
  return sign(null, Buffer.from(content), key).toString('hex');
};

const BODIES = {
  typed: '{"id":"evt_1","type":"response.completed","text":"ä"}',
  alert: '{"status":"firing","groupKey":"{}:{alertname=\\"x\\"}","alerts":[]}',
  discord: '{"id":"786008729715212338","type":2,"data":{"name":"cardsearch"}}',
  linear: `{"action":"create","type":"Issue","webhookTimestamp":${T}000}`,
  slack: '{"type":"event_callback","event_id":"Ev123ABC456","event":{"type":"app_mention"}}',
  zoom: '{"event":"meeting.started","payload":{"object":{"id":"1"}},"event_ts":1614265330000}',
  meta: '{"object":"whatsapp_business_account","entry":[]}',
  intercom: '{"type":"notification_event","topic":"conversation.user.created","id":"notif_1"}',
};

const alertmanager = {
  preset: alertmanagerPreset,
  body: BODIES.alert,
  signature: 'authorization',
  eventType: 'firing',
};
const BASIC = { secret: 'Aladdin:open sesame', otherSecret: 'Aladdin:open', signature: 'authorization' };
/** @see https://www.rfc-editor.org/rfc/rfc7617#section-2 */
const BASIC_HEADER = { authorization: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==' };

/**
 * For these providers no signed example is published. Here the official library of Standard Webhooks signs, or an
 * expression of the documented formula that shares no code with the schemes.
 */
export const computedExamples: readonly Example[] = [
  ...[standardWebhooksPreset, openaiPreset].map((preset) =>
    example({
      ...standard,
      preset,
      body: BODIES.typed,
      headers: standardHeaders(BODIES.typed),
      deliveryId: 'msg_1',
      eventType: 'response.completed',
    }),
  ),
  example({
    ...standard,
    preset: gitlabPreset,
    case: 'with a signing token',
    body: '{"object_kind":"push"}',
    headers: {
      ...standardHeaders('{"object_kind":"push"}'),
      'idempotency-key': 'msg_1',
      'x-gitlab-event': 'Push Hook',
    },
    deliveryId: 'msg_1',
    eventType: 'Push Hook',
  }),
  example({
    ...secrets,
    preset: gitlabPreset,
    case: 'with a secret token',
    body: '{"object_kind":"push"}',
    signature: 'x-gitlab-token',
    headers: { 'x-gitlab-token': secrets.secret, 'idempotency-key': 'msg_2' },
    deliveryId: 'msg_2',
  }),
  example({
    ...secrets,
    preset: slackPreset,
    body: BODIES.slack,
    signature: 'x-slack-signature',
    headers: {
      'x-slack-request-timestamp': T,
      'x-slack-signature': `v0=${hex(`v0:${T}:${BODIES.slack}`)}`,
    },
    needs: ['x-slack-request-timestamp'],
    isTimed: true,
    deliveryId: 'Ev123ABC456',
    eventType: 'app_mention',
  }),
  example({
    preset: discordPreset,
    secret: ED25519.public,
    otherSecret: ED25519.other,
    body: BODIES.discord,
    signature: 'x-signature-ed25519',
    headers: { 'x-signature-timestamp': T, 'x-signature-ed25519': ed25519(T + BODIES.discord) },
    needs: ['x-signature-timestamp'],
    isTimed: true,
    deliveryId: '786008729715212338',
    eventType: '2',
  }),
  example({
    ...secrets,
    preset: shopifyPreset,
    body: BODIES.typed,
    signature: 'x-shopify-hmac-sha256',
    headers: {
      'x-shopify-hmac-sha256': Buffer.from(hex(BODIES.typed), 'hex').toString('base64'),
      'x-shopify-webhook-id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
      'x-shopify-topic': 'orders/create',
    },
    deliveryId: 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
    eventType: 'orders/create',
  }),
  example({
    ...secrets,
    preset: linearPreset,
    body: BODIES.linear,
    signature: 'linear-signature',
    headers: {
      'linear-signature': hex(BODIES.linear),
      'linear-delivery': '234d1a4e-b617-4388-90fe-adc3633d6b72',
      'linear-event': 'Issue',
    },
    isTimed: true,
    deliveryId: '234d1a4e-b617-4388-90fe-adc3633d6b72',
    eventType: 'Issue',
  }),
  example({
    ...secrets,
    preset: sentryPreset,
    body: BODIES.typed,
    signature: 'sentry-hook-signature',
    headers: {
      'sentry-hook-signature': hex(BODIES.typed),
      'request-id': 'a0f8c1d2',
      'sentry-hook-resource': 'issue',
    },
    deliveryId: 'a0f8c1d2',
    eventType: 'issue',
  }),
  example({
    ...secrets,
    preset: grafanaPreset,
    case: 'with a time',
    body: BODIES.alert,
    signature: 'x-grafana-alerting-signature',
    headers: {
      'x-grafana-alerting-timestamp': T,
      'x-grafana-alerting-signature': hex(`${T}:${BODIES.alert}`),
    },
    needs: ['x-grafana-alerting-timestamp'],
    isTimed: true,
    eventType: 'firing',
  }),
  example({
    ...secrets,
    preset: grafanaPreset,
    case: 'without a time',
    body: BODIES.alert,
    signature: 'x-grafana-alerting-signature',
    headers: { 'x-grafana-alerting-signature': hex(BODIES.alert) },
    eventType: 'firing',
  }),
  example({
    ...alertmanager,
    ...secrets,
    case: 'with a token',
    headers: { authorization: `Bearer ${secrets.secret}` },
  }),
  example({ ...alertmanager, ...BASIC, case: 'with a password', headers: BASIC_HEADER }),
  example({
    ...secrets,
    preset: metaPreset,
    body: BODIES.meta,
    signature: 'x-hub-signature-256',
    headers: { 'x-hub-signature-256': `sha256=${hex(BODIES.meta)}` },
    eventType: 'whatsapp_business_account',
  }),
  example({
    ...secrets,
    preset: zoomPreset,
    body: BODIES.zoom,
    signature: 'x-zm-signature',
    headers: { 'x-zm-request-timestamp': T, 'x-zm-signature': `v0=${hex(`v0:${T}:${BODIES.zoom}`)}` },
    needs: ['x-zm-request-timestamp'],
    isTimed: true,
    eventType: 'meeting.started',
  }),
  example({
    ...secrets,
    preset: vercelPreset,
    body: BODIES.typed,
    signature: 'x-vercel-signature',
    headers: { 'x-vercel-signature': hex(BODIES.typed, 'sha1') },
    deliveryId: 'evt_1',
    eventType: 'response.completed',
  }),
  example({
    ...secrets,
    preset: intercomPreset,
    body: BODIES.intercom,
    signature: 'x-hub-signature',
    headers: { 'x-hub-signature': `sha1=${hex(BODIES.intercom, 'sha1')}` },
    deliveryId: 'notif_1',
    eventType: 'conversation.user.created',
  }),
  example({
    ...secrets,
    preset: bearerPreset,
    signature: 'authorization',
    headers: { authorization: `Bearer ${secrets.secret}` },
  }),
  example({ ...BASIC, preset: basicPreset, headers: BASIC_HEADER }),
];

import { bitbucketPreset } from './bitbucket.preset.js';
import { clerkPreset } from './clerk.preset.js';
import { type Example, example, SIGNED_AT_SECONDS } from './example.fixture.js';
import { githubPreset } from './github.preset.js';
import { hubspotPreset } from './hubspot.preset.js';
import { pagerdutyPreset } from './pagerduty.preset.js';
import { resendPreset } from './resend.preset.js';
import { slackPreset } from './slack.preset.js';
import { stripePreset } from './stripe.preset.js';
import { svixPreset } from './svix.preset.js';
import { twilioPreset } from './twilio.preset.js';

/** @see https://docs.svix.com/receiving/verifying-payloads/how-manual, and the tests of standard-webhooks */
const svix = {
  body: '{"test": 2432232314}',
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  otherSecret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  signature: 'svix-signature',
  headers: {
    'svix-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'svix-timestamp': '1614265330',
    'svix-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  needs: ['svix-id', 'svix-timestamp'],
  isTimed: true,
  deliveryId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
};

/** The URL and secret of Twilio's documentation. */
const twilio = {
  preset: twilioPreset,
  secret: '12345',
  otherSecret: '12346',
  signature: 'x-twilio-signature',
};
const twilioForm =
  'CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212';

const twilioJson = {
  url: 'https://mycompany.com/myapp.php?foo=1&bodySHA256=6a3121d9d840cdc1f52112ef3fb72e6aa683a84dd976609959779810489b0910',
  body: '{"event":"delivered"}',
};

const PAGERDUTY_BODY =
  '{"event":{"id":"01BWDWL3NYY7LUFPZCC28QUCMK","event_type":"incident.priority_updated","resource_type":"incident","occurred_at":"2021-04-26T17:36:27.458Z","agent":{"html_url":"https://acme.pagerduty.com/users/PLH1HKV","id":"PLH1HKV","self":"https://api.pagerduty.com/users/PLH1HKV","summary":"Tenex Engineer","type":"user_reference"},"client":null,"data":{"id":"PGR0VU2","type":"incident","self":"https://api.pagerduty.com/incidents/PGR0VU2","html_url":"https://acme.pagerduty.com/incidents/PGR0VU2","number":2,"status":"triggered","title":"A little bump in the road","service":{"html_url":"https://acme.pagerduty.com/services/PF9KMXH","id":"PF9KMXH","self":"https://api.pagerduty.com/services/PF9KMXH","summary":"API Service","type":"service_reference"},"assignees":[{"html_url":"https://acme.pagerduty.com/users/PTUXL6G","id":"PTUXL6G","self":"https://api.pagerduty.com/users/PTUXL6G","summary":"User 123","type":"user_reference"}],"escalation_policy":{"html_url":"https://acme.pagerduty.com/escalation_policies/PUS0KTE","id":"PUS0KTE","self":"https://api.pagerduty.com/escalation_policies/PUS0KTE","summary":"Default","type":"escalation_policy_reference"},"teams":[{"html_url":"https://acme.pagerduty.com/teams/PFCVPS0","id":"PFCVPS0","self":"https://api.pagerduty.com/teams/PFCVPS0","summary":"Engineering","type":"team_reference"}],"priority":{"html_url":"https://acme.pagerduty.com/account/incident_priorities","id":"PSO75BM","self":"https://api.pagerduty.com/priorities/PSO75BM","summary":"P1","type":"priority_reference"},"urgency":"high","conference_bridge":{"conference_number":1000,"conference_url":"https://example.com"},"resolve_reason":null}}}';

/** Signatures that a provider's documentation or official library has made. None of them is computed here. */
export const documentedExamples: readonly Example[] = [
  example({ ...svix, preset: svixPreset }),
  example({ ...svix, preset: clerkPreset }),
  example({ ...svix, preset: resendPreset }),
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
  example({
    preset: githubPreset,
    body: 'Hello, World!',
    secret: "It's a Secret to Everybody",
    otherSecret: "It's a Secret to Nobody",
    signature: 'x-hub-signature-256',
    headers: {
      'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-github-event': 'issues',
    },
    deliveryId: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    eventType: 'issues',
  }),
  // https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/
  example({
    preset: bitbucketPreset,
    body: 'Hello World!',
    secret: "It's a Secret to Everybody",
    otherSecret: "It's a Secret to Nobody",
    signature: 'x-hub-signature',
    headers: {
      'x-hub-signature': 'sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9',
      'x-request-uuid': 'e9b4b8c1-5d3e-4c3e-9d55-6e4b1d9f4a10',
      'x-event-key': 'repo:push',
    },
    deliveryId: 'e9b4b8c1-5d3e-4c3e-9d55-6e4b1d9f4a10',
    eventType: 'repo:push',
  }),
  // https://docs.slack.dev/authentication/verifying-requests-from-slack/
  example({
    preset: slackPreset,
    case: 'a command',
    body: 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    otherSecret: '8f742231b10e8888abcd99yyyzzz85a6',
    nowMs: 1_531_420_618_000,
    signature: 'x-slack-signature',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
      'x-slack-request-timestamp': '1531420618',
    },
    needs: ['x-slack-request-timestamp'],
    isTimed: true,
  }),
  // generateTestHeaderString of stripe 23.1.0
  example({
    preset: stripePreset,
    body: '{"id":"evt_test_webhook","object":"event","type":"payment_intent.succeeded"}',
    secret: 'whsec_test_secret',
    otherSecret: 'whsec_test_secreT',
    signature: 'stripe-signature',
    headers: {
      'stripe-signature': 't=1614265330,v1=31fe7071853a3ce7cef4cf91041ccfde0db025f63c690910579c71cf94740b3d',
    },
    isTimed: true,
    deliveryId: 'evt_test_webhook',
    eventType: 'payment_intent.succeeded',
  }),
  // https://www.twilio.com/docs/usage/webhooks/webhooks-security, and the tests of Twilio's libraries
  example({
    ...twilio,
    case: 'a form',
    url: 'https://mycompany.com/myapp.php?foo=1&bar=2',
    body: twilioForm,
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
      'i-twilio-idempotency-token': '8e8a8b3b-6a33-4b6c-9e6c-2e2c3a4d5e6f',
    },
    deliveryId: '8e8a8b3b-6a33-4b6c-9e6c-2e2c3a4d5e6f',
  }),
  // getExpectedTwilioSignature and getExpectedBodyHash of twilio 6.3.1
  example({
    ...twilio,
    ...twilioJson,
    case: 'JSON',
    headers: { 'x-twilio-signature': 'CN34Hs5nYynbxRGNkSYE8vexEio=' },
  }),
  example({
    ...twilio,
    ...twilioJson,
    case: 'JSON, signed with a shared key and SHA-256',
    headers: {
      'x-twilio-signature': 'iDky0WnVWWzvx7HE81CvQ96u03TveFbwsekcQGEUYVM=',
      'x-twilio-webhooks-signature-settings': 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA256',
    },
  }),
  // the tests of github.com/PagerDuty/go-pagerduty, webhookv3/webhookv3_test.go
  example({
    preset: pagerdutyPreset,
    body: PAGERDUTY_BODY,
    secret: 'lDQHScfUeXUKaQRNF+8XIiDKZ7XX3itBAYzwU0TARw8lJqRnkKl2iB1anSb0Z+IK',
    otherSecret: 'lDQHScfUeXUKaQRNF+8XIiDKZ7XX3itBAYzwU0TARw8lJqRnkKl2iB1anSb0Z+IL',
    signature: 'x-pagerduty-signature',
    headers: {
      'x-pagerduty-signature': 'v1=0c0b9495b893a39e70d1fea2fe11fbe0a825f88b9f67846f6cc07dd2bc5476cd',
    },
    deliveryId: '01BWDWL3NYY7LUFPZCC28QUCMK',
    eventType: 'incident.priority_updated',
  }),
  // Signature.getSignature of @hubspot/api-client 13.5.0, with the body of HubSpot's documentation
  example({
    preset: hubspotPreset,
    url: 'https://hooks.example.com/webhook/hubspot',
    body: '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]',
    secret: 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy',
    otherSecret: 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyz',
    signature: 'x-hubspot-signature-v3',
    headers: {
      'x-hubspot-signature-v3': '4btSIeeN1SVTekKifANYrQKKxNQe6FLv5yVuCYRB1pM=',
      'x-hubspot-request-timestamp': String(SIGNED_AT_SECONDS * 1000),
    },
    needs: ['x-hubspot-request-timestamp'],
    isTimed: true,
    eventType: 'contact.creation',
  }),
];

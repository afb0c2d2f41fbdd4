import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AnyOfScheme } from './any-of.scheme.js';
import { isAnyEqual } from './constant-time.js';
import { Ed25519Scheme } from './ed25519.scheme.js';
import type { SignatureScheme } from './signature-scheme.js';
import { standardWebhooksScheme } from './standard-webhooks.scheme.js';
import { StripeScheme } from './stripe.scheme.js';
import { basicScheme, bearerScheme } from './token.scheme.js';
import { TwilioScheme } from './twilio.scheme.js';
import { unsignedScheme } from './unsigned.scheme.js';
import { AUTHENTIC, refused, type RefusalReason } from './verification.js';

const reasonOf = (
  scheme: SignatureScheme,
  headers: Readonly<Record<string, string>>,
  { body = '', secrets = ['secret'], publicUrl = 'https://hooks.example.com/x' } = {},
): string => {
  const request = { method: 'POST', url: '/x', publicUrl, headers, body: Buffer.from(body) };
  const check = scheme.verify(request, secrets, 0);
  return check.kind === 'refused' ? check.reason : check.kind;
};
const saying = (
  reason: RefusalReason | null,
  proves: SignatureScheme['proves'] = 'content',
): SignatureScheme => ({
  proves,
  verify: () => (reason ? refused(reason) : AUTHENTIC),
});

describe('isAnyEqual', () => {
  it('compares each with each', () => {
    expect(isAnyEqual(['x', 'b'], ['a', 'b'])).toBe(true);
    expect(isAnyEqual(['x', 'b'], ['a', 'bb', ''])).toBe(false);
    expect(isAnyEqual([], ['a'])).toBe(false);
    expect(isAnyEqual(['a'], [])).toBe(false);
  });
});

describe('AnyOfScheme', () => {
  it('accepts what one of them accepts, and proves what the weakest does', () => {
    expect(reasonOf(new AnyOfScheme(saying('stale'), saying(null)), {})).toBe('authentic');
    expect(new AnyOfScheme(saying(null), saying(null, 'sender')).proves).toBe('sender');
    expect(new AnyOfScheme(saying(null), saying(null, 'nothing')).proves).toBe('nothing');
  });

  it('gives the reason that tells most', () => {
    expect(reasonOf(new AnyOfScheme(saying('wrong-signature'), saying('stale')), {})).toBe('stale');
    expect(reasonOf(new AnyOfScheme(saying('missing-timestamp'), saying('wrong-signature')), {})).toBe(
      'wrong-signature',
    );
    expect(reasonOf(new AnyOfScheme(saying('missing-signature'), saying('no-secret')), {})).toBe(
      'missing-signature',
    );
  });
});

describe('Stripe', () => {
  it.each([
    ['v1=00', 'missing-timestamp'],
    ['t=0', 'malformed-signature'],
    ['t=0,t=1,v1=00', 'malformed-signature'],
    ['t=0,v0=00', 'malformed-signature'],
    [`t=0${',v1=00'.repeat(16)}`, 'malformed-signature'],
    ['t=0,v1=00', 'wrong-signature'],
  ])('says of %s: %s', (header, reason) => {
    expect(reasonOf(new StripeScheme(), { 'stripe-signature': header })).toBe(reason);
  });

  it('takes one right signature among others, of its version only', () => {
    const right = createHmac('sha256', 'secret').update('0.').digest('hex');
    expect(reasonOf(new StripeScheme(), { 'stripe-signature': `t=0,v1=00,v1=${right}` })).toBe('authentic');
    expect(reasonOf(new StripeScheme(), { 'stripe-signature': `t=0,v1=00,v0=${right}` })).toBe(
      'wrong-signature',
    );
  });
});

describe('Standard Webhooks', () => {
  const headers = { 'webhook-id': 'a', 'webhook-timestamp': '0' };

  it('refuses more signatures than a rotation needs', () => {
    const many = Array.from({ length: 17 }, () => 'v1,AAAA').join(' ');
    expect(reasonOf(standardWebhooksScheme(), { ...headers, 'webhook-signature': many })).toBe(
      'malformed-signature',
    );
  });

  it('ignores signatures of other versions', () => {
    expect(reasonOf(standardWebhooksScheme(), { ...headers, 'webhook-signature': 'v1a,AAAA v2,AAAA' })).toBe(
      'malformed-signature',
    );
  });

  it.each(['whsec_', 'whsec_?', 'not base64!', '='])('takes %j for no secret', (secret) => {
    const signed = { ...headers, 'webhook-signature': 'v1,AAAA' };
    expect(reasonOf(standardWebhooksScheme(), signed, { secrets: [secret] })).toBe('no-secret');
  });
});

describe('Ed25519', () => {
  const scheme = new Ed25519Scheme({ header: 'signature', timestampHeader: 'time' });
  const headers = { signature: '0'.repeat(128), time: '0' };

  it.each(['', 'zz', '0'.repeat(63), `${'0'.repeat(64)}00`])('takes %j for no key', (secret) => {
    expect(reasonOf(scheme, headers, { secrets: [secret] })).toBe('no-secret');
  });

  it('refuses by 32 bytes that are no point of the curve', () => {
    expect(reasonOf(scheme, headers, { secrets: ['f'.repeat(64), `02${'0'.repeat(62)}`] })).toBe(
      'wrong-signature',
    );
  });
});

describe('Twilio', () => {
  const signed = { 'x-twilio-signature': 'AAAA' };

  it.each([
    [{}, '{}', 'unsigned-body'],
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 'a=%ff', 'malformed-body'],
    [{ 'x-twilio-webhooks-signature-settings': 'key=a,algorithm=HMAC_MD5' }, '', 'unsupported-algorithm'],
  ])('with %j and the body %j says: %s', (headers, body, reason) => {
    expect(reasonOf(new TwilioScheme(), { ...signed, ...headers }, { body })).toBe(reason);
  });

  // getExpectedTwilioSignature of twilio 6.3.1
  it('sorts the fields of a form, and takes a repeated value once', () => {
    const headers = {
      'x-twilio-signature': 'pMz5Lec+nAZip3yVbKx5piS5uIY=',
      'content-type': 'application/x-www-form-urlencoded',
    };
    const form = { body: 'To=b&from=d&From=c&From=a&Empty=&From=c', secrets: ['12345'] };
    expect(reasonOf(new TwilioScheme(), headers, form)).toBe('authentic');
  });

  // getExpectedTwilioSignature('12345', URL, {}) of twilio 6.3.1
  it.each([
    ['https://example.com/a?b=1', 'BW7YIoKpLZ9QfL7OeoXUV0rAdd0=', 'tDbutWR6HxjHCYFXDx8Q0fJ+Lcc='],
    ['http://example.com:8080/a', 'lQF3P9G0dyUS4Qo+ieTkwf2FBbE=', 'Cn93mCGgvvBhmMI5qhu2AQ+lZws='],
    ['https://user:pass@example.com/a', 'zG3u1ro6qaY3hsPVFjGv6JcyzrE=', '/aPwI8jwN9Tlk3aur7jO+vWO2h8='],
    ['https://[::1]/a', 'f2+bUtHku/xHkCyww1Wz1gf8Xj4=', 'HtS0AQVeLBSDgeaI+h+NSrvUk1E='],
  ])('accepts the URL %s however Twilio signed its port', (publicUrl, ...signatures) => {
    for (const signature of signatures)
      expect(
        reasonOf(new TwilioScheme(), { 'x-twilio-signature': signature }, { publicUrl, secrets: ['12345'] }),
      ).toBe('authentic');
  });
});

describe('Authorization headers', () => {
  it('name their scheme in any case', () => {
    expect(reasonOf(bearerScheme, { authorization: 'bEARER secret' })).toBe('authentic');
    expect(reasonOf(basicScheme, { authorization: 'BASIC c2VjcmV0' })).toBe('authentic');
  });

  it('never match an empty secret', () => {
    expect(reasonOf(basicScheme, { authorization: 'Basic Og==' }, { secrets: [''] })).toBe('no-secret');
  });

  it('of another scheme are malformed', () => {
    expect(reasonOf(bearerScheme, { authorization: 'Basic c2VjcmV0' })).toBe('malformed-signature');
    expect(reasonOf(basicScheme, { authorization: 'Bearer secret' })).toBe('malformed-signature');
    expect(reasonOf(bearerScheme, { authorization: 'Bearer secret ' })).toBe('malformed-signature');
  });
});

describe('No signature', () => {
  it('accepts anybody and proves nothing', () => {
    expect(reasonOf(unsignedScheme, {}, { secrets: [] })).toBe('authentic');
    expect(unsignedScheme.proves).toBe('nothing');
  });
});

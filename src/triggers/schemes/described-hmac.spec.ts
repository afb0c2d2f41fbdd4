import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DescribedHmac, describedHmac } from './described-hmac.js';
import { hmacAlgorithms, signatureEncodings } from './hmac.js';

const NOW_MS = 1_700_000_000_000;
const base: DescribedHmac = { header: 'X-Signature', algorithm: 'sha256', encoding: 'hex' };

const check = (
  described: DescribedHmac,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  secrets: readonly string[] = ['key'],
) => {
  const publicUrl = 'https://hooks.example.com/webhook/mine?a=1';
  const request = { method: 'POST', url: '/webhook/mine?a=1', publicUrl, headers, body: Buffer.from(body) };
  const result = describedHmac(described).verify(request, secrets, NOW_MS);
  return result.kind === 'refused' ? result.reason : result.kind;
};
const hex = (content: string): string => createHmac('sha256', 'key').update(content).digest('hex');

describe('An HMAC that an operator describes', () => {
  it('is verified in every algorithm and encoding, by any of the secrets', () => {
    const choices = fc.record({
      algorithm: fc.constantFrom(...hmacAlgorithms),
      encoding: fc.constantFrom(...signatureEncodings),
      prefix: fc.constantFrom('', 'sha256=', 'v1,'),
    });
    const key = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(
        choices,
        fc.uint8Array(),
        key,
        fc.array(key),
        ({ algorithm, encoding, prefix }, body, secret, more) => {
          const digest = createHmac(algorithm, secret).update(body).digest();
          const written =
            encoding === 'upper-hex' ? digest.toString('hex').toUpperCase() : digest.toString(encoding);
          const described = { ...base, algorithm, encoding, prefix };
          return (
            check(described, { 'x-signature': prefix + written }, body, [...more, secret]) === 'authentic' &&
            check(described, { 'x-signature': `${prefix}${written}x` }, body, [secret]) === 'wrong-signature'
          );
        },
      ),
    );
  });

  it.each([
    ['1700000000', 'authentic'],
    ['1700000000000', 'authentic'],
    ['1699999699', 'stale'],
    ['1700000301', 'future'],
    ['1700000000.5', 'malformed-timestamp'],
    ['2023-11-14T22:13:20Z', 'malformed-timestamp'],
  ])('with the signed time %s is: %s', (timestamp, expected) => {
    const described = { ...base, timestampHeader: 'X-Time' };
    const headers = { 'x-signature': hex(`${timestamp}.{}`), 'x-time': timestamp };
    expect(check(described, headers, Buffer.from('{}'))).toBe(expected);
  });

  it('has a tolerance of its own', () => {
    const headers = { 'x-signature': hex('1699999000.{}'), 'x-time': '1699999000' };
    const described = { ...base, timestampHeader: 'X-Time' };
    expect(check({ ...described, toleranceSeconds: 1000 }, headers, Buffer.from('{}'))).toBe('authentic');
    expect(check({ ...described, toleranceSeconds: 999 }, headers, Buffer.from('{}'))).toBe('stale');
  });

  it('may cover the method, the URL and other headers', () => {
    const described = { ...base, template: '{method} {url}\n{header:X-Id}\n{body}' };
    const signature = hex('POST https://hooks.example.com/webhook/mine?a=1\n7\n{}');
    expect(check(described, { 'x-signature': signature, 'x-id': '7' }, Buffer.from('{}'))).toBe('authentic');
    expect(check(described, { 'x-signature': signature, 'x-id': '8' }, Buffer.from('{}'))).toBe(
      'wrong-signature',
    );
    expect(check(described, { 'x-signature': signature }, Buffer.from('{}'))).toBe('missing-header');
  });

  it('says what is missing', () => {
    const timed = { ...base, timestampHeader: 'X-Time' };
    expect(check(base, {}, Buffer.from('{}'))).toBe('missing-signature');
    expect(check(timed, { 'x-signature': hex('{}') }, Buffer.from('{}'))).toBe('missing-timestamp');
    expect(check(base, { 'x-signature': hex('{}') }, Buffer.from('{}'), [''])).toBe('no-secret');
    expect(check({ ...base, prefix: 'v1=' }, { 'x-signature': hex('{}') }, Buffer.from('{}'))).toBe(
      'malformed-signature',
    );
  });

  it.each([
    { template: '{timestamp}' },
    { template: 'nothing' },
    { template: '{body}{body}' },
    { template: '{timestamp}.{body}' },
    { template: '{body}', timestampHeader: 'X-Time' },
    { template: '{body}{secret}' },
    { template: '{body}{header:}' },
  ])('is refused as %j', (fault) => {
    expect(() => describedHmac({ ...base, ...fault })).toThrow(RangeError);
  });
});

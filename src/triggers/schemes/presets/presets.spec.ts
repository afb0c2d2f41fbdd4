import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseForm } from '../form-body.js';
import { readJson } from '../json-body.js';
import { readLocation } from '../location.js';
import type { SignedRequest } from '../signed-request.js';
import type { Verification } from '../verification.js';
import { verifyRequest } from '../verify-request.js';
import { computedExamples } from './computed-examples.fixture.js';
import { documentedExamples } from './documented-examples.fixture.js';
import type { Example } from './example.fixture.js';
import { findPreset, presets } from './presets.js';

const examples = [...documentedExamples, ...computedExamples];
const cases = examples.map((example) => [`${example.preset.name}, ${example.case}`, example] as const);

interface Change {
  readonly headers?: SignedRequest['headers'];
  readonly body?: Buffer;
  readonly publicUrl?: string;
  readonly method?: string;
  readonly secrets?: readonly string[];
  readonly nowMs?: number;
}

/** Verifies an example after a change. */
function verify(example: Example, change: Change = {}): Verification {
  const { secrets = [example.secret], nowMs = example.nowMs, headers, ...rest } = change;
  const request = { ...example.request, ...rest, headers: { ...example.request.headers, ...headers } };
  return verifyRequest(example.preset, request, secrets, nowMs);
}
const isAccepted = (example: Example, change?: Change): boolean => verify(example, change).kind !== 'refused';
const signatureOf = ({ request, signature }: Example): string => String(request.headers[signature]);
const withSignature = ({ signature }: Example, text: string | undefined): Change => ({
  headers: { [signature]: text },
});

/** All texts that differ from this one in one character. */
const neighboursOf = (text: string): string[] =>
  Array.from(text, (char, at) => text.slice(0, at) + (char === '0' ? '1' : '0') + text.slice(at + 1));

/** The same digest in other writing. */
function respellingsOf(text: string): string[] {
  const digest = /(?<digest>[\da-f]{40,}|[\w+/]{26,}={0,2})$/.exec(text)?.groups?.['digest'];
  if (digest === undefined) return [];
  const isHex = /^[\da-f]+$/.test(digest);
  const bytes = Buffer.from(digest, isHex ? 'hex' : 'base64');
  const others = isHex
    ? [digest.toUpperCase(), bytes.toString('base64')]
    : [bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), `${digest}=`];
  return others.filter((other) => other !== digest).map((other) => text.replace(digest, other));
}

/** Whether the signed content is the same: Twilio's has each name and value of a form, and not how they are escaped. */
function isSignedAlike({ preset, case: of, request }: Example, body: Buffer): boolean {
  if (preset.name !== 'twilio' || of !== 'a form') return body.equals(request.body);
  const fieldsOf = (form: Buffer) =>
    parseForm(form)
      ?.map(([name, value]) => name + value)
      .toSorted();
  return JSON.stringify(fieldsOf(body)) === JSON.stringify(fieldsOf(request.body));
}

describe('The presets', () => {
  it('have an example each, but `none`', () => {
    const names = new Set(examples.map(({ preset }) => preset.name));
    expect(presets.map(({ name }) => name).filter((name) => !names.has(name))).toEqual(['none']);
    expect(presets.length).toBeGreaterThanOrEqual(16);
  });

  it('have names of their own that fit into a URL', () => {
    expect(new Set(presets.map(({ name }) => name)).size).toBe(presets.length);
    for (const { name } of presets) expect(name).toMatch(/^[a-z0-9-]{1,63}$/);
  });

  it('are found by their names', () => {
    for (const preset of presets) expect(findPreset(preset.name)).toBe(preset);
    expect(findPreset('constructor')).toBeNull();
  });

  it('prove something, but `none`', () => {
    expect(presets.filter(({ scheme }) => scheme.proves === 'nothing').map(({ name }) => name)).toEqual([
      'none',
    ]);
  });
});

describe.each(cases)('%s', (_, example) => {
  const { preset, request, secret, otherSecret, nowMs } = example;
  const signature = signatureOf(example);

  it('is accepted, with its id and type', () => {
    expect(verify(example)).toEqual({ kind: 'accepted', deliveryId: example.deliveryId });
    const type = preset.eventType && readLocation(preset.eventType, request, readJson(request.body));
    expect(type).toBe(example.eventType);
  });

  it('is accepted by the old and by the new secret', () => {
    expect(isAccepted(example, { secrets: [otherSecret, secret] })).toBe(true);
    expect(isAccepted(example, { secrets: [secret, otherSecret] })).toBe(true);
  });

  it('is refused by any other secret, and by none', () => {
    const others = [[otherSecret], [''], [], ['', otherSecret], [`${secret} `], [secret.slice(0, -3)]];
    for (const secrets of others) expect(isAccepted(example, { secrets }), secrets.join()).toBe(false);
  });

  it('is refused with another signature', () => {
    const wrong = [...neighboursOf(signature), ...respellingsOf(signature), '', ' ', signature.slice(0, -1)];
    for (const text of [...wrong, `${signature}0`, `0${signature}`])
      expect(isAccepted(example, withSignature(example, text)), text).toBe(false);
    expect(verify(example, withSignature(example, undefined))).toEqual({
      kind: 'refused',
      reason: 'missing-signature',
    });
  });

  it('is refused with the signature in another header', () => {
    const headers = { [example.signature]: undefined, 'x-signature': signature };
    expect(isAccepted(example, { headers })).toBe(false);
  });

  it.runIf(preset.scheme.proves === 'content' || example.isTimed)('is refused with another body', () => {
    const { body } = request;
    const bodies = [...body.keys()].map((at) => Buffer.from(body).fill((body[at] ?? 0) ^ 1, at, at + 1));
    for (const other of [
      ...bodies,
      Buffer.concat([body, Buffer.from(' ')]),
      body.subarray(1),
      Buffer.alloc(0),
    ])
      expect(isAccepted(example, { body: other }), other.toString()).toBe(false);
  });

  it.each(example.needs)('is refused without %s, and with another', (name) => {
    const value = String(request.headers[name]);
    for (const other of [
      undefined,
      '',
      'x',
      `${value}0`,
      ` ${value}`,
      value.slice(1),
      ...neighboursOf(value),
    ])
      expect(isAccepted(example, { headers: { [name]: other } }), other).toBe(false);
  });

  it.runIf(example.isTimed)('is accepted for five minutes around its time, and no longer', () => {
    for (const seconds of [-300, 0, 300])
      expect(isAccepted(example, { nowMs: nowMs + seconds * 1000 })).toBe(true);
    expect(verify(example, { nowMs: nowMs + 300_001 })).toEqual({ kind: 'refused', reason: 'stale' });
    expect(verify(example, { nowMs: nowMs - 300_001 })).toEqual({ kind: 'refused', reason: 'future' });
  });

  it.runIf(!example.isTimed)('is accepted at any time, for no time is signed', () => {
    expect(isAccepted(example, { nowMs: nowMs + 1e10 })).toBe(true);
  });

  it.runIf(preset.scheme.proves === 'content')('is refused after any change of its bytes', () => {
    const { body } = request;
    const edit = fc.record({
      at: fc.nat(body.length),
      removed: fc.nat(3),
      added: fc.uint8Array({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(edit, ({ at, removed, added }) => {
        const other = Buffer.concat([body.subarray(0, at), added, body.subarray(at + removed)]);
        return isAccepted(example, { body: other }) === isSignedAlike(example, other);
      }),
    );
  });

  it('is refused, not thrown over, with any signature or secret', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('__proto__'));
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 3 }), (garbage, secrets) => {
        fc.pre(!isSame(garbage, signature) && !secrets.includes(secret));
        return (
          !isAccepted(example, withSignature(example, garbage)) &&
          !isAccepted(example, withSignature(example, signature.slice(0, 10) + garbage)) &&
          !isAccepted(example, { secrets })
        );
      }),
    );
  });

  it('never throws, whatever the request is', () => {
    const value = fc.oneof(
      fc.string(),
      fc.constant(undefined),
      fc.array(fc.string()),
      fc.constant(signature),
    );
    const header = fc.oneof(fc.constantFrom(...Object.keys(request.headers)), fc.string());
    const anything = fc.record({
      headers: fc.dictionary(header, value),
      body: fc.oneof(
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc.json().map((json) => Buffer.from(json)),
      ),
      publicUrl: fc.string(),
      url: fc.string(),
      method: fc.constantFrom('GET', 'POST', ''),
    });
    fc.assert(fc.property(anything, (change) => verify(example, change).kind.length > 0));
  });
});

/** Base64 and the scheme's name aside, no two signatures are the same. */
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRequest, readVerdict, rejectionNote } from './output-verdict.js';

describe('A verdict', () => {
  it('is read if it has exactly the format', () => {
    expect(readVerdict(' {"verdict":"ok"}\n')).toEqual({ kind: 'ok' });
    expect(readVerdict('{"verdict":"rejected","reason":" tells\\n a key "}')).toEqual({
      kind: 'rejected',
      reason: 'tells a key',
    });
  });

  it.each([
    null,
    '',
    'ok',
    '"ok"',
    '["ok"]',
    '{"verdict":"OK"}',
    '{"verdict":"ok","reason":"but"}',
    '{"verdict":"ok"} {"verdict":"ok"}',
    'Sure! {"verdict":"ok"}',
    '```json\n{"verdict":"ok"}\n```',
    '{"verdict":"rejected"}',
    '{"verdict":"rejected","reason":7}',
    '{"verdict":true}',
    '{"__proto__":{"verdict":"ok"}}',
  ])('is none in %j', (text) => {
    expect(readVerdict(text)).toEqual({ kind: 'unreadable' });
  });

  it('is never ok for any other text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(readVerdict(text).kind).not.toBe('ok');
      }),
    );
  });

  it('bounds its reason to one short line', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 1_000 }), (reason) => {
        const verdict = readVerdict(JSON.stringify({ verdict: 'rejected', reason }));
        expect(
          verdict.kind === 'rejected' && verdict.reason.length <= 300 && !verdict.reason.includes('\n'),
        ).toBe(true);
      }),
    );
  });
});

describe('A check', () => {
  it('contains the whole answer as data, whatever it says', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (question, answer) => {
        const { messages } = checkRequest([question], answer);
        expect(messages).toHaveLength(2);
        expect(messages[1]?.content).toBe(JSON.stringify({ asked: question, answer }));
        expect(messages[0]).toEqual(checkRequest([], '').messages[0]);
      }),
    );
  });

  it('gives the reason if it is known', () => {
    expect(rejectionNote('tells a key')).toMatch(/not sent: tells a key\. Nobody/);
    expect(rejectionNote('')).toMatch(/not sent\. Nobody/);
  });
});

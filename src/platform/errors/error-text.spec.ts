import { describe, expect, it } from 'vitest';
import { ErrorTexts } from './error-text.js';
import { Redactor } from './redactor.js';

const texts = new ErrorTexts(new Redactor(['sk-0123456789']));

describe('ErrorTexts', () => {
  it('make words that PostgreSQL can store', () => {
    expect(texts.storable(new Error('a\u0000b\ud800'))).toBe('ab\ufffd');
    expect(texts.storable(new Error('x'.repeat(5_000)))).toHaveLength(2_000);
    expect(texts.storable('thrown words')).toBe('thrown words');
  });

  it('leave secrets out, also one at the end of the kept part', () => {
    expect(texts.storable(new Error('wrong key: sk-0123456789.'))).toBe('wrong key: [redacted].');
    expect(texts.storable(`${'x'.repeat(1_995)}sk-0123456789`)).not.toContain('sk-');
  });
});

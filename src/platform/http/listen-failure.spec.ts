import { describe, expect, it } from 'vitest';
import { listenFailure } from './listen-failure.js';

const at = { host: '127.0.0.1', port: 3000 };

describe('A failure to listen', () => {
  it.each(['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND'])(
    'by %s is one line with the settings',
    (code) => {
      const failure = listenFailure(Object.assign(new Error('listen'), { code }), at);
      expect(failure).toMatchObject({ code: 'ADDRESS_NOT_AVAILABLE', hint: null });
      expect(String(failure)).toMatch(/^[^\n]*HOST=127\.0\.0\.1 PORT=3000[^\n]*$/);
    },
  );

  it('of another kind stays what it is', () => {
    const error = new Error('anything');
    expect(listenFailure(error, at)).toBe(error);
  });
});

import { HttpError } from 'grammy/web';
import { describe, expect, it } from 'vitest';
import { readFailure } from './call-failure.js';

/** A rejection of Node's `fetch`, wrapped by grammY. */
const fetchFailed = (cause: unknown) =>
  new HttpError("Network request for 'sendMessage' failed!", new TypeError('fetch failed', { cause }));
const systemError = (code: string, syscall?: string) =>
  Object.assign(new Error(`${syscall ?? 'something'} ${code}`), { code, syscall });

describe('readFailure', () => {
  it.each([
    ['an unknown name', systemError('ENOTFOUND', 'getaddrinfo')],
    ['a name server that does not answer', systemError('EAI_AGAIN', 'getaddrinfo')],
    ['a closed port', systemError('ECONNREFUSED', 'connect')],
    ['a host without a route', systemError('EHOSTUNREACH', 'connect')],
    ['a connection that was not made in time', systemError('ETIMEDOUT', 'connect')],
    ['the same as undici says it', systemError('UND_ERR_CONNECT_TIMEOUT')],
    ['an expired certificate', systemError('CERT_HAS_EXPIRED')],
    ['a certificate of another host', systemError('ERR_TLS_CERT_ALTNAME_INVALID')],
    ['a certificate that signed itself', systemError('DEPTH_ZERO_SELF_SIGNED_CERT')],
    ['an issuer that is not known', systemError('UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
    ['a handshake without a common cipher', systemError('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE')],
    ['a handshake without a common version', systemError('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')],
    [
      'every address in vain',
      new AggregateError([systemError('ETIMEDOUT', 'connect'), systemError('ENETUNREACH', 'connect')]),
    ],
  ])('%s means not sent', (_, cause) => {
    expect(readFailure(fetchFailed(cause)).kind).toBe('not-sent');
  });

  it.each([
    ['a reset', systemError('ECONNRESET', 'read')],
    ['a connection that went silent', systemError('ETIMEDOUT', 'read')],
    ['a broken pipe', systemError('EPIPE', 'write')],
    ['a hang-up', systemError('UND_ERR_SOCKET')],
    ['no reason', undefined],
    ['an empty bundle of errors', new AggregateError([])],
    [
      'one address perhaps reached',
      new AggregateError([systemError('ECONNREFUSED', 'connect'), systemError('EPIPE', 'write')]),
    ],
  ])('%s means an unknown outcome', (_, cause) => {
    expect(readFailure(fetchFailed(cause)).kind).toBe('no-answer');
  });

  it('does not take a TLS error that may lie in the answer as proof that nothing was sent', () => {
    const codes = [
      'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
      'ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC',
      // Bytes that are not TLS, in place of the handshake or of the answer.
      'ERR_SSL_WRONG_VERSION_NUMBER',
      'ERR_TLS_OF_ANOTHER_WORLD',
    ];
    expect(codes.map((code) => readFailure(fetchFailed(systemError(code))).kind)).toEqual(
      codes.map(() => 'no-answer'),
    );
  });

  it('names the innermost reason and its code', () => {
    const other = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
    expect(readFailure(fetchFailed(other)).description).toBe('other side closed (UND_ERR_SOCKET)');
    expect(readFailure('odd')).toEqual({
      kind: 'no-answer',
      description: 'odd',
      retryAfterMs: null,
    });
  });
});

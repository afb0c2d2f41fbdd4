import { isAnyEqual } from './constant-time.js';
import type { SignatureScheme } from './signature-scheme.js';
import { headerOf, type SignedRequest } from './signed-request.js';
import { AUTHENTIC, refused, type SignatureCheck } from './verification.js';

/** A header that must say a given text. */
type TokenOptions = {
  readonly header: string;
  /** @returns the header's part that is compared; null if the header is of another form */
  readonly read: (header: string) => string | null;
  /** @returns what has to stand there for a secret */
  readonly expect: (secret: string) => string;
};

/** The secret itself stands in a header. It proves the sender, not the body. */
class TokenScheme implements SignatureScheme {
  readonly proves = 'sender';

  constructor(private readonly options: TokenOptions) {}

  verify(request: SignedRequest, secrets: readonly string[]): SignatureCheck {
    const header = headerOf(request, this.options.header);
    if (header === null) return refused('missing-signature');
    const given = this.options.read(header);
    if (given === null) return refused('malformed-signature');
    const expected = secrets.filter((secret) => secret !== '').map(this.options.expect);
    if (expected.length === 0) return refused('no-secret');
    return isAnyEqual([given], expected) ? AUTHENTIC : refused('wrong-signature');
  }
}

/** The header is the secret. */
export const tokenScheme = (header: string): SignatureScheme =>
  new TokenScheme({ header, read: (value) => value, expect: (secret) => secret });

/**
 * `Authorization: Bearer SECRET`.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export const bearerScheme: SignatureScheme = new TokenScheme({
  header: 'authorization',
  read: (header) => /^bearer (?<token>\S+)$/i.exec(header)?.groups?.['token'] ?? null,
  expect: (secret) => secret,
});

/**
 * `Authorization: Basic …`. A secret is `user:password`.
 * @see https://www.rfc-editor.org/rfc/rfc7617
 */
export const basicScheme: SignatureScheme = new TokenScheme({
  header: 'authorization',
  read: (header) => /^basic (?<credentials>[\w+/]+={0,2})$/i.exec(header)?.groups?.['credentials'] ?? null,
  expect: (secret) => Buffer.from(secret).toString('base64'),
});

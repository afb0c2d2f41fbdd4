/** A webhook request as it arrived, before anything is parsed. */
export interface SignedRequest {
  /** The method in upper case. */
  readonly method: string;
  /** Path and query, as received. */
  readonly url: string;
  /** The whole URL that the sender called, with its query. Twilio and HubSpot sign it. */
  readonly publicUrl: string;
  /** Headers by their lower-case names, as Node.js gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The raw body. Signatures cover these bytes, never JSON that was written again. */
  readonly body: Buffer;
}

/** @returns a header's value; null if it is absent, empty, or a list */
export function headerOf({ headers }: Pick<SignedRequest, 'headers'>, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

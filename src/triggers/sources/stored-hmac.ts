import type { DescribedHmac } from '../schemes/described-hmac.js';
import { hmacAlgorithms, signatureEncodings } from '../schemes/hmac.js';

type Fields = Readonly<Record<string, unknown>>;

/** Reads `sources.hmac`. @returns null if it describes no HMAC */
export function readDescribedHmac(stored: unknown): DescribedHmac | null {
  const fields: Fields = Object(stored);
  const { header, prefix, template, timestampHeader, toleranceSeconds } = fields;
  const algorithm = hmacAlgorithms.find((one) => one === fields['algorithm']);
  const encoding = signatureEncodings.find((one) => one === fields['encoding']);
  if (typeof header !== 'string' || !algorithm || !encoding) return null;
  return {
    header,
    algorithm,
    encoding,
    ...(typeof prefix === 'string' && { prefix }),
    ...(typeof template === 'string' && { template }),
    ...(typeof timestampHeader === 'string' && { timestampHeader }),
    ...(typeof toleranceSeconds === 'number' && { toleranceSeconds }),
  };
}
